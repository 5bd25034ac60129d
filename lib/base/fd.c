/* SPDX-License-Identifier: MIT */
/*
 * Descriptors: whole reads and writes that survive EINTR and short counts.
 */
#include "base/fd.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

void fd_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

int fd_write(int fd, const void *bytes, size_t size)
{
	const char *at = bytes;

	while (size) {
		ssize_t n = write(fd, at, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

int fd_read(int fd, struct buf *b, size_t limit)
{
	size_t start = b->size;

	for (;;) {
		ssize_t n;

		if (buf_reserve(b, 65536) < 0)
			return -ENOMEM;
		n = read(fd, b->data + b->size, b->cap - b->size - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		b->size += (size_t)n;
		b->data[b->size] = '\0';
		if (n == 0)
			return 0;
		if (b->size - start > limit)
			return -EFBIG;
	}
}

int fd_read_file(int dir, const char *path, size_t limit, struct buf *ret_bytes,
		 struct sigslot_error *err)
{
	_close_ int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int r;

	if (fd < 0)
		return fail_errno(err, "cannot open '%s'", path);
	r = fd_read(fd, ret_bytes, limit);
	if (r == -EFBIG)
		return fail(err, r, "'%s' is larger than %zu bytes", path, limit);
	if (r < 0)
		return fail(err, r, "cannot read '%s': %s", path, strerror(-r));
	return 0;
}
