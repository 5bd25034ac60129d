/* SPDX-License-Identifier: MIT */
/*
 * The timers of one loop: a binary min-heap ordered by due time.
 *
 * The heap borrows its timers. A timer is embedded in its owner and must be
 * disarmed before that owner goes away. Timers due at the same instant fire in
 * the order in which they were armed. One loop, one thread: no locking here.
 */
#ifndef LOOP_TIMERS_H
#define LOOP_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timer {
	uint64_t due; /* monotonic ns */
	uint64_t turn; /* breaks ties: the order of arming */
	size_t place; /* 1 + index in the heap; 0 = not armed */
	void (*fire)(struct timer *, uint64_t now);
};

struct timers { /* {0} is a valid, empty heap */
	struct timer **heap;
	size_t len, cap;
	uint64_t turns; /* how many times a timer was armed */
};

/* Arms t, or moves it if it is armed. Returns 0, or -ENOMEM with t unchanged. */
int timers_arm(struct timers *ts, struct timer *t, uint64_t due);

/* Takes t out; a timer that is not armed is left alone. */
void timers_disarm(struct timers *ts, struct timer *t);

static inline bool timer_armed(const struct timer *t)
{
	return t->place != 0;
}

/* When the next one is due, NEVER if none is armed. */
uint64_t timers_next(const struct timers *ts);

/*
 * Fires what is due at now, in the order of the due times. A timer armed meanwhile
 * waits for the next run, even if it is due, and so do those that are due after it.
 * Each is disarmed before it fires, so fire() may arm it again or free it.
 */
void timers_run(struct timers *ts, uint64_t now);

/* Frees the heap; what is armed is forgotten. */
void timers_done(struct timers *ts);

#endif
