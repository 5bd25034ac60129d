/* SPDX-License-Identifier: MIT */
/*
 * What failed on this worker, written down for `sigslot errors`: see state/failures.h.
 */
#ifndef WORKER_ERRORS_H
#define WORKER_ERRORS_H

#include "state/failures.h"
#include "worker/turn.h"

/*
 * Writes it down; job: NULL for what failed without a message. What cannot be kept is
 * told once in the log.
 */
void errors_keep(struct receiver *r, const struct slot_job *job,
		 const struct slot_verdict *v, enum failure_outcome outcome);

#endif
