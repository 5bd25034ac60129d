/* SPDX-License-Identifier: MIT */
/*
 * The durable queues of an instance: found again by its next run, also after a reboot,
 * and gone with it only when nothing is in them.
 */
#ifndef SUPERVISOR_LASTING_H
#define SUPERVISOR_LASTING_H

#include "worker/world.h"

/*
 * What the state directory has of this instance and the plan does not have as durable:
 * it goes if nothing is in it. Returns 0; -EEXIST: something is; -errno.
 */
int lasting_judge(const struct world *w, struct sigslot_error *err);

/* The same for a named queue that an earlier run has left as of the other kind. */
int lasting_prepare(const struct world *w, const struct plan_queue *q,
		    struct sigslot_error *err);

/* Makes a durable queue, or goes on with it. Returns 0 or a negative errno. */
int lasting_make(const struct world *w, const struct plan_queue *q,
		 struct sigslot_error *err);

/* Removes those of the plan from the state directory. Nothing is in them. */
void lasting_remove(const struct world *w);

#endif
