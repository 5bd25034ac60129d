/* SPDX-License-Identifier: MIT */
/*
 * Several messages as one: all of them get into a queue, or none.
 */
#ifndef QUEUE_WHOLE_H
#define QUEUE_WHOLE_H

#include "queue/queue.h"

/*
 * Pushes all payloads under one lock and with one commit, so that no kill can leave a
 * part; each gets an envelope id and emit_seq one above the last. Returns 0 or as
 * queue_push(): -EAGAIN: no room for all of them now; -EMSGSIZE: never, as they need
 * more than half of the ring or are more than it takes, with both numbers in err.
 */
int queue_push_whole(struct queue *q, const struct envelope *e,
		     const struct payload *payloads, size_t len,
		     struct sigslot_error *err);

#endif
