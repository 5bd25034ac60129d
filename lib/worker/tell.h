/* SPDX-License-Identifier: MIT */
/*
 * Telling how a message of a slot went: by signals, and in the log.
 */
#ifndef WORKER_TELL_H
#define WORKER_TELL_H

#include "worker/turn.h"

/* "object", or "object.slot" where that says more. */
const char *tell_label(const struct receiver *r, char out[static 132]);

/*
 * Emits `finished`, and `failed` if it did, on behalf of the record. job: NULL for a
 * source that has ended.
 */
void tell_outcome(struct receiver *r, const struct slot_job *job, struct record *record,
		  const struct slot_verdict *v);

/* Logs why a message failed, unless that was logged often enough. */
void tell_failure(struct receiver *r, const char *reason);

#endif
