/* SPDX-License-Identifier: MIT */
/*
 * Who waits for whom: which loops take from a queue, and which full queue what a loop
 * emitted waits for. Both from what a run shows to anybody, its routes and its board.
 */
#ifndef WORKER_FLOW_H
#define WORKER_FLOW_H

#include <stdbool.h>

#include "route/route.h"
#include "state/board.h"

struct flow {
	const struct routes *routes; /* borrowed, as is the board */
	const struct board *board;
};

#define FLOW_NONE UINT32_MAX

/* How many loops there are, those that have gone included. */
uint32_t flow_loops(const struct flow *f);

/* The index of the loop of that name, of the queue of that name. */
uint32_t flow_loop(const struct flow *f, const char *name);
uint32_t flow_queue(const struct flow *f, const char *name);

/* The name of a queue; "" for FLOW_NONE. */
const char *flow_name(const struct flow *f, uint32_t queue);

/* The loop of the i-th slot that takes from a queue; FLOW_NONE behind the last one. */
uint32_t flow_taker(const struct flow *f, uint32_t queue, uint32_t i);

/* The one loop that takes from a queue; FLOW_NONE: none, or several do. */
uint32_t flow_only_taker(const struct flow *f, uint32_t queue);

/* The full queue that a loop waits for. */
uint32_t flow_behind(const struct flow *f, uint32_t loop);

/* The slot that a loop is busy with, as OBJECT.SLOT; "" if it shows none. */
void flow_slot(const struct flow *f, uint32_t loop, char out[static 132]);

#endif
