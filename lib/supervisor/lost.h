/* SPDX-License-Identifier: MIT */
/*
 * The failures that no worker can write down, as they were its end: see
 * state/failures.h.
 */
#ifndef SUPERVISOR_LOST_H
#define SUPERVISOR_LOST_H

#include "state/failures.h"
#include "supervisor/super.h"

/* name: of the process or the queue; status: of the worker, as of waitpid(). */
void lost_keep(struct supervisor *s, enum failure_outcome outcome, const char *name,
	       int status, const char *reason);

#endif
