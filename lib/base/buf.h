/* SPDX-License-Identifier: MIT */
/*
 * A growing run of bytes. {0} is a valid, empty buffer; data is always followed by
 * a NUL that is not counted, so text can be handed to C. Not for concurrent use.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"

struct buf {
	char *data; /* NULL while nothing was ever added */
	size_t size, cap;
};

/* Frees the bytes and leaves an empty buffer; takes an empty one. */
void buf_done(struct buf *b);

/* Makes room where there is too little of it; see buf_reserve(). */
int buf_grow(struct buf *b, size_t more);

/* Makes room for `more` bytes beyond size. Returns 0 or -ENOMEM, b unchanged. */
static inline int buf_reserve(struct buf *b, size_t more)
{
	return more < b->cap - b->size ? 0 : buf_grow(b, more);
}

/* Appends; each returns 0 or -ENOMEM with b unchanged. */
static inline int buf_add(struct buf *b, const void *bytes, size_t size)
{
	int r = buf_reserve(b, size);

	if (r < 0)
		return r;
	if (size)
		memcpy(b->data + b->size, bytes, size);
	b->size += size;
	b->data[b->size] = '\0';
	return 0;
}

int buf_add_text(struct buf *b, const char *text);
int buf_addf(struct buf *b, const char *format, ...) _printf_(2, 3);

static inline int buf_add_byte(struct buf *b, char byte)
{
	if (buf_reserve(b, 1) < 0)
		return -ENOMEM;
	b->data[b->size++] = byte;
	b->data[b->size] = '\0';
	return 0;
}

/* Drops the first `size` bytes (at most all of them). */
void buf_drop(struct buf *b, size_t size);

/* Returns the bytes as a string to be freed, and leaves b empty; NULL: no memory. */
char *buf_take(struct buf *b);

#define _buf_ _cleanup_(buf_done)

#endif
