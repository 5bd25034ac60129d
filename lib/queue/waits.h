/* SPDX-License-Identifier: MIT */
/*
 * Which scripts wait for room in which queue, and which loop waits for them: notes in
 * the file `waits` of an instance, by the place of the process that waits.
 *
 * Only who waits writes and reads them. A note counts while its process lives, whatever
 * it leaves behind.
 */
#ifndef QUEUE_WAITS_H
#define QUEUE_WAITS_H

#include <stdint.h>

#include "queue/identity.h"

struct wait_note {
	uint64_t since; /* monotonic; 0: it waits no more */
	uint32_t generation, slot; /* of its process: filled in here */
	char loop[64]; /* that waits for the command which waits */
	char queue[64]; /* that has no room */
};

/* Puts down the note of this process. Returns 0 or a negative errno. */
int waits_publish(int dir, const struct identity *id, const struct wait_note *note);

/* Takes it back. */
void waits_withdraw(int dir, const struct identity *id);

/*
 * Copies up to `max` notes of living processes. Returns how many: 0, also if nobody
 * ever waited.
 */
unsigned waits_read(int dir, const struct identity *id, struct wait_note *out,
		    unsigned max);

#endif
