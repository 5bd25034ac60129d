/* SPDX-License-Identifier: MIT */
/*
 * What the plan has no more, and no worker has to work off any more, is removed; what
 * it has elsewhere gets there.
 */
#ifndef SUPERVISOR_RETIRE_H
#define SUPERVISOR_RETIRE_H

#include "supervisor/super.h"

/* How many messages are in a queue; whether a named one has takers that run. */
uint64_t retire_queued(const struct supervisor *s, const char *name);
bool retire_taken(const struct supervisor *s, const char *name);

/*
 * Whether nothing is lost with what `next` has no more, which is marked. 0, or -EBUSY
 * with whose messages nobody would take.
 */
int retire_judge(const struct supervisor *s, const struct plan *next,
		 struct sigslot_error *err);

/* A loop is where the plan has it, and has not been started. */
void retire_renew(struct supervisor *s, uint32_t loop);

/*
 * All that is marked as nobody's, see pass_mark(). What is left in its queues is told
 * of, counted, and dropped. Then processes start that have what nobody runs.
 */
void retire_all(struct supervisor *s);

#endif
