/* SPDX-License-Identifier: MIT */
/*
 * What a process has for one queue: messages in the order of their emission, which go
 * out in batches. When the queue is full those whose arrow says `block` wait; the rest
 * does not wait behind them, but is pushed or dropped as its arrow says. The outbox's.
 */
#ifndef WORKER_OUTLET_H
#define WORKER_OUTLET_H

#include "base/buf.h"
#include "base/vec.h"
#include "queue/drop.h"
#include "worker/outbox.h"
#include "worker/warn.h"

struct parcel {
	struct envelope envelope;
	size_t offset, size; /* in the outlet's bytes */
	enum queue_full full; /* FAIL: it is in the queue, and to be told of */
	void *from, *origin;
};

struct outlet {
	struct outlet *next; /* of the outbox */
	struct outbox *box; /* NULL until it is opened */
	uint32_t index; /* of the queue in the routes; NOWHERE: it has gone */
	bool outside; /* of the circle of that queue is who emits */
	char name[64];
	struct queue *queue; /* NULL until the first message for it */
	size_t largest;
	VEC(struct parcel) parcels;
	size_t sent; /* of parcels */
	uint32_t generation; /* of the routes by which all that waits is wanted */
	size_t seen; /* while it is blocked: all from `sent` up to here wait */
	struct buf bytes;
	struct watch space;
	struct timer retry;
	bool blocked, flushing;
	bool held; /* by a stopped process that has the lock, or a full file system */
	uint64_t since; /* when it is blocked: since when, */
	uint64_t stuck; /* and since when nothing went out of it */
	struct gauge gauge;
};

/* Opens the queue of that index of the routes, once. */
int outlet_open(struct outlet *out, struct outbox *o, uint32_t index,
		struct sigslot_error *err);
void outlet_close(struct outlet *out);

/* Finds the index of its queue in other routes. */
void outlet_find(struct outlet *out, const struct routes *r);

/* The name of the queue. */
const char *outlet_name(const struct outlet *out);

/* Makes room for one more message of that size, so that outlet_add() cannot fail. */
int outlet_reserve(struct outlet *out, size_t size);

/* Adds a message like that one. With QUEUE_FAIL it is in the queue already. */
void outlet_add(struct outlet *out, const struct parcel *like, uint32_t full,
		const struct payload *p);

/*
 * Pushes a message into a queue that has room, behind what is on its way there.
 * -ENOBUFS: it has none.
 */
int outlet_push_now(struct outlet *out, const struct parcel *like,
		    const struct payload *p, struct sigslot_error *err);

/* Puts into the queue what fits, and deals with what must not wait. */
void outlet_flush(struct outlet *out);

/*
 * Takes out the oldest `most` of what `from` emitted and is not in its queue: each is
 * told of with that code. Returns how many there were.
 */
size_t outlet_fail(struct outlet *out, const void *from, size_t most, int code);

/* Whether something that `from` emitted waits to go out. */
bool outlet_holds(const struct outlet *out, const void *from);

/* Whether nothing waits to go out. */
static inline bool outlet_empty(const struct outlet *out)
{
	return out->sent == out->parcels.len;
}

#endif
