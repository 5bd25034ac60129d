/* SPDX-License-Identifier: MIT */
/*
 * Another plan for a worker that goes on: loops that are written the same notice
 * nothing; those that are not have been wound down before, and are made anew.
 */
#ifndef WORKER_ADOPT_H
#define WORKER_ADOPT_H

#include "worker/worker.h"

/*
 * Takes over what the supervisor packed into fd. Returns 0, or a negative errno with
 * err: then the worker is good for nothing any more, and ends.
 */
int adopt_plan(struct worker *w, int fd, struct sigslot_error *err);

#endif
