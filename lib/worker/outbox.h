/* SPDX-License-Identifier: MIT */
/*
 * What a process emits, on its way into the queues of the receivers.
 *
 * Emitting never blocks: messages wait here, per queue and in order, and go out in
 * batches at the end of the round, or when a full queue has room again; or they are
 * dropped, as `full:` of their arrow says. The owner is told of each, and decides when
 * to take less in. One thread.
 */
#ifndef WORKER_OUTBOX_H
#define WORKER_OUTBOX_H

#include <stddef.h>
#include <stdint.h>

#include "loop/loop.h"
#include "queue/queue.h"
#include "worker/world.h"

struct outlet;

struct outbox {
	const struct world *world;
	struct loop *loop;
	struct identity *identity;
	/* two by each queue of the routes, see place_of(); NULL: not needed yet */
	struct outlet **outlets;
	uint32_t len; /* of these; 0: none needed yet, or there was no memory */
	struct outlet *open; /* all that there are */
	struct later flush;
	uint64_t emitted;

	/*
	 * One copy of a message has left: code 0, also for one that `full:` dropped and
	 * the queue counts; or -ENOTCONN: nobody is connected any more; -ESHUTDOWN,
	 * -EMSGSIZE, -EDEADLK, -errno: it is lost. `origin` and
	 * `from` are as given to outbox_emit().
	 */
	void (*left)(struct outbox *, void *from, void *origin, size_t size, int code);
	void (*full)(struct outbox *); /* something waits, now and then; may be NULL */
	void (*stale)(
		struct outbox *); /* meanwhile there are new routes; may be NULL */
};

void outbox_init(struct outbox *o, const struct world *w, struct loop *loop,
		 struct identity *id);
void outbox_done(struct outbox *o);

/*
 * Emits plan signal `signal`. The payload is copied. Returns how many copies are on
 * their way, each of which will be told of; -EMSGSIZE: too big for a receiver;
 * -ENOBUFS: a queue whose arrow says `fail` is full; -ENOMEM, or why a queue cannot be
 * opened. With an error, in err, nobody gets it, unless several arrows say `fail`.
 */
int outbox_emit(struct outbox *o, uint32_t signal, const struct payload *p, void *from,
		void *origin, struct sigslot_error *err);

/* The routes of the world are others now. -ENOMEM: nothing can be emitted. */
int outbox_renew(struct outbox *o);

/* Drops what `from` emitted and is not in its queue: left() is told -ESHUTDOWN. */
void outbox_drop(struct outbox *o, void *from);

/* Puts into the queues what fits. */
void outbox_flush(struct outbox *o);

/* Whether nothing is on its way. */
bool outbox_empty(const struct outbox *o);

/* The outlet of a full queue that something of `from` waits for; NULL: none. */
struct outlet *outbox_waiting(const struct outbox *o, const void *from);

/* The index of a full queue that something of `from` waits for; UINT32_MAX: none. */
uint32_t outbox_behind(const struct outbox *o, const void *from);

/* The names of the queues that are full, for people: how many were written to out. */
unsigned outbox_blocked(const struct outbox *o, const char **out, unsigned max);

#endif
