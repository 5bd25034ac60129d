/* SPDX-License-Identifier: MIT */
/*
 * The row of a slot with `key:`: its messages in the order in which they came. Of those
 * with one key only the first may be under way, and the others stand behind it, also
 * while it backs off. What has no key, or one that is no single value, has one in
 * common.
 *
 * A stand is embedded in its owner, and leaves the row before that goes away. So many
 * stand in a row at most that they do not hold up the loop's memory: see row_full().
 */
#ifndef WORKER_ROW_H
#define WORKER_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop/timers.h"
#include "queue/queue.h"

struct stand {
	struct stand *next, **link; /* NULL: it is in no row */
	uint64_t key;
	uint64_t due; /* not before that; 0: at any time */
	size_t size;
	bool first; /* of its key */
	bool begun;
};

struct row {
	const char *path; /* of the key in payloads; NULL: the slot has none */
	struct stand *head, **tail;
	unsigned waiting; /* that are not begun */
	size_t bytes; /* of all in it */
	struct timer timer; /* the owner's, for row_due() */
	bool going; /* the owner's: it is being looked through */
};

/* An empty one for that path, which is borrowed. */
void row_init(struct row *row, const char *path);

/* Whether so many, or so large ones, wait that nothing more may be added. */
bool row_full(const struct row *row);

/* Adds s behind all others, by the key in that payload. */
void row_add(struct row *row, struct stand *s, const struct payload *p);

/* The oldest that may begin now; NULL: none. */
struct stand *row_next(const struct row *row, uint64_t now);

/* It has begun; it has not, and will not before `due`. */
void row_begin(struct row *row, struct stand *s);
void row_hold(struct row *row, struct stand *s, uint64_t due);

/* It leaves, and the next one of its key is the first. */
void row_leave(struct row *row, struct stand *s);

/* When the next one comes due of those that wait for a time; NEVER: none does. */
uint64_t row_due(const struct row *row);

#endif
