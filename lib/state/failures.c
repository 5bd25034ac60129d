/* SPDX-License-Identifier: MIT */
/*
 * The failures of an instance on file. A record is empty (number 0) before anything of
 * it changes, and gets its number last: who reads it looks at the number twice.
 */
#include "state/failures.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

enum { MAGIC = 0x53464c31 };

struct file {
	uint32_t magic, size; /* of a record */
	uint64_t count; /* how many were ever recorded */
	struct failure at[FAILURES_KEPT];
};

_Static_assert(sizeof(struct failure) == 2048, "as sigslot-internals(7) says");

struct failures {
	struct file *file;
	unsigned alike; /* how many of the last kind there were in a row */
};

static const char prefix[] = "failures";

static const char *const outcomes[] = {
	[FAILURE_FAILED] = "failed", [FAILURE_RETRIED] = "retried",
	[FAILURE_DEAD] = "dead",     [FAILURE_ENDED] = "ended",
	[FAILURE_DIED] = "died",
};

const char *failure_outcome_text(uint32_t outcome)
{
	return outcome < ARRAY_LEN(outcomes) ? outcomes[outcome] : "?";
}

/* --- writing --------------------------------------------------------------------- */

static int map(int dir, const char *name, int flags, struct file **ret)
{
	bool write = flags & O_RDWR;
	_close_ int fd = openat(dir, name, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct stat st;
	void *at;
	int r;

	if (fd < 0)
		return -errno;
	r = write ? posix_fallocate(fd, 0, sizeof(struct file)) : 0;
	if (r > 0)
		return -r;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size != sizeof(struct file))
		return -EPROTO;
	at = mmap(NULL, sizeof(struct file), write ? PROT_READ | PROT_WRITE : PROT_READ,
		  MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	*ret = at;
	return 0;
}

static bool fits(const struct file *f)
{
	return f->magic == MAGIC && f->size == sizeof(struct failure);
}

int failures_open(int dir, const char *process, struct failures **ret)
{
	struct failures *f = calloc(1, sizeof(*f));
	char name[80];
	int r;

	if (!f)
		return -ENOMEM;
	snprintf(name, sizeof(name), "%s%s%.63s", prefix, *process ? "." : "", process);
	r = map(dir, name, O_RDWR | O_CREAT, &f->file);
	if (r < 0) {
		free(f);
		return r;
	}
	if (!fits(f->file)) {
		memset(f->file, 0, sizeof(*f->file));
		f->file->size = sizeof(struct failure);
		f->file->magic = MAGIC;
	}
	*ret = f;
	return 0;
}

void failures_close(struct failures *f)
{
	if (!f)
		return;
	munmap(f->file, sizeof(*f->file));
	free(f);
}

static struct failure *record(struct file *f, uint64_t number)
{
	return &f->at[(number - 1) % FAILURES_KEPT];
}

/* What is kept of a text may be its beginning only. */
static bool begins(const char *kept, size_t size, const char *text)
{
	return strncmp(kept, text, size - 1) == 0;
}

static bool alike(const struct failure *a, const struct failure_kind *b)
{
	return a->outcome == b->outcome &&
	       begins(a->reason, sizeof(a->reason), b->reason) &&
	       begins(a->object, sizeof(a->object), b->object) &&
	       begins(a->slot, sizeof(a->slot), b->slot);
}

bool failures_again(struct failures *f, const struct failure_kind *kind)
{
	struct failure *last = f->file->count ? record(f->file, f->file->count) : NULL;

	f->alike = last && last->number && alike(last, kind) ? f->alike + 1 : 0;
	if (f->alike < FAILURE_ALIKE)
		return false;
	__atomic_store_n(&last->last_ns, kind->time_ns, __ATOMIC_RELAXED);
	__atomic_store_n(&last->times, last->times + 1, __ATOMIC_RELAXED);
	return true;
}

void failures_add(struct failures *f, const struct failure *what, const char *payload,
		  const char *tail)
{
	uint64_t number = f->file->count + 1;
	struct failure *to = record(f->file, number);
	size_t tail_size = strlen(tail);

	__atomic_store_n(&to->number, 0, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE); /* pairs with the fence in take() */
	memcpy((char *)to + sizeof(to->number), (const char *)what + sizeof(to->number),
	       offsetof(struct failure, payload) - sizeof(to->number));
	to->times = 1;
	to->last_ns = what->time_ns;
	to->payload_len = what->payload_size < FAILURE_PAYLOAD
				  ? (uint32_t)what->payload_size
				  : FAILURE_PAYLOAD;
	to->tail_len = tail_size < FAILURE_TAIL ? (uint32_t)tail_size : FAILURE_TAIL;
	memcpy(to->payload, payload, to->payload_len);
	memcpy(to->tail, tail + tail_size - to->tail_len, to->tail_len);
	__atomic_store_n(&f->file->count, number, __ATOMIC_RELAXED);
	/* pairs with the first look of take() */
	__atomic_store_n(&to->number, number, __ATOMIC_RELEASE);
}

/* --- reading --------------------------------------------------------------------- */

static bool terminated(const char *text, size_t size)
{
	return memchr(text, '\0', size);
}

static bool sound(const struct failure *f)
{
	return f->payload_len <= FAILURE_PAYLOAD && f->tail_len <= FAILURE_TAIL &&
	       terminated(f->object, sizeof(f->object)) &&
	       terminated(f->slot, sizeof(f->slot)) &&
	       terminated(f->loop, sizeof(f->loop)) &&
	       terminated(f->group, sizeof(f->group)) &&
	       terminated(f->sender, sizeof(f->sender)) &&
	       terminated(f->sent_as, sizeof(f->sent_as)) &&
	       terminated(f->reason, sizeof(f->reason));
}

/* Copies one if it is whole. */
static bool take(const struct failure *from, struct failure *ret)
{
	uint64_t number = __atomic_load_n(&from->number, __ATOMIC_ACQUIRE);

	if (!number)
		return false;
	*ret = *from;
	__atomic_thread_fence(
		__ATOMIC_ACQUIRE); /* pairs with the one in failures_add() */
	return __atomic_load_n(&from->number, __ATOMIC_RELAXED) == number && sound(ret);
}

static int each_of(const struct file *file, const char *process, failures_fn fn,
		   void *data, uint64_t *gone)
{
	uint64_t count = __atomic_load_n(&file->count, __ATOMIC_RELAXED), kept = 0;
	struct failure f;
	int r = 0;

	for (size_t i = 0; r == 0 && i < FAILURES_KEPT; i++) {
		if (!take(&file->at[i], &f))
			continue;
		kept++;
		r = fn(data, process, &f);
	}
	*gone += count > kept ? count - kept : 0;
	return r;
}

static int read_file(int dir, const char *name, failures_fn fn, void *data,
		     uint64_t *gone)
{
	const char *process = name + sizeof(prefix) - 1;
	struct file *file;
	int r = map(dir, name, O_RDONLY, &file);

	if (r == -ENOENT || r == -EPROTO)
		return 0; /* it is just being made, or of another version */
	if (r < 0)
		return r;
	if (fits(file))
		r = each_of(file, process + (*process == '.'), fn, data, gone);
	munmap(file, sizeof(*file));
	return r;
}

int failures_each(int dir, failures_fn fn, void *data, uint64_t *ret_gone)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	*ret_gone = 0;
	if (!d) {
		r = -errno;
		if (fd >= 0)
			close(fd);
		return r;
	}
	while (r == 0 && (e = readdir(d)))
		if (strncmp(e->d_name, prefix, sizeof(prefix) - 1) == 0)
			r = read_file(dir, e->d_name, fn, data, ret_gone);
	closedir(d);
	return r;
}
