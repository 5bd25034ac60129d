/* SPDX-License-Identifier: MIT */
/*
 * Blocks of one size that come and go all the time: what is given back is handed out
 * again, without a detour through the allocator. {0} is a valid, empty pool.
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stddef.h>
#include <stdlib.h>

enum { POOL_KEEPS = 256 };

/* Stands before each block, and is not touched while it comes and goes. */
struct pool_block {
	_Alignas(max_align_t) struct pool_block *next; /* of all of the pool */
	struct pool_block **link;
};

struct pool {
	struct pool_block *all;
	void *spare; /* each begins with a pointer to the next one */
	unsigned len;
};

static inline void *pool_more(struct pool *p, size_t size)
{
	struct pool_block *b = malloc(sizeof(*b) + size);

	if (!b)
		return NULL;
	b->next = p->all;
	b->link = &p->all;
	if (b->next)
		b->next->link = &b->next;
	p->all = b;
	return b + 1;
}

static inline void pool_free(void *block)
{
	struct pool_block *b = (struct pool_block *)block - 1;

	*b->link = b->next;
	if (b->next)
		b->next->link = b->link;
	free(b);
}

/*
 * Returns a block whose bytes may be anything, or NULL: no memory. The size is the same
 * each time, room for a pointer at least.
 */
static inline void *pool_take(struct pool *p, size_t size)
{
	void **block = p->spare;

	if (!block)
		return pool_more(p, size);
	p->spare = *block;
	p->len--;
	return block;
}

/* Takes back what pool_take() returned; what is too much to keep is freed. */
static inline void pool_give(struct pool *p, void *block)
{
	if (p->len == POOL_KEEPS) {
		pool_free(block);
		return;
	}
	*(void **)block = p->spare;
	p->spare = block;
	p->len++;
}

/* Frees what it keeps; what was handed out may still be given back. */
static inline void pool_done(struct pool *p)
{
	while (p->spare) {
		void *block = p->spare;

		p->spare = *(void **)block;
		pool_free(block);
	}
	p->len = 0;
}

/* All that was handed out goes over to *to, and will not be given back any more. */
static inline void pool_lose(struct pool *p, struct pool *to)
{
	struct pool_block **end = &to->all;

	pool_done(p);
	while (*end)
		end = &(*end)->next;
	*end = p->all;
	if (p->all)
		p->all->link = end;
	p->all = NULL;
}

/* Frees that, after a last look at each. */
static inline void pool_lost(struct pool *lost, void (*each)(void *block))
{
	while (lost->all) {
		void *block = lost->all + 1;

		each(block);
		pool_free(block);
	}
}

#endif
