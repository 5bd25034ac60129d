/* SPDX-License-Identifier: MIT */
/*
 * The log of an instance on file.
 */
#include "state/logfile.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

enum { TRIES = 8 };

static const char name[] = "log", older[] = "log.1";
static const char gap[] = "sigslot | lines are missing here: no room for the log\n";

static void begin(struct logfile *l)
{
	struct stat st;

	l->size = 0;
	l->fd = openat(l->dir, name,
		       O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (l->fd >= 0 && fstat(l->fd, &st) == 0)
		l->size = (uint64_t)st.st_size;
}

/* All of it or nothing, so that no two lines become one. */
static bool put(struct logfile *l, const char *bytes, size_t size)
{
	ssize_t n;

	if (l->fd < 0)
		begin(l);
	n = l->fd < 0 ? -1 : write(l->fd, bytes, size);
	if (n == (ssize_t)size) {
		l->size += size;
		return true;
	}
	if (n > 0 && ftruncate(l->fd, (off_t)l->size) < 0)
		l->size += (uint64_t)n;
	return false;
}

static void add(struct logfile *l, const char *bytes, size_t size)
{
	if (!size)
		return;
	if (l->lost && !l->begun)
		l->lost = !put(l, gap, sizeof(gap) - 1);
	if (l->lost || !put(l, bytes, size))
		l->lost = true;
	else
		l->begun = bytes[size - 1] != '\n';
}

void logfile_open(struct logfile *l, int dir)
{
	char last;

	*l = (struct logfile){.dir = dir};
	begin(l);
	l->begun = l->size && pread(l->fd, &last, 1, (off_t)l->size - 1) == 1 &&
		   last != '\n';
	if (l->begun) /* its writer died over it */
		add(l, "\n", 1);
}

void logfile_close(struct logfile *l)
{
	fd_close(&l->fd);
}

/* How much of it still goes into this file. */
static size_t here(const struct logfile *l, const char *bytes, size_t size)
{
	const char *end = l->begun ? memchr(bytes, '\n', size) : NULL;

	if (l->size < LOGFILE_MOST)
		return size;
	if (!l->begun)
		return 0;
	return end ? (size_t)(end - bytes) + 1 : size;
}

void logfile_add(struct logfile *l, const char *bytes, size_t size)
{
	size_t first = here(l, bytes, size);

	add(l, bytes, first);
	if (first == size)
		return;
	if (renameat(l->dir, name, l->dir, older) == 0)
		logfile_close(l);
	else if (ftruncate(l->fd, 0) == 0) /* somebody removed the directory */
		l->size = 0;
	add(l, bytes + first, size - first);
}

static bool same(int a, int b)
{
	struct stat of_a, of_b;

	return a >= 0 && b >= 0 && fstat(a, &of_a) == 0 && fstat(b, &of_b) == 0 &&
	       of_a.st_ino == of_b.st_ino;
}

static int open_one(int dir, const char *file)
{
	return openat(dir, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

static int read_rest(int fd, struct buf *b)
{
	int r = fd_read(fd, b, 4 * LOGFILE_MOST);

	return r == -EFBIG ? 0 : r; /* it will be read on */
}

int logfile_read(int dir, struct buf *b, int *ret_fd)
{
	for (int i = 0;; i++) {
		_close_ int fd = open_one(dir, name);
		_close_ int old = open_one(dir, older);
		int r;

		if (fd < 0)
			return -errno;
		if (i < TRIES && same(fd, old))
			continue; /* a new one has just begun */
		r = old < 0 ? 0 : read_rest(old, b);
		if (r == 0)
			r = read_rest(fd, b);
		if (r == 0)
			*ret_fd = TAKE_FD(fd);
		return r;
	}
}

int logfile_read_on(int dir, int *fd, struct buf *b, bool *ret_gap)
{
	int r = read_rest(*fd, b);
	_close_ int next = open_one(dir, name);
	_close_ int old = next < 0 ? -1 : open_one(dir, older);

	if (r < 0 || next < 0 || same(*fd, next))
		return r;
	r = read_rest(*fd, b); /* what came before the new one began */
	if (!same(*fd, old)) {
		*ret_gap = true;
		r = r == 0 && old >= 0 ? read_rest(old, b) : r;
	}
	close(*fd);
	*fd = TAKE_FD(next);
	return r == 0 ? read_rest(*fd, b) : r;
}
