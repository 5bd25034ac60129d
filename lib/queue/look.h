/* SPDX-License-Identifier: MIT */
/*
 * Looking at what waits in a queue without taking it.
 */
#ifndef QUEUE_LOOK_H
#define QUEUE_LOOK_H

#include "base/buf.h"
#include "queue/queue.h"

/*
 * Copies up to `max` claimable messages, the oldest first; nobody notices. `bytes` gets
 * the payloads, one behind the other, and `out` points into it; a copy cannot be
 * settled. Returns how many: 0 = nothing is due now, and the bell is silent, as after a
 * claim. -ENOMEM, or as of queue_turn().
 */
int queue_look(struct queue *q, struct claim *out, size_t max, struct buf *bytes,
	       struct sigslot_error *err);

/*
 * The wall clock of the oldest message's emit, and its number, without a handle and
 * without the latch. Returns 0; -ENOENT: nothing is there; -EAGAIN: it moved on
 * meanwhile; -errno.
 */
int queue_oldest(int dir, const char *name, uint64_t *ret_time_ns, uint64_t *ret_seq);

#endif
