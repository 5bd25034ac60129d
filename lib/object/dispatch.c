/* SPDX-License-Identifier: MIT */
/*
 * Which slots of a loop a message is for.
 */
#include "object/dispatch.h"

static bool direct(struct dispatch *d, struct receiver_id *ret)
{
	uint32_t slot = d->envelope->connection & ~(uint32_t)ROUTE_FLAGS;
	const struct route_name *n = routes_name(d->routes, slot);

	if (d->next++ || !n || n->kind != ROUTE_SLOT || n->queue != d->queue)
		return false;
	*ret = (struct receiver_id){slot, d->envelope->sender, d->envelope->signal, 0};
	return true;
}

/* Whether the message was emitted while it was there; if it has gone, that counts. */
static bool meant(struct dispatch *d, const struct route_target *t)
{
	uint32_t emitted = d->envelope->generation;

	if (emitted < t->since || emitted >= t->until)
		return false;
	if (t->until == ROUTE_FOR_NOW || t->flags & ROUTE_DRAINED)
		return true;
	if (t->flags & ROUTE_SPENT)
		d->spent++;
	else
		d->missed++;
	return false;
}

bool dispatch_next(struct dispatch *d, struct receiver_id *ret)
{
	const struct route_name *signal;

	if (d->envelope->connection & ROUTE_DIRECT)
		return direct(d, ret);
	signal = routes_name(d->routes, d->envelope->signal);
	if (!signal || signal->kind != ROUTE_SIGNAL)
		return false;
	while (d->next < signal->targets_len) {
		const struct route_target *t =
			routes_target(d->routes, signal->first_target + d->next++);
		const struct route_name *via =
			t ? routes_name(d->routes, t->via) : NULL;

		/* a target that is a queue has no slot, and so no name */
		if (!via || !routes_name(d->routes, t->slot) || t->queue != d->queue ||
		    !meant(d, t))
			continue;
		*ret = (struct receiver_id){t->slot, via->object, t->via, t->once};
		return true;
	}
	return false;
}
