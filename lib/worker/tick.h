/* SPDX-License-Identifier: MIT */
/*
 * The timer objects of a loop. They tick while the outbox has room for the loop; a tick
 * that finds none is missed, and counted.
 */
#ifndef WORKER_TICK_H
#define WORKER_TICK_H

#include "object/ticker.h"
#include "worker/turn.h"

struct tick_object {
	struct ticker ticker;
	struct turn *turn;
	uint32_t object, signal; /* itself and its `timeout` in the plan */
};

/* Makes a ticker for each timer object of the loop, stopped. Returns 0 or -ENOMEM. */
int tick_add_all(struct turn *t);

/* Starts or stops the timer of that id, where it is on a loop that runs. */
void tick_set(struct worker *w, uint32_t id, bool run);

#endif
