/* SPDX-License-Identifier: MIT */
/*
 * What a worker has made of the routes is made again: which queues it takes from, for
 * which slots, and who wants to know how a message went.
 */
#include "worker/renew.h"

#include <string.h>

#include "base/log.h"
#include "worker/receiver.h"
#include "worker/turn.h"

struct intake *renew_add_intake(struct turn *t, uint32_t queue,
				struct sigslot_error *err)
{
	struct intake *in = calloc(1, sizeof(*in)), **at = vec_add(&t->intakes);

	if (!in || !at || intake_init(in, t, queue, err) < 0) {
		t->intakes.len -= !!at;
		free(in);
		return NULL;
	}
	*at = in;
	return in;
}

/* A queue has another index when loops have come; its name is its own. */
static struct intake *find_intake(struct turn *t, uint32_t queue,
				  struct sigslot_error *err)
{
	const struct routes *r = t->worker->world->routes;
	const char *name = routes_text(r, routes_queue(r, queue)->name);

	vec_each(in, &t->intakes) {
		if (!(*in)->named || strcmp((*in)->name, name) != 0)
			continue;
		(*in)->index = queue;
		return *in;
	}
	return renew_add_intake(t, queue, err);
}

/* The slots of this worker behind one queue. */
static int add_takers(struct worker *w, uint32_t queue, struct sigslot_error *err)
{
	const struct world *world = w->world;
	const struct routes *r = world->routes;
	const char *name = routes_text(r, routes_queue(r, queue)->name);
	const struct route_name *n =
		routes_name(r, routes_find(r, name, "", ROUTE_OBJECT));
	int code = 0;

	for (uint32_t i = 0; n && code == 0 && i < n->targets_len; i++) {
		const struct route_target *t = routes_target(r, n->first_target + i);
		struct turn *turn =
			t->queue < world->plan->loops_len ? w->turns[t->queue] : NULL;
		struct intake *in = turn ? find_intake(turn, queue, err) : NULL;

		if (turn)
			code = in ? intake_add_taker(in, t->slot) : -EIO;
	}
	return code;
}

/* Until it is found again. */
static void forget_takers(struct intake *in)
{
	in->takers.len = 0;
	if (in->named)
		in->index = ROUTE_NOWHERE;
}

/* One that nobody stands behind any more takes nothing, as nobody is free. */
int renew_intakes(struct worker *w, struct sigslot_error *err)
{
	const struct plan *p = w->world->plan;
	const struct routes *routes = w->world->routes;
	uint32_t first = routes_loops_len(routes);
	int r = 0;

	for (uint32_t i = 0; i < p->loops_len; i++)
		if (w->turns[i])
			vec_each(in, &w->turns[i]->intakes)
				forget_takers(*in);
	for (uint32_t i = first; r == 0 && i < routes_queues_len(routes); i++)
		if (routes_queue(routes, i)->flags & ROUTE_NAMED)
			r = add_takers(w, i, err);
	for (uint32_t i = 0; i < p->loops_len; i++)
		if (w->turns[i])
			vec_each(in, &w->turns[i]->intakes)
				intake_pace(*in);
	return r;
}

void renew_worker(struct worker *w)
{
	struct sigslot_error err = {0};
	int r = world_renew(w->world, &err);

	if (r == 0)
		r = outbox_renew(&w->outbox);
	if (r == 0)
		r = renew_intakes(w, &err);
	if (r < 0)
		log_line("sigslot", "process '%s' keeps old connections: %s",
			 w->world->plan->processes[w->index].name,
			 *err.text ? err.text : "out of memory");
	for (uint32_t i = 0; i < w->world->plan->loops_len; i++) {
		if (!w->turns[i])
			continue;
		once_forget(w->turns[i]);
		if (!w->turns[i]->current)
			walk_forget(&w->turns[i]->walk);
		vec_each(receiver, &w->turns[i]->receivers)
			receiver_heed(*receiver);
		turn_pump_later(w->turns[i]);
	}
}

void renew_for(struct worker *w, const struct envelope *e)
{
	bool newer =
		e->generation > w->world->generation && !(e->connection & ROUTE_AGAIN);

	if (newer || world_stale(w->world))
		renew_worker(w);
}
