/* SPDX-License-Identifier: MIT */
/*
 * Warnings of what is behind: a queue that fills up, a loop that waits for room.
 *
 * Each comes once, and again only when the queue had been less than half full. Whoever
 * pushes to the queue or takes from it looks, when it does, and nobody is woken for it.
 */
#ifndef WORKER_WARN_H
#define WORKER_WARN_H

#include "queue/queue.h"
#include "worker/world.h"

struct turn;

struct gauge_mark {
	uint64_t time, pushed, acked;
};

/* What one process has seen of one queue; {0} is a valid one. */
struct gauge {
	uint64_t looked; /* monotonic */
	struct gauge_mark old, last; /* for rates; at least a second apart */
	bool low; /* it was less than half full when it was looked at last */
	uint32_t lows; /* how often it has become so */
};

/* From now on it is known how much comes and goes. */
void warn_begin(struct gauge *g, const struct queue *q);

/*
 * Looks at the queue of that index of the routes, now and then only: `now` may be a
 * little late.
 */
void warn_look(struct gauge *g, const struct world *w, uint32_t queue,
	       const struct queue *q, uint64_t now);

/* At all queues that a turn takes from, when it has begun something. */
void warn_look_back(struct turn *t);

/* For a turn that waits for room: whether it has for too long. */
void warn_wait(struct turn *t);

#endif
