/* SPDX-License-Identifier: MIT */
/*
 * What a process emits: one copy for the outlet of each queue that it reaches.
 */
#include "worker/outbox.h"

#include <stdlib.h>

#include "worker/outlet.h"

void outbox_init(struct outbox *o, const struct world *w, struct loop *loop,
		 struct identity *id)
{
	o->world = w;
	o->loop = loop;
	o->identity = id;
}

void outbox_done(struct outbox *o)
{
	loop_later_cancel(&o->flush);
	while (o->open) {
		struct outlet *out = o->open;

		o->open = out->next;
		outlet_close(out);
		free(out);
	}
	free(o->outlets);
	o->outlets = NULL;
}

/* One whose queue has gone is kept until what it holds is told of. */
static bool over(struct outlet *out)
{
	return out->index == ROUTE_NOWHERE && outlet_empty(out) && !out->flushing;
}

int outbox_renew(struct outbox *o)
{
	uint32_t len = routes_queues_len(o->world->routes);
	struct outlet **outlets = calloc(2 * len, sizeof(*outlets)), **at = &o->open;

	free(o->outlets);
	o->outlets = outlets;
	o->len = outlets ? 2 * len : 0;
	if (!outlets)
		return -ENOMEM;
	while (*at) {
		struct outlet *out = *at;

		outlet_find(out, o->world->routes);
		if (over(out)) {
			*at = out->next;
			outlet_close(out);
			free(out);
			continue;
		}
		if (out->index != ROUTE_NOWHERE)
			outlets[2 * out->index + out->outside] = out;
		at = &out->next;
	}
	return 0;
}

void outbox_flush(struct outbox *o)
{
	loop_later_cancel(&o->flush);
	for (struct outlet *out = o->open; out; out = out->next)
		outlet_flush(out);
}

void outbox_drop(struct outbox *o, void *from)
{
	for (struct outlet *out = o->open; out; out = out->next)
		outlet_fail(out, from, SIZE_MAX, -ESHUTDOWN);
}

static void flush_later(struct later *l)
{
	outbox_flush(container_of(l, struct outbox, flush));
}

/* Who emits from outside of a circle leaves half of its queues to who is in it. */
static bool outside(const struct outbox *o, const struct route_name *signal,
		    uint32_t queue)
{
	const struct routes *r = o->world->routes;
	uint32_t circle = routes_queue(r, queue)->flags / ROUTE_CIRCLE;
	const struct route_name *object =
		circle ? routes_name(r, signal->object) : NULL;
	const struct route_queue *home = object ? routes_queue(r, object->queue) : NULL;

	return circle && (!home || home->flags / ROUTE_CIRCLE != circle);
}

/* Where it waits: those in a circle must not wait behind those outside. */
static uint32_t place_of(const struct outbox *o, const struct route_name *signal,
			 uint32_t queue)
{
	return 2 * queue + outside(o, signal, queue);
}

static struct outlet *outlet_of(const struct outbox *o, const struct route_name *signal,
				uint32_t queue)
{
	return o->outlets[place_of(o, signal, queue)];
}

/* As many as are used: one for every queue would be memory of each process. */
static struct outlet *find_outlet(struct outbox *o, const struct route_name *signal,
				  uint32_t queue)
{
	uint32_t place = place_of(o, signal, queue);
	struct outlet *out;

	if (!o->outlets && outbox_renew(o) < 0)
		return NULL;
	out = place < o->len ? o->outlets[place] : NULL;
	if (out || place >= o->len)
		return out;
	out = calloc(1, sizeof(*out));
	if (!out)
		return NULL;
	out->outside = place % 2;
	out->next = o->open;
	o->open = o->outlets[place] = out;
	return out;
}

/* All receivers must be able to take it before any of them gets it. */
static int admit(struct outbox *o, const struct route_name *n, const struct payload *p,
		 struct sigslot_error *err)
{
	for (uint32_t i = 0; i < n->reaches_len; i++) {
		const struct route_reach *reach =
			routes_reach(o->world->routes, n->first_reach + i);
		struct outlet *out;
		int r;

		if (!reach || !routes_queue(o->world->routes, reach->queue))
			return fail(err, -EBADMSG,
				    "the routes of this instance are damaged");
		out = find_outlet(o, n, reach->queue);
		if (!out)
			return fail(err, -ENOMEM, "out of memory");
		r = outlet_open(out, o, reach->queue, err);
		if (r < 0)
			return r;
		if (p->size > out->largest && reach->full != QUEUE_TAP)
			return fail(err, -EMSGSIZE,
				    "a message of %zu bytes is too big for queue '%s', "
				    "which takes %zu: give it a larger `queue: {size: "
				    "...}`",
				    p->size, outlet_name(out), out->largest);
		if (outlet_reserve(out, p->size) < 0)
			return fail(err, -ENOMEM, "out of memory");
	}
	return 0;
}

/* Those that may fail come first: then nobody else has it yet. 1: there were such. */
static int push_all_now(struct outbox *o, const struct route_name *n,
			const struct parcel *like, const struct payload *p,
			struct sigslot_error *err)
{
	int r = 0, some = 0;

	for (uint32_t i = 0; r == 0 && i < n->reaches_len; i++) {
		const struct route_reach *reach =
			routes_reach(o->world->routes, n->first_reach + i);

		if (reach->full != QUEUE_FAIL)
			continue;
		some = 1;
		r = outlet_push_now(outlet_of(o, n, reach->queue), like, p, err);
	}
	return r < 0 ? r : some;
}

int outbox_emit(struct outbox *o, uint32_t signal, const struct payload *p, void *from,
		void *origin, struct sigslot_error *err)
{
	const struct world *w = o->world;
	uint32_t id = w->signal_ids[signal];
	const struct route_name *n = routes_name(w->routes, id);
	struct parcel parcel = {
		.envelope = {.id = (uint64_t)identity_slot(o->identity) << 51 |
				   (uint64_t)identity_generation(o->identity) << 33 |
				   o->emitted,
			     .emit_seq = o->emitted,
			     .sender = n->object,
			     .signal = id,
			     .generation = routes_generation(w->routes)},
		.size = p->size,
		.from = from,
		.origin = origin,
	};
	int r = admit(o, n, p, err);

	if (r < 0)
		return r;
	o->emitted++;
	r = push_all_now(o, n, &parcel, p, err);
	if (r > 0) /* others may have emitted meanwhile */
		r = admit(o, n, p, err);
	if (r < 0)
		return r;
	for (uint32_t i = 0; i < n->reaches_len; i++) {
		const struct route_reach *reach =
			routes_reach(w->routes, n->first_reach + i);

		outlet_add(outlet_of(o, n, reach->queue), &parcel, reach->full, p);
	}
	if (n->reaches_len)
		loop_later(o->loop, &o->flush, flush_later);
	return (int)n->reaches_len;
}

bool outbox_empty(const struct outbox *o)
{
	for (const struct outlet *out = o->open; out; out = out->next)
		if (!outlet_empty(out))
			return false;
	return true;
}

struct outlet *outbox_waiting(const struct outbox *o, const void *from)
{
	for (struct outlet *out = o->open; out; out = out->next)
		if (out->blocked && outlet_holds(out, from))
			return out;
	return NULL;
}

uint32_t outbox_behind(const struct outbox *o, const void *from)
{
	const struct outlet *out = outbox_waiting(o, from);

	return out ? out->index : UINT32_MAX;
}

unsigned outbox_blocked(const struct outbox *o, const char **out, unsigned max)
{
	unsigned found = 0;

	for (const struct outlet *at = o->open; at && found < max; at = at->next)
		if (at->blocked)
			out[found++] = outlet_name(at);
	return found;
}
