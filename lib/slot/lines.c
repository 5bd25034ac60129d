/* SPDX-License-Identifier: MIT */
/*
 * The line splitter. It never copies a line: only what is unfinished when the buffer
 * is full moves to the front. It never holds more than limit + one block.
 */
#include "slot/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LEAST = 4096, MOST = 256 * 1024 };

static void compact(struct lines *l)
{
	if (!l->start)
		return;
	memmove(l->data, l->data + l->start, l->end - l->start);
	l->end -= l->start;
	l->seen -= l->start;
	l->start = 0;
}

/* Makes room for a block behind what is kept. */
static int make_room(struct lines *l)
{
	size_t need;
	char *data;

	if (!l->block)
		l->block = LEAST;
	if (l->cap - l->end >= l->block)
		return 0;
	if (l->data)
		compact(l);
	need = l->end + l->block;
	if (need <= l->cap)
		return 0;
	if (need < l->cap * 2)
		need = l->cap * 2;
	data = realloc(l->data, need);
	if (!data)
		return -ENOMEM;
	l->data = data;
	l->cap = need;
	return 0;
}

ssize_t lines_read(struct lines *l, int fd)
{
	ssize_t n;

	if (make_room(l) < 0)
		return -ENOMEM;
	do
		n = read(fd, l->data + l->end, l->block);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	l->ended = n == 0;
	l->end += (size_t)n;
	if ((size_t)n == l->block && l->block < MOST)
		l->block *= 4;
	else if (n < LEAST)
		l->block = LEAST;
	return n;
}

static enum lines_found give(struct lines *l, size_t size, size_t gone,
			     const char **ret_line, size_t *ret_size)
{
	*ret_line = l->data + l->start;
	*ret_size = size;
	l->start += gone;
	if (l->seen < l->start)
		l->seen = l->start;
	return LINES_LINE;
}

/* More than the limit without a newline, or a line that is longer than that. */
static enum lines_found too_long(struct lines *l, const char *newline,
				 const char **ret_line, size_t *ret_size)
{
	if (l->split)
		return give(l, l->limit, l->limit, ret_line, ret_size);
	l->skipping = !newline;
	l->start = newline ? (size_t)(newline - l->data) + 1 : l->end;
	l->seen = l->start;
	return LINES_LONG;
}

/* What stands behind the last newline. */
static enum lines_found unfinished(struct lines *l, const char **ret_line,
				   size_t *ret_size)
{
	size_t size = l->end - l->start;

	l->seen = l->end;
	if (l->skipping)
		l->start = l->end;
	else if (size > l->limit)
		return too_long(l, NULL, ret_line, ret_size);
	else if (l->ended && size)
		return give(l, size, size, ret_line, ret_size);
	return LINES_NONE;
}

enum lines_found lines_next(struct lines *l, const char **ret_line, size_t *ret_size)
{
	while (l->start < l->end) {
		char *newline = memchr(l->data + l->seen, '\n', l->end - l->seen);
		size_t size;

		if (!newline)
			return unfinished(l, ret_line, ret_size);
		size = (size_t)(newline - l->data) - l->start;
		if (!l->skipping && size > l->limit)
			return too_long(l, newline, ret_line, ret_size);
		if (!l->skipping)
			return give(l, size, size + 1, ret_line, ret_size);
		l->skipping = false;
		l->start = l->seen = l->start + size + 1;
	}
	return LINES_NONE;
}

void lines_rest(struct lines *l)
{
	if (l->start == l->end)
		lines_done(l);
}

void lines_done(struct lines *l)
{
	free(l->data);
	l->data = NULL;
	l->start = l->end = l->cap = l->seen = 0;
}
