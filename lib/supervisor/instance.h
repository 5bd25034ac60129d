/* SPDX-License-Identifier: MIT */
/*
 * Makes an instance in the runtime directory, or resumes a dead one: its lock, its
 * queues, its routes, its board. What was queued in a dead one stays queued.
 */
#ifndef SUPERVISOR_INSTANCE_H
#define SUPERVISOR_INSTANCE_H

#include "worker/world.h"

struct instance_home {
	int runtime; /* the runtime directory */
	int lock; /* held for life */
	bool fresh; /* nothing was there to be resumed */
};

/* Fills in a world, all but its log. Returns 0 or a negative errno with err. */
int instance_make(const struct plan *plan, struct instance_home *home, struct world *w,
		  struct sigslot_error *err);

/*
 * Makes the queues of what is new in another plan, and room on the board; takes that
 * back; or shows it. Returns 0, or a negative errno with err, and nothing has changed.
 */
int instance_extend(const struct plan *next, struct world *w,
		    struct sigslot_error *err);
void instance_retract(const struct plan *next, struct world *w);
void instance_show(const struct plan *next, struct world *w);

/* How many messages its queues hold. */
uint64_t instance_queued(const struct world *w);

/* Lets go; with `remove` nothing of it stays. The lock is released last. */
void instance_leave(struct instance_home *home, struct world *w, bool remove);

#endif
