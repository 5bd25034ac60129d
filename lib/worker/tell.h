/* SPDX-License-Identifier: MIT */
/*
 * Telling how a message of a slot went: by signals, and in the log.
 */
#ifndef WORKER_TELL_H
#define WORKER_TELL_H

#include "base/buf.h"
#include "worker/turn.h"

/* "object", or "object.slot" where that says more. */
const char *tell_label(const struct receiver *r, char out[static 132]);

/*
 * Emits `finished`, and `failed` if it did, on behalf of the record. job: NULL for a
 * source that has ended.
 */
void tell_outcome(struct receiver *r, const struct slot_job *job, struct record *record,
		  const struct slot_verdict *v);

/*
 * The same for the signal that leads to the queue of `dead:`, with the reason in it.
 * Returns a negative errno if it cannot be emitted.
 */
int tell_dead(struct receiver *r, uint32_t signal, const struct slot_job *job,
	      struct record *record, const struct slot_verdict *v);

/* That text without the payload. Returns 0 or -ENOMEM. */
int tell_note(struct receiver *r, const struct slot_job *job,
	      const struct slot_verdict *v, struct buf *ret);

/* Logs why a message failed, unless that was logged often enough. */
void tell_failure(struct receiver *r, const char *reason);

#endif
