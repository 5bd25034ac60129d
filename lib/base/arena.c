/* SPDX-License-Identifier: MIT */
/*
 * Memory for tree-shaped stages: a list of blocks, each twice the last up to 64 KiB.
 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FIRST = 1024, LARGEST = 65536, ALIGN = 16 };

struct arena_block {
	struct arena_block *next;
	size_t used, cap;
	_Alignas(ALIGN) char data[];
};

static struct arena_block *grow(struct arena *a, size_t size)
{
	size_t cap = a->blocks ? a->blocks->cap * 2 : FIRST;
	struct arena_block *b;

	if (cap > LARGEST)
		cap = LARGEST;
	if (cap < size)
		cap = size;
	b = calloc(1, sizeof(*b) + cap);
	if (!b)
		return NULL;
	b->cap = cap;
	b->next = a->blocks;
	a->blocks = b;
	return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
	struct arena_block *b = a->blocks;
	void *p;

	if (size > (size_t)1 << 40)
		return NULL;
	size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (!b || b->cap - b->used < size)
		b = grow(a, size);
	if (!b)
		return NULL;
	p = b->data + b->used;
	b->used += size;
	return p;
}

char *arena_copy(struct arena *a, const void *bytes, size_t size)
{
	char *p = arena_alloc(a, size + 1);

	if (p && size)
		memcpy(p, bytes, size);
	return p;
}

char *arena_text(struct arena *a, const char *text)
{
	return arena_copy(a, text, strlen(text));
}

char *arena_textf(struct arena *a, const char *format, ...)
{
	va_list args;
	int need;
	char *p;

	va_start(args, format);
	need = vsnprintf(NULL, 0, format, args);
	va_end(args);
	p = need < 0 ? NULL : arena_alloc(a, (size_t)need + 1);
	if (!p)
		return NULL;
	va_start(args, format);
	vsnprintf(p, (size_t)need + 1, format, args);
	va_end(args);
	return p;
}

void arena_done(struct arena *a)
{
	while (a->blocks) {
		struct arena_block *b = a->blocks;

		a->blocks = b->next;
		free(b);
	}
}
