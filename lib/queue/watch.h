/* SPDX-License-Identifier: MIT */
/*
 * Watching what goes through a queue, from outside: nobody knows of it, waits for it or
 * does anything for it.
 *
 * It maps the ring read-only, takes no latch and copies what was pushed. Nothing is
 * kept for it: what was overwritten before it was copied is counted by the numbers that
 * are missing. A copy counts only with the right checksum, so what is torn is no
 * message.
 */
#ifndef QUEUE_WATCH_H
#define QUEUE_WATCH_H

#include "queue/queue.h"

struct watch;

/* Begins behind the newest message of the queue `name` in `dir`. Errors as to open. */
int watch_open(int dir, const char *name, struct watch **ret,
	       struct sigslot_error *err);
void watch_close(struct watch *w);

/*
 * Copies the next message that was pushed, whatever became of it since; the payload
 * lives until the next call. A copy cannot be settled; its attempt is how often it has
 * been claimed so far. Returns 1; 0: there is none yet; -EBADMSG; -ENOMEM.
 */
int watch_next(struct watch *w, struct claim *ret, struct sigslot_error *err);

/*
 * The same of the next message that was claimed once more, as who had it died or gave
 * it back as tried; its attempt is the which this is. It is there while it is held, and
 * until its place is swept: what was done before that is missed.
 */
int watch_again(struct watch *w, struct claim *ret, struct sigslot_error *err);

/* How many were not seen of these two, since the last time that this was asked. */
uint64_t watch_missed(struct watch *w);

/* The same of those that had no room in the queue, and were dropped for that. */
uint64_t watch_refused(struct watch *w);

/* Whether the queue has been removed. */
bool watch_gone(const struct watch *w);

#endif
