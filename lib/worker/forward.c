/* SPDX-License-Identifier: MIT */
/*
 * It is in the other queue before it leaves this one, so a kill in between repeats it.
 */
#include "worker/forward.h"

#include "base/log.h"

const struct route_queue *forward_home(const struct turn *t, uint32_t slot)
{
	const struct routes *r = t->walk.routes;
	const struct route_name *n = routes_name(r, slot);

	if (!n || n->kind != ROUTE_SLOT || n->queue == t->index ||
	    n->queue >= routes_loops_len(r))
		return NULL;
	return routes_queue(r, n->queue);
}

int forward_record(struct turn *t, const struct record *r, const struct station *at)
{
	const struct route_queue *home = forward_home(t, at->id.slot);
	struct envelope e = r->claim.envelope;
	struct sigslot_error err = {0};
	struct queue *q = NULL;
	int code;

	if (!home)
		return 0;
	if (!(e.connection & ROUTE_DIRECT)) {
		e.connection = ROUTE_DIRECT | at->id.slot;
		e.sender = at->id.sender;
		e.signal = at->id.signal;
	}
	code = queue_open(t->worker->world->queues,
			  routes_text(t->walk.routes, home->name), t->worker->identity,
			  &q, &err);
	if (code == 0)
		code = queue_push(q, &e, r->claim.payload.data, r->claim.payload.size,
				  &err);
	queue_close(q);
	if (code < 0 && code != -EAGAIN)
		log_line(t->board->name, "%s", err.text);
	return code < 0 ? code : 1;
}
