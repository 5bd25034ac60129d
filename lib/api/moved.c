/* SPDX-License-Identifier: MIT */
/*
 * Each slot gets a message of its own, by its address.
 */
#include "api/moved.h"

#include <string.h>

#include "base/fd.h"
#include "state/runtime.h"

struct moving {
	struct sigslot_emitter *e;
	const char *from; /* the queue that is shut */
	struct routes *now;
	const struct envelope *like;
	const struct payload *payloads;
	size_t len;
	struct sigslot_error *err;
};

static int push_into(const struct moving *m, const char *name, uint32_t slot)
{
	struct envelope v = *m->like;
	struct queue *q = NULL;
	_close_ int dir = -1;
	size_t done;
	int r = runtime_subdir(m->e->in.dir, "q", false, &dir, m->err);

	v.connection = ROUTE_DIRECT | slot;
	v.generation = routes_generation(m->now);
	if (r == 0)
		r = queue_open(dir, name, m->e->identity, &q, m->err);
	if (r == 0)
		r = queue_push_many(q, &v, m->payloads, m->len, &done, m->err);
	queue_close(q);
	return r;
}

/* 1: it is not on any loop any more. */
static int push_to_slot(const struct moving *m, uint32_t slot)
{
	const struct route_name *n = routes_name(m->now, slot);
	const struct route_queue *q =
		n && n->kind == ROUTE_SLOT ? routes_queue(m->now, n->queue) : NULL;

	if (!q || q->flags & ROUTE_NAMED)
		return 1;
	if (strcmp(routes_text(m->now, q->name), m->from) == 0)
		return -ESHUTDOWN;
	return push_into(m, routes_text(m->now, q->name), slot);
}

/* Whether the newest routes have it, too. */
static bool stands(const struct moving *m, uint32_t signal,
		   const struct route_target *t)
{
	const struct route_name *n = routes_name(m->now, signal);

	for (uint32_t i = 0; n && i < n->targets_len; i++) {
		const struct route_target *o =
			routes_target(m->now, n->first_target + i);
		const struct route_queue *q = o ? routes_queue(m->now, o->queue) : NULL;

		if (q && o->until == ROUTE_FOR_NOW && o->slot == t->slot &&
		    o->via == t->via &&
		    (t->slot || strcmp(routes_text(m->now, q->name), m->from) == 0))
			return true;
	}
	return false;
}

/* What the signal led to on that queue. */
static int push_to_all(const struct moving *m, uint32_t signal,
		       const struct route_queue *from)
{
	const struct routes *old = m->e->in.routes;
	const struct route_name *n = routes_name(old, signal);
	int r = 0;

	for (uint32_t i = 0; r >= 0 && i < n->targets_len; i++) {
		const struct route_target *t = routes_target(old, n->first_target + i);

		if (!t || t->until != ROUTE_FOR_NOW ||
		    routes_queue(old, t->queue) != from || !stands(m, signal, t))
			continue;
		r = t->slot ? push_to_slot(m, t->slot) : -ESHUTDOWN;
	}
	return r < 0 ? r : 0;
}

int moved_push(struct sigslot_emitter *e, unsigned i, const struct envelope *like,
	       const struct payload *payloads, size_t len, struct sigslot_error *err)
{
	const struct receiver *to = &e->receivers[i];
	const struct route_name *n = routes_name(e->in.routes, to->name);
	struct moving m = {.e = e,
			   .from = routes_text(e->in.routes, to->route->name),
			   .like = like,
			   .payloads = payloads,
			   .len = len,
			   .err = err};
	int r;

	if (!n || routes_open(e->in.dir, &m.now, NULL) < 0)
		return -ESHUTDOWN;
	if (n->kind == ROUTE_SIGNAL)
		r = push_to_all(&m, to->name, to->route);
	else
		r = n->kind == ROUTE_SLOT ? push_to_slot(&m, to->name) : -ESHUTDOWN;
	routes_close(m.now);
	return r == 1 ? -ESHUTDOWN : r;
}
