/* SPDX-License-Identifier: MIT */
/*
 * Who waits for whom. What is read here may have been written by anybody.
 */
#include "worker/flow.h"

#include <stdio.h>
#include <string.h>

static bool called(const char *field, const char *name)
{
	return strncmp(field, name, sizeof(((struct board_loop *)0)->name)) == 0;
}

/* The board may have more by now. */
uint32_t flow_loops(const struct flow *f)
{
	uint32_t loops = routes_loops_len(f->routes);

	return loops < f->board->loops_room ? loops : f->board->loops_room;
}

uint32_t flow_loop(const struct flow *f, const char *name)
{
	for (uint32_t i = 0; i < flow_loops(f); i++)
		if (called(f->board->loops[i].name, name))
			return i;
	return FLOW_NONE;
}

uint32_t flow_queue(const struct flow *f, const char *name)
{
	const struct routes *r = f->routes;
	const struct route_name *n =
		routes_name(r, routes_find(r, name, "", ROUTE_OBJECT));

	return n && routes_queue(r, n->queue) ? n->queue : FLOW_NONE;
}

const char *flow_name(const struct flow *f, uint32_t queue)
{
	const struct route_queue *q = routes_queue(f->routes, queue);

	return q ? routes_text(f->routes, q->name) : "";
}

/* The queues of loops come first in the routes, in the order of the board. */
static uint32_t loop_of(const struct flow *f, uint32_t queue)
{
	return queue < flow_loops(f) &&
			       called(f->board->loops[queue].name, flow_name(f, queue))
		       ? queue
		       : FLOW_NONE;
}

uint32_t flow_taker(const struct flow *f, uint32_t queue, uint32_t i)
{
	const struct routes *r = f->routes;
	const struct route_queue *q = routes_queue(r, queue);
	const struct route_name *n;
	const struct route_target *t;

	if (!q)
		return FLOW_NONE;
	if (!(q->flags & ROUTE_NAMED))
		return i ? FLOW_NONE : loop_of(f, queue);
	n = routes_name(r, routes_find(r, routes_text(r, q->name), "", ROUTE_OBJECT));
	t = n && i < n->targets_len ? routes_target(r, n->first_target + i) : NULL;
	return t ? loop_of(f, t->queue) : FLOW_NONE;
}

uint32_t flow_only_taker(const struct flow *f, uint32_t queue)
{
	uint32_t found = flow_taker(f, queue, 0), next;

	for (uint32_t i = 1; (next = flow_taker(f, queue, i)) != FLOW_NONE; i++)
		if (next != found)
			return FLOW_NONE;
	return found;
}

uint32_t flow_behind(const struct flow *f, uint32_t loop)
{
	uint32_t behind = f->board->loops[loop].behind;

	return behind && routes_queue(f->routes, behind - 1) ? behind - 1 : FLOW_NONE;
}

void flow_slot(const struct flow *f, uint32_t loop, char out[static 132])
{
	uint32_t slot = f->board->loops[loop].slot;
	const struct route_name *n = slot ? routes_name(f->routes, slot) : NULL;

	*out = '\0';
	if (n)
		snprintf(out, 132, "%s.%s", routes_text(f->routes, n->owner),
			 routes_text(f->routes, n->member));
}
