/* SPDX-License-Identifier: MIT */
/*
 * What happens to a message that a queue has no room for: the `full:` of a connection.
 *
 * A signal never harms another one: what makes way are its own messages, and only
 * those that nobody has claimed. A queue for taps is nobody's, so all make way there.
 * Whatever is dropped is counted in the queue, by reason.
 */
#ifndef QUEUE_DROP_H
#define QUEUE_DROP_H

#include "queue/queue.h"

enum queue_full {
	QUEUE_BLOCK, /* the emitter waits */
	QUEUE_DROP_NEW, /* the new message goes */
	QUEUE_DROP_OLD, /* the oldest ones that wait make way */
	QUEUE_LATEST, /* no more than the newest one waits, also where there is room */
	QUEUE_FAIL, /* the emitter is told at once */
	QUEUE_FULLS, /* how many a connection may say */
	/* any old ones make way, and nothing that happens concerns the emitter */
	QUEUE_TAP = QUEUE_FULLS,
};

/* "block", "drop-new", ...; NULL for what is none. And back: QUEUE_FULLS. */
const char *queue_full_text(unsigned full);
enum queue_full queue_full_find(const char *text);

/* Messages of one signal, as for queue_push_many(). */
struct queue_batch {
	const struct envelope *envelope;
	const struct payload *payloads;
	size_t len;
	bool outside; /* with BLOCK: half of the ring is left to those in a circle */
};

/*
 * queue_push_many(), and where there is no room, what `full` says. *ret_done of them
 * are in the queue, or dropped and counted. -EAGAIN: wait (BLOCK), or give up (FAIL).
 * With TAP all are done, whatever happens.
 */
int queue_push_full(struct queue *q, enum queue_full full, const struct queue_batch *b,
		    size_t *ret_done, struct sigslot_error *err);

/*
 * Does what `full` says about a message of `size` bytes of that signal, for which there
 * was no room. Returns 1: something made way, push again; 0: the message is dropped,
 * and counted; -EAGAIN: wait (BLOCK), or give up (FAIL, counted); -EBADMSG, -EINVAL,
 * -ETIMEDOUT as of queue_push().
 */
int queue_relieve(struct queue *q, enum queue_full full, uint32_t signal, size_t size);

/* How many a queue's counts say that this policy dropped. */
uint64_t queue_dropped_by(const struct queue_counts *n, enum queue_full full);

/* For LATEST, after a push: of the messages of that signal only the newest waits on. */
int queue_supersede(struct queue *q, uint32_t signal);

#endif
