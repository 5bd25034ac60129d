/* SPDX-License-Identifier: MIT */
/*
 * What becomes of a message that failed in a slot: it is tried again, is dead, or has
 * just failed, as `retry:` and `dead:` say.
 *
 * Tried again is the work of that slot alone: a record of its own in the queue that the
 * message came from, there before the message is acknowledged. Who claims it first
 * gives it back to back off, so that one who has died in between has lost nothing.
 * With `key:` it stays where it is, as what comes after it must not pass by; then a
 * worker that dies begins its tries anew.
 */
#ifndef WORKER_FATE_H
#define WORKER_FATE_H

#include "worker/turn.h"

/* Which attempt of the slot this is, from 1. */
unsigned fate_attempt(const struct record *record);

/* Whether the record has to back off before that receiver gets it; then sees to it. */
bool fate_waits(struct record *record, const struct receiver_id *id);

/*
 * Decides, does it and tells it. Not for what is just not possible now. Returns when
 * the same job has to begin again, as others of its key stand behind it; 0: never.
 */
uint64_t fate_meet(struct receiver *r, struct record *record,
		   const struct receiver_id *id, const struct slot_job *job,
		   const struct slot_verdict *v);

#endif
