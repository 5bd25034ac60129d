/* SPDX-License-Identifier: MIT */
/*
 * The file of the histograms: a page that says what it is, then two for each id. Its
 * holes are not touched even to read, as that would fill them.
 */
#include "state/stats.h"

#include <assert.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

enum { MAGIC = 0x54535353, VERSION = 1, PAGE = 4096, IDS = 1 << 24 };

static_assert(sizeof(struct stats_slot) == 2 * PAGE, "two pages");

static const char name[] = "stats";

static off_t place(uint32_t id)
{
	return PAGE + (off_t)id * (off_t)sizeof(struct stats_slot);
}

static int check(int fd)
{
	uint32_t head[2] = {0};

	if (pread(fd, head, sizeof(head), 0) < 0)
		return -errno;
	return head[0] == MAGIC && head[1] == VERSION ? 0 : -EPROTO;
}

int stats_open(int dir)
{
	_close_ int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int r = fd < 0 ? -errno : check(fd);

	return r < 0 ? r : TAKE_FD(fd);
}

int stats_create(int dir, struct sigslot_error *err)
{
	static const uint32_t head[2] = {MAGIC, VERSION};
	_close_ int fd = stats_open(dir);

	if (fd >= 0)
		return 0;
	unlinkat(dir, name, 0);
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || pwrite(fd, head, sizeof(head), 0) != sizeof(head))
		return fail_errno(err, "cannot make the file of the statistics");
	return 0;
}

struct stats_slot *stats_map(int dir, uint32_t id)
{
	_close_ int fd = openat(dir, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	void *at;

	if (fd < 0 || id >= IDS || check(fd) < 0 ||
	    posix_fallocate(fd, place(id), sizeof(struct stats_slot)) != 0)
		return NULL;
	at = mmap(NULL, sizeof(struct stats_slot), PROT_READ | PROT_WRITE, MAP_SHARED,
		  fd, place(id));
	return at == MAP_FAILED ? NULL : at;
}

static bool used(int fd, uint32_t id)
{
	off_t end = place(id + 1), at = lseek(fd, place(id), SEEK_DATA);
	struct stat st;

	return at >= 0 && at < end && fstat(fd, &st) == 0 && st.st_size >= end;
}

void stats_read(int fd, uint32_t id, struct stats_summary *ret)
{
	const struct stats_slot *s;

	*ret = (struct stats_summary){0};
	if (id >= IDS || !used(fd, id))
		return;
	s = mmap(NULL, sizeof(*s), PROT_READ, MAP_SHARED, fd, place(id));
	if (s == MAP_FAILED)
		return;
	histogram_sum_up(&s->wait, &ret->wait);
	histogram_sum_up(&s->service, &ret->service);
	ret->failed = __atomic_load_n(&s->failed, __ATOMIC_RELAXED);
	munmap((void *)s, sizeof(*s));
}
