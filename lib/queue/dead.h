/* SPDX-License-Identifier: MIT */
/*
 * The dead ones of a queue: messages that were given up. They are kept in a ring of
 * their own beside it, `NAME.dead`, until somebody reads them or sends them back.
 *
 * The ring is made when the first message dies, and takes any that the queue can hold.
 * When it is full its oldest message goes, counted as dropped. A message that dies is
 * in one of the two rings at every moment, and for a moment in both.
 */
#ifndef QUEUE_DEAD_H
#define QUEUE_DEAD_H

#include "queue/queue.h"

/* What stands before the payload of a dead one; then come `notes` bytes about it. */
struct dead_note {
	uint64_t time_ns; /* wall clock, when it was given up */
	uint32_t attempts;
	uint32_t notes; /* JSON, or nothing */
};

/*
 * Opens the ring of the dead beside the queue `name` in `dir`, and makes it if it is
 * not there. Returns 0 or a negative errno, see queue_create() and queue_open().
 */
int dead_open(int dir, const char *name, struct identity *id, struct queue **ret,
	      struct sigslot_error *err);

/*
 * Adds a message to the dead ones; its payload must be at hand. `notes` say more about
 * it (NULL: nothing). For who then takes it out of its queue. Returns 0; -EAGAIN: all
 * the dead ones are being read; -errno.
 */
int dead_push(struct queue *dead, const struct claim *c, const struct payload *notes,
	      struct sigslot_error *err);

/*
 * Does both for a claim of q. Returns 0; -ESTALE: the lease was lost, and the message
 * may be twice there; another negative errno: it is still leased.
 */
int dead_bury(struct queue *q, struct queue *dead, const struct claim *c,
	      struct sigslot_error *err);

/* Takes the note off a payload that was claimed from the dead. 0 or -EBADMSG. */
int dead_unwrap(struct payload *p, struct dead_note *ret);

/* What dead_retry() has seen: one for all calls of one retry. {0} is a valid one. */
struct dead_seen {
	struct envelope *at;
	size_t len, cap;
};

/*
 * Sends the oldest dead one back to q, where its attempts begin anew; one that is there
 * twice goes once. Returns 1, 0: there is none, or what queue_push() returns.
 */
int dead_retry(struct queue *dead, struct queue *q, struct dead_seen *seen,
	       struct sigslot_error *err);

/* How many there are. 0 as well if there is no such ring. */
uint64_t dead_count(int dir, const char *name);

/* Removes the ring, if there is one. Nobody may have it open. */
int dead_remove(int dir, const char *name, struct sigslot_error *err);

#endif
