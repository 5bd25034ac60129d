/* SPDX-License-Identifier: MIT */
/*
 * Places in the file system for the bytes of a ring; see reserve.c.
 */
#ifndef QUEUE_RESERVE_H
#define QUEUE_RESERVE_H

#include <stdbool.h>

#include "queue/ring.h"

/* Whether the kernel is one that reserve_more() can ask. */
bool reserve_can_later(void);

/*
 * Gives a new file its length, and a place to its header and to all of its data; with
 * `later` not to the data. Returns 0, or -ENOSPC, -EFBIG, -errno with both numbers.
 */
int reserve_new(int fd, uint64_t capacity, bool later, const char *name,
		struct sigslot_error *err);

/* Whether the data up to that position has its place. */
static inline bool reserve_covers(const struct ring *r, uint64_t to)
{
	/* pairs with the release in note() */
	uint64_t reserved = __atomic_load_n(&r->head->reserved, __ATOMIC_ACQUIRE);

	return reserved == r->capacity || (to <= reserved && reserved < r->capacity);
}

/* Sees to it that it has. Returns 0, -ENOSPC, -errno. */
int reserve_more(struct ring *r, uint64_t to);

/* The same for the bytes of the header up to `to`, beyond its first page. */
int reserve_header(struct ring *r, const void *to);

/* How many bytes the file system of that file has left. */
uint64_t reserve_left(int fd);

#endif
