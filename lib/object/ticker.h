/* SPDX-License-Identifier: MIT */
/*
 * A timer object: every, after or tight, on the monotonic clock and without drift.
 *
 * It borrows its loop and calls tick() once per signal to be emitted. A late one makes
 * up for what it missed (burst) or counts it (skip). One loop, one thread.
 */
#ifndef OBJECT_TICKER_H
#define OBJECT_TICKER_H

#include <stdbool.h>
#include <stdint.h>

#include "loop/loop.h"

enum ticker_how { TICKER_EVERY, TICKER_AFTER, TICKER_TIGHT };

struct ticker {
	enum ticker_how how;
	uint64_t interval_ns;
	bool burst;
	void (*tick)(struct ticker *, uint64_t missed); /* skipped before this one */
	bool (*ready)(struct ticker *); /* tight: whether there is room to tick */

	struct loop *loop; /* the rest is its own */
	struct timer timer;
	struct later later;
	bool running;
};

/* Starts it, or starts its interval again. Returns 0 or -ENOMEM. */
int ticker_start(struct ticker *t, struct loop *loop);

/* Stops it; it may be started again. Takes one that does not run. */
void ticker_stop(struct ticker *t);

/* A tight one that found no room is looked at again. */
void ticker_wake(struct ticker *t);

#endif
