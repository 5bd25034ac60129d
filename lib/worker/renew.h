/* SPDX-License-Identifier: MIT */
/*
 * A worker when connections come and go: it opens the newest routes by itself, before
 * it emits and before it begins a message, as soon as the board says that there are
 * others.
 */
#ifndef WORKER_RENEW_H
#define WORKER_RENEW_H

#include "worker/worker.h"

/* Has a turn take from that queue of the routes, too. NULL, with err: it cannot. */
struct intake *renew_add_intake(struct turn *t, uint32_t queue,
				struct sigslot_error *err);

/* Opens the newest routes and does all that follows from them. */
void renew_worker(struct worker *w);

/* The same, if there are newer ones, or those that a message was emitted by. */
void renew_for(struct worker *w, const struct envelope *e);

/* Takes from the named queues that slots of this worker stand behind, and no others. */
int renew_intakes(struct worker *w, struct sigslot_error *err);

#endif
