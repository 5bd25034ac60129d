/* SPDX-License-Identifier: MIT */
/*
 * Descriptors: whole reads and writes that survive EINTR and short counts.
 */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"

/* Closes *fd if it is open and leaves -1. errno is kept. */
void fd_close(int *fd);

/* Writes all of it to a blocking descriptor. Returns 0 or a negative errno. */
int fd_write(int fd, const void *bytes, size_t size);

/* Reads until end of file into b, at most `limit` bytes. Returns 0, -EFBIG, -errno. */
int fd_read(int fd, struct buf *b, size_t limit);

/*
 * Reads a file, relative to dir (or AT_FDCWD), of at most `limit` bytes. Only regular
 * files, FIFOs and devices. Returns 0 or a negative errno with the sentence in err.
 */
int fd_read_file(int dir, const char *path, size_t limit, struct buf *ret_bytes,
		 struct sigslot_error *err);

#endif
