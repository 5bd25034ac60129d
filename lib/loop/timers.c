/* SPDX-License-Identifier: MIT */
/*
 * The timers of one loop: a binary min-heap (Williams 1964) of borrowed pointers.
 * Each timer knows its place, so that it can be moved and removed.
 */
#include "loop/timers.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"

static bool before(const struct timer *a, const struct timer *b)
{
	return a->due != b->due ? a->due < b->due : a->turn < b->turn;
}

static void put(struct timers *ts, size_t i, struct timer *t)
{
	ts->heap[i] = t;
	t->place = i + 1;
}

/* Moves t from the free place i up, then down, to where it belongs. */
static void settle(struct timers *ts, size_t i, struct timer *t)
{
	while (i > 0 && before(t, ts->heap[(i - 1) / 2])) {
		put(ts, i, ts->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	for (size_t child; (child = 2 * i + 1) < ts->len; i = child) {
		if (child + 1 < ts->len && before(ts->heap[child + 1], ts->heap[child]))
			child++;
		if (!before(ts->heap[child], t))
			break;
		put(ts, i, ts->heap[child]);
	}
	put(ts, i, t);
}

int timers_arm(struct timers *ts, struct timer *t, uint64_t due)
{
	if (!t->place && ts->len == ts->cap) {
		size_t cap = ts->cap ? ts->cap * 2 : 16;
		void *heap = reallocarray(ts->heap, cap, sizeof(*ts->heap));

		if (!heap)
			return -ENOMEM;
		ts->heap = heap;
		ts->cap = cap;
	}
	if (!t->place) {
		t->place = ++ts->len;
		ts->heap[t->place - 1] = t;
	}
	t->due = due;
	t->turn = ts->turns++;
	settle(ts, t->place - 1, t);
	return 0;
}

void timers_disarm(struct timers *ts, struct timer *t)
{
	size_t i = t->place;
	struct timer *last;

	if (!i)
		return;
	t->place = 0;
	last = ts->heap[--ts->len];
	if (last != t)
		settle(ts, i - 1, last);
}

uint64_t timers_next(const struct timers *ts)
{
	return ts->len ? ts->heap[0]->due : NEVER;
}

void timers_run(struct timers *ts, uint64_t now)
{
	uint64_t limit = ts->turns;

	/*
	 * A timer armed by a callback has a turn of at least `limit`; it can sit at the
	 * root only if nothing older is due, or in front of older ones that are: these
	 * then fire in the next run, which comes without sleeping.
	 */
	while (ts->len && ts->heap[0]->due <= now && ts->heap[0]->turn < limit) {
		struct timer *t = ts->heap[0];

		timers_disarm(ts, t);
		t->fire(t, now);
	}
}

void timers_done(struct timers *ts)
{
	free(ts->heap);
	*ts = (struct timers){0};
}
