/* SPDX-License-Identifier: MIT */
/*
 * A loop whose output waits for room, by way of other loops for itself: what it emits
 * to the queue that it waits for fails, as nobody would ever take it. First one
 * message, then twice as many each time, so that no more is lost than it takes.
 */
#ifndef WORKER_JAM_H
#define WORKER_JAM_H

#include <stdbool.h>
#include <stdint.h>

struct turn;

struct jam {
	bool seen; /* at the last look, when so much had happened in the queue: */
	uint64_t moved;
	uint64_t looked, first; /* when; and when it was seen for the first time */
	uint64_t acted; /* when something failed of it last; 0: never */
	uint32_t warned; /* see warn_wait() */
	uint32_t most; /* that fail the next time */
	uint64_t failed, tell; /* so many did; how many are worth a line */
};

/* To be called now and then, while something of the turn waits for room. */
void jam_look(struct turn *t);

#endif
