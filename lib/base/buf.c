/* SPDX-License-Identifier: MIT */
/*
 * A growing run of bytes: doubles, never shrinks.
 */
#include "base/buf.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void buf_done(struct buf *b)
{
	free(b->data);
	*b = (struct buf){0};
}

int buf_grow(struct buf *b, size_t more)
{
	size_t need, cap = b->cap ? b->cap : 64;
	char *data;

	if (more > SIZE_MAX / 2 - b->size - 1)
		return -ENOMEM;
	need = b->size + more + 1;
	while (cap < need)
		cap *= 2;
	data = realloc(b->data, cap);
	if (!data)
		return -ENOMEM;
	b->data = data;
	b->data[b->size] = '\0';
	b->cap = cap;
	return 0;
}

int buf_add_text(struct buf *b, const char *text)
{
	return buf_add(b, text, strlen(text));
}

int buf_addf(struct buf *b, const char *format, ...)
{
	va_list args;
	int need, r;

	va_start(args, format);
	need = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (need < 0)
		return -EINVAL;
	r = buf_reserve(b, (size_t)need);
	if (r < 0)
		return r;
	va_start(args, format);
	vsnprintf(b->data + b->size, (size_t)need + 1, format, args);
	va_end(args);
	b->size += (size_t)need;
	return 0;
}

void buf_drop(struct buf *b, size_t size)
{
	if (size > b->size)
		size = b->size;
	if (!size)
		return;
	b->size -= size;
	memmove(b->data, b->data + size, b->size + 1);
}

char *buf_take(struct buf *b)
{
	char *data;

	if (buf_reserve(b, 0) < 0)
		return NULL;
	data = b->data;
	*b = (struct buf){0};
	return data;
}
