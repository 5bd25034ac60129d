/* SPDX-License-Identifier: MIT */
/*
 * How a worker that goes on gets a newer plan than it was forked with: as the text of
 * the topology, of which it makes the plan itself, and the places that things have.
 */
#ifndef SUPERVISOR_HANDOVER_H
#define SUPERVISOR_HANDOVER_H

#include "plan/wiring.h"
#include "worker/world.h"

/* Puts what the plan of the wiring is made of into memory. A descriptor, or -errno. */
int handover_pack(const struct wiring *w, struct sigslot_error *err);

/* In the worker: world.adopt. Without memory all that is left to it is to end. */
int handover_take(struct world *w, int fd, struct sigslot_error *err);

#endif
