/* SPDX-License-Identifier: MIT */
/*
 * The records that are under way in a turn. What becomes of one is told to its queue
 * when all that it waits for is done: jobs of slots, and outputs on their way.
 */
#ifndef WORKER_RECORD_H
#define WORKER_RECORD_H

#include "worker/turn.h"

/* Makes the next claim of the turn a record. NULL: no memory, and nothing happened. */
struct record *record_begin(struct turn *t);

/*
 * Its queue is told so, once it is done, unless something worse befell it: at the slot
 * of that place among its receivers.
 */
void record_end(struct record *r, unsigned place, enum queue_end end);

/* Every receiver has its job; if there is none, it was cut off. */
void record_walked(struct record *r);

/* One job, or one output, of it is done. */
void record_release(struct record *r);

/* Gives it back, as it will not be done. */
void record_abandon(struct record *r);

#endif
