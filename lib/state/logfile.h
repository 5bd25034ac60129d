/* SPDX-License-Identifier: MIT */
/*
 * The log of an instance on file: the supervisor writes it, anybody reads it.
 *
 * It is two files of about LOGFILE_MOST: a full `log` becomes `log.1` and another one
 * begins, at the end of a line. Who reads has `log` open and sees by its inode that a
 * new one has begun.
 */
#ifndef STATE_LOGFILE_H
#define STATE_LOGFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum { LOGFILE_MOST = 1 << 20 };

struct logfile {
	int dir; /* borrowed */
	int fd; /* -1: it could not be made */
	uint64_t size;
	bool begun; /* the last line has no end yet */
	bool lost; /* something could not be written */
};

/* Opens it to add; what an earlier run wrote stays. Without a file nothing is kept. */
void logfile_open(struct logfile *l, int dir);
void logfile_close(struct logfile *l);

/* Adds lines; what cannot be written is lost, and the next line says so. */
void logfile_add(struct logfile *l, const char *bytes, size_t size);

/*
 * Adds all that there is to b, the oldest line first, and leaves *ret_fd at the end of
 * the newest file. Returns 0; -ENOENT: there is no log; -errno.
 */
int logfile_read(int dir, struct buf *b, int *ret_fd);

/*
 * Adds what has been written since to b, and goes over to a new file if one has begun.
 * *ret_gap is set if files came and went meanwhile. Returns 0 or a negative errno.
 */
int logfile_read_on(int dir, int *fd, struct buf *b, bool *ret_gap);

#endif
