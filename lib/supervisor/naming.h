/* SPDX-License-Identifier: MIT */
/*
 * From the plan's indexes to the ids of the instance. Called once, before any worker.
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

#endif
