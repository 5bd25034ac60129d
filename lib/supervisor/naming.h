/* SPDX-License-Identifier: MIT */
/*
 * From the plan's indexes to the ids of the instance.
 */
#ifndef SUPERVISOR_NAMING_H
#define SUPERVISOR_NAMING_H

#include "worker/world.h"

enum { NAMING_CONTROL_SIZE = 256 * 1024 }; /* of the control lane, bytes */

/*
 * Gives every name of w->plan its id, the old one where the last run had it; writes the
 * routes into w->dir, maps them, and fills in the tables of w. Returns 0, -EBADMSG,
 * -EPROTO (routes of another version), -ENOMEM or -errno with err.
 */
int naming_make(struct world *w, struct sigslot_error *err);

/*
 * Publishes the connections of another plan of the same things, and opens these routes.
 * The connections that it has not any more go with `flags`, see enum route_target_flag.
 * On failure nothing has changed.
 */
int naming_renew(struct world *w, const struct plan *p, uint32_t flags,
		 struct sigslot_error *err);

/* The same for a plan with other things, of which those that stay have their index. */
int naming_reload(struct world *w, const struct plan *p, struct sigslot_error *err);

/*
 * Gives tables of its own to a copy of the world with the plan of an older worker, by
 * the names in the routes. Returns 0 or -ENOMEM.
 */
int naming_find(struct world *w, struct sigslot_error *err);

#endif
