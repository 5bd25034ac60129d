/* SPDX-License-Identifier: MIT */
/*
 * A message for a slot that lives on another loop by now: who emitted it did not know
 * that yet.
 */
#ifndef WORKER_FORWARD_H
#define WORKER_FORWARD_H

#include "worker/turn.h"
#include "worker/walk.h"

/* The queue of the other loop that a slot is on; NULL: it is on none. */
const struct route_queue *forward_home(const struct turn *t, uint32_t slot);

/*
 * Sends a record on to the slot of a station that is not on this loop. Returns 1; 0: it
 * is on no loop any more; -errno: it must come again.
 */
int forward_record(struct turn *t, const struct record *r, const struct station *at);

#endif
