/* SPDX-License-Identifier: MIT */
/*
 * Lines out of a descriptor: reads blocks and gives out whole lines in place.
 *
 * A line is what ends in a newline, or at the end of the file. CR and NUL are bytes as
 * any other. The buffer grows with what arrives and is given back once it is empty, so
 * that an idle command costs nothing. {.limit = N} is a valid, empty splitter.
 */
#ifndef SLOT_LINES_H
#define SLOT_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum lines_found {
	LINES_NONE, /* read more, or all is done */
	LINES_LINE, /* a whole line, or with `split` a piece of one */
	LINES_LONG, /* a line over the limit; its bytes are skipped */
};

struct lines {
	size_t limit; /* the longest line, bytes without newline */
	bool split; /* a longer one comes in pieces, instead of not at all */
	bool skipping; /* inside a line that was too long */
	bool ended; /* there is nothing more to read */
	char *data; /* NULL while it is empty */
	size_t start, end, cap; /* what was read and not given out */
	size_t seen; /* there is no newline before */
	size_t block; /* how much the next read should take */
};

/*
 * One read(). Returns the bytes read, 0 at the end of the file, or a negative errno
 * (-EAGAIN: nothing there now).
 */
ssize_t lines_read(struct lines *l, int fd);

/* The next line; it lives until the next lines_read(). */
enum lines_found lines_next(struct lines *l, const char **ret_line, size_t *ret_size);

/* Gives memory back if all was given out. */
void lines_rest(struct lines *l);

/* Frees. */
void lines_done(struct lines *l);

#endif
