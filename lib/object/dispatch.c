/* SPDX-License-Identifier: MIT */
/*
 * Which slots of a loop a message is for.
 */
#include "object/dispatch.h"

static bool direct(struct dispatch *d, struct receiver_id *ret)
{
	uint32_t slot = d->envelope->connection & ~(uint32_t)ROUTE_FLAGS;
	const struct route_name *n = routes_name(d->routes, slot);

	if (d->next++ || !n || n->kind != ROUTE_SLOT)
		return false;
	*ret = (struct receiver_id){slot, d->envelope->sender, d->envelope->signal, 0,
				    0};
	return true;
}

/* Whether the message was emitted while it was there. */
static bool meant(const struct envelope *e, const struct route_target *t)
{
	return e->generation >= t->since && e->generation < t->until;
}

/* If it has gone, that counts. */
static bool stands(struct dispatch *d, const struct route_target *t)
{
	bool spent = t->flags & ROUTE_SPENT;

	if (t->until == ROUTE_FOR_NOW || t->flags & ROUTE_DRAINED)
		return true;
	d->spent += spent;
	d->missed += !spent;
	queue_end_note(d->ends, d->place - 1, spent ? QUEUE_SPENT : QUEUE_CUT_OFF);
	return false;
}

/* A target that is a queue has no slot, and so no name. */
static const struct route_name *via_of(const struct routes *r,
				       const struct route_target *t, uint32_t queue)
{
	const struct route_name *via = t ? routes_name(r, t->via) : NULL;

	return via && routes_name(r, t->slot) && t->queue == queue ? via : NULL;
}

bool dispatch_next(struct dispatch *d, struct receiver_id *ret)
{
	const struct route_name *signal;

	if (d->envelope->connection & ROUTE_DIRECT)
		return direct(d, ret);
	signal = routes_name(d->routes, d->envelope->signal);
	if (!signal || (signal->kind & ~(uint32_t)ROUTE_GONE) != ROUTE_SIGNAL)
		return false;
	while (d->next < signal->targets_len) {
		const struct route_target *t =
			routes_target(d->routes, signal->first_target + d->next++);
		const struct route_name *via = via_of(d->routes, t, d->queue);

		if (!via || !meant(d->envelope, t))
			continue;
		d->place++;
		if (!stands(d, t))
			continue;
		*ret = (struct receiver_id){t->slot, via->object, t->via, t->once,
					    d->place - 1};
		return true;
	}
	return false;
}

unsigned dispatch_accounts(const struct routes *routes, const struct envelope *e,
			   uint32_t queue, struct account_key *out, unsigned max)
{
	const struct route_name *signal = routes_name(routes, e->signal);
	bool direct = e->connection & ROUTE_DIRECT;
	unsigned len = 0;

	for (uint32_t i = 0; !direct && signal && i < signal->targets_len; i++) {
		const struct route_target *t =
			routes_target(routes, signal->first_target + i);

		if (!via_of(routes, t, queue) || !meant(e, t))
			continue;
		if (len < max)
			out[len++] = (struct account_key){t->via, t->slot};
		else
			out[max - 1] = (struct account_key){e->signal, ROUTE_NOBODY};
	}
	if (!len)
		out[len++] = (struct account_key){
			e->signal, direct ? e->connection & ~(uint32_t)ROUTE_FLAGS : 0};
	return len;
}
