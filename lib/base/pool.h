/* SPDX-License-Identifier: MIT */
/*
 * Blocks of one size that come and go all the time: what is given back is handed out
 * again, without a detour through the allocator. {0} is a valid, empty pool.
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stdlib.h>

enum { POOL_KEEPS = 256 };

struct pool_block {
	struct pool_block *next;
};

struct pool {
	struct pool_block *spare;
	unsigned len;
};

/*
 * Returns a block whose bytes may be anything, or NULL: no memory. The size is the same
 * each time, room for a pointer at least.
 */
static inline void *pool_take(struct pool *p, size_t size)
{
	struct pool_block *b = p->spare;

	if (!b)
		return malloc(size);
	p->spare = b->next;
	p->len--;
	return b;
}

/* Takes back what pool_take() returned; what is too much to keep is freed. */
static inline void pool_give(struct pool *p, void *block)
{
	struct pool_block *b = block;

	if (p->len == POOL_KEEPS) {
		free(b);
		return;
	}
	b->next = p->spare;
	p->spare = b;
	p->len++;
}

/* Frees what it keeps; what was handed out may still be given back. */
static inline void pool_done(struct pool *p)
{
	while (p->spare) {
		struct pool_block *b = p->spare;

		p->spare = b->next;
		free(b);
	}
	p->len = 0;
}

#endif
