/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a queue's file get their place in the file system before anybody touches
 * them: all at its creation, or, where many are made at once, as the ring grows into
 * them and in the background. To touch one that has no place, when there is none left,
 * would be the end of whoever did.
 *
 * Who reserves raises `reserved` afterwards. It takes no lock: to reserve twice does no
 * harm, nor does it to die in between.
 */
#include "queue/reserve.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "queue/durable.h"
#include "queue/space.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

enum { CHUNK = 65536 };

struct extent {
	uint64_t at, size;
	bool later; /* the file gets its length, but no place for this */
};

static int allocate(int fd, struct extent e)
{
	int r;

	if (e.later)
		return ftruncate(fd, (off_t)(e.at + e.size)) < 0 ? -errno : 0;
	do
		r = posix_fallocate(fd, (off_t)e.at, (off_t)e.size);
	while (r == EINTR);
	return -r;
}

/* Ends in -EFBIG, not in SIGXFSZ, at the limit of file sizes. */
static int allocate_quietly(int fd, const struct extent *extents, size_t len)
{
	sigset_t set, before, pending;
	bool was_pending;
	int r = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGXFSZ);
	pthread_sigmask(SIG_BLOCK, &set, &before);
	sigpending(&pending);
	was_pending = sigismember(&pending, SIGXFSZ);
	for (size_t i = 0; r == 0 && i < len; i++)
		r = allocate(fd, extents[i]);
	if (r && !was_pending)
		sigtimedwait(&set, NULL, &(struct timespec){0});
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}

static uint64_t left(const struct statvfs *fs)
{
	return (uint64_t)fs->f_bavail * fs->f_frsize;
}

uint64_t reserve_left(int fd)
{
	struct statvfs fs;

	return fstatvfs(fd, &fs) == 0 ? left(&fs) : 0;
}

static int refuse(const char *name, uint64_t wanted, int fd, int r,
		  struct sigslot_error *err)
{
	if (r == -ENOSPC)
		return fail(err, r,
			    "queue '%s' needs %" PRIu64 " bytes, the file system has "
			    "%" PRIu64 " left: make the queue smaller or free space",
			    name, wanted, reserve_left(fd));
	return fail(err, r, "queue '%s': cannot reserve %" PRIu64 " bytes: %s", name,
		    wanted, strerror(-r));
}

bool reserve_can_later(void)
{
	return madvise(NULL, 0, MADV_POPULATE_WRITE) == 0;
}

/* What lies between header and data stays a hole. */
int reserve_new(int fd, uint64_t capacity, bool later, const char *name,
		struct sigslot_error *err)
{
	const struct extent extents[] = {
		{0, sizeof(struct ring_head), false},
		{RING_DATA, capacity, later},
	};
	int r = allocate_quietly(fd, extents, ARRAY_LEN(extents));

	return r < 0 ? refuse(name, capacity, fd, r, err) : 0;
}

static bool sane(const struct ring *r, uint64_t reserved)
{
	return reserved <= r->capacity && reserved % CHUNK == 0;
}

/* Monotone, whoever else does the same; what makes no sense is replaced. */
static void note(struct ring *r, uint64_t to)
{
	uint64_t *word = &r->head->reserved;
	uint64_t now = __atomic_load_n(word, __ATOMIC_RELAXED);

	/* release: after the bytes have their place; pairs with reserve_covers() */
	while ((now < to || !sane(r, now)) &&
	       !__atomic_compare_exchange_n(word, &now, to, false, __ATOMIC_RELEASE,
					    __ATOMIC_RELAXED))
		;
}

/* From where on bytes may have no place. */
static uint64_t begin(const struct ring *r)
{
	uint64_t reserved = __atomic_load_n(&r->head->reserved, __ATOMIC_ACQUIRE);

	return sane(r, reserved) ? reserved : 0;
}

/* Where a chunk that ends behind `to` ends. */
static uint64_t chunk_end(uint64_t to, uint64_t capacity)
{
	uint64_t end = (to + CHUNK - 1) & ~(uint64_t)(CHUNK - 1);

	return to > capacity || end > capacity ? capacity : end;
}

/* To reserve what has its place already does no harm. */
static int populate(void *at, size_t size)
{
	int code;

	do
		code = madvise(at, size, MADV_POPULATE_WRITE);
	while (code < 0 && (errno == EAGAIN || errno == EINTR));
	if (code < 0) /* EFAULT is where there would have been a SIGBUS */
		return errno == EFAULT || errno == ENOMEM ? -ENOSPC : -errno;
	return 0;
}

int reserve_more(struct ring *r, uint64_t to)
{
	uint64_t from = begin(r), end = chunk_end(to, r->capacity);
	int code = from < end ? populate(r->data + from, end - from) : 0;

	if (from < end && code == 0)
		note(r, end);
	return code;
}

int reserve_header(struct ring *r, const void *to)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t size = (size_t)((const char *)to - (const char *)r->head);

	return populate(r->head, (size + page - 1) & ~(page - 1));
}

uint64_t queue_space(uint64_t size)
{
	return ring_capacity(size) + sizeof(struct ring_head);
}

int queue_room(int dir, uint64_t size, struct sigslot_error *err)
{
	struct statvfs fs;

	if (fstatvfs(dir, &fs) < 0)
		return fail_errno(err, "cannot ask the file system for its size");
	if (!fs.f_blocks || left(&fs) >= size) /* a tmpfs may have no limit */
		return 0;
	return fail(err, -ENOSPC,
		    "the queues need %" PRIu64 " bytes, the file system has %" PRIu64
		    " left: make the queues smaller or free space",
		    size, left(&fs));
}

static int next_step(int fd, struct ring *r, uint64_t step, const char *name,
		     struct sigslot_error *err)
{
	uint64_t from = begin(r), end = chunk_end(from + step, r->capacity);
	int code;

	if (from == end)
		return 0;
	code = allocate_quietly(
		fd, &(struct extent){RING_DATA + from, end - from, false}, 1);
	if (code < 0)
		return refuse(name, r->capacity - from, fd, code, err);
	note(r, end);
	return end < r->capacity;
}

int queue_reserve(int dir, const char *name, uint64_t step, struct sigslot_error *err)
{
	struct ring ring = {0};
	char path[80];
	_close_ int fd = -1;
	int r;

	snprintf(path, sizeof(path), "%.64s/ring", name);
	fd = openat(dir, path, RING_OPEN | O_RDWR);
	if (fd < 0 && queue_sited(dir, name))
		return 0; /* they have their place */
	if (fd < 0)
		return fail_errno(err, "queue '%s': cannot open it", name);
	r = ring_map_head(fd, true, &ring, name, err);
	if (r == 0)
		r = next_step(fd, &ring, step, name, err);
	ring_unmap(&ring);
	return r;
}
