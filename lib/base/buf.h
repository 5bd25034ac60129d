/* SPDX-License-Identifier: MIT */
/*
 * A growing run of bytes. {0} is a valid, empty buffer; data is always followed by
 * a NUL that is not counted, so text can be handed to C. Not for concurrent use.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

#include "base/cleanup.h"

struct buf {
	char *data; /* NULL while nothing was ever added */
	size_t size, cap;
};

/* Frees the bytes and leaves an empty buffer; takes an empty one. */
void buf_done(struct buf *b);

/* Makes room for `more` bytes beyond size. Returns 0 or -ENOMEM, b unchanged. */
int buf_reserve(struct buf *b, size_t more);

/* Appends; each returns 0 or -ENOMEM with b unchanged. */
int buf_add(struct buf *b, const void *bytes, size_t size);
int buf_add_text(struct buf *b, const char *text);
int buf_add_byte(struct buf *b, char byte);
int buf_addf(struct buf *b, const char *format, ...) _printf_(2, 3);

/* Drops the first `size` bytes (at most all of them). */
void buf_drop(struct buf *b, size_t size);

/* Returns the bytes as a string to be freed, and leaves b empty; NULL: no memory. */
char *buf_take(struct buf *b);

#define _buf_ _cleanup_(buf_done)

#endif
