/* SPDX-License-Identifier: MIT */
/*
 * Letters: what `dead: QUEUE` has put into a queue, objects that say what died, where
 * and why. They can go back to the slots that they died in.
 */
#ifndef API_LETTERS_H
#define API_LETTERS_H

#include "api/named.h"

/*
 * Sends up to `max` letters of `home`, the queue beside whose dead ones q is opened, to
 * their slots, the oldest first; other messages stay where they are. Counts them in
 * *sent. Returns 0; -EAGAIN: no room now; what queue_push() returns.
 */
int letters_send(struct sigslot_queue *q, struct queue *home, uint64_t max,
		 uint64_t *sent, struct sigslot_error *err);

#endif
