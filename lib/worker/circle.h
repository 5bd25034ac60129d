/* SPDX-License-Identifier: MIT */
/*
 * Loops that wait for themselves, each for room in the full queue of the next.
 */
#ifndef WORKER_CIRCLE_H
#define WORKER_CIRCLE_H

#include "queue/counts.h"
#include "queue/identity.h"
#include "worker/flow.h"

struct circle {
	int dir; /* of the instance */
	int queues; /* its `q`, to see whether they are full still; -1: all are */
	const struct identity *identity;
	struct flow flow;
	uint32_t home; /* the loop that waits, */
	uint32_t queue; /* for room in this queue */
	/* filled in when one is found: */
	char way[400]; /* "a -> b -> a" */
	uint32_t last; /* the loop of the highest index on it */
	uint64_t youngest; /* since when the last command waits; 0: none does */
};

/*
 * Looks for one. It is what it is at this moment and nothing is locked: one that is
 * true is still there a while later, and nothing has moved.
 */
bool circle_find(struct circle *c);

/* Whether there is no room for what is waited for. */
bool circle_full(const struct queue_counts *n);

#endif
