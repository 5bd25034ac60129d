/* SPDX-License-Identifier: MIT */
/*
 * An emitter, opened: what sigslot_emit() works on.
 */
#ifndef API_EMITTER_H
#define API_EMITTER_H

#include "api/cycle.h"
#include "api/instance.h"
#include "base/buf.h"
#include "message/type.h"
#include "queue/drop.h"
#include "route/route.h"

struct receiver {
	struct queue *queue;
	const struct route_queue *route;
	enum queue_full full;
	uint32_t name; /* of the emitter's, the one that leads here */
};

struct sigslot_emitter {
	struct instance in;
	const struct board
		*board; /* tells of newer routes; NULL: a free-standing queue */
	struct identity *identity;
	struct type *type;
	const char *own_loop; /* of the command that we are, or NULL */
	uint32_t name; /* id of the signal, slot or queue; of the first replica */
	struct address group; /* whose replicas they are; "": there is but one */
	bool direct; /* a slot or a queue */
	struct receiver *receivers; /* those that may fail first */
	unsigned receivers_len, taps; /* so many of them are for taps alone */
	const struct route_queue *smallest; /* of their queues */
	uint64_t emitted;
	struct cycle cycle;
	struct buf payload;
};

/*
 * The id of NAME[.MEMBER], or ROUTE_NOBODY; a lone name may be a signal of the object
 * that we run in. With routes.
 */
uint32_t emitter_look_up(const struct instance *in, const struct address *a);

/* The same of the n-th replica, from 1 on, of what a plain name stands for. */
uint32_t emitter_look_up_replica(const struct instance *in, const struct address *a,
				 uint32_t n);

/*
 * Fails with -ESHUTDOWN if the instance is dead, or is draining and we are none of its
 * slots: those may go on to feed it.
 */
int emitter_check(struct sigslot_emitter *e, struct sigslot_error *err);

/* Opens the receivers anew if there are newer routes. Returns 0 or a negative errno. */
int emitter_renew(struct sigslot_emitter *e, struct sigslot_error *err);

/* Whether the newest routes do not lead to receiver i any more. */
bool emitter_lost(const struct sigslot_emitter *e, unsigned i);

#endif
