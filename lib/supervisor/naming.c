/* SPDX-License-Identifier: MIT */
/*
 * From the plan's indexes to the ids of the instance: names, queues and targets become
 * the next snapshot of the routes.
 */
#include "supervisor/naming.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queue/drop.h"
#include "route/build.h"
#include "supervisor/draft.h"
#include "supervisor/guest.h"
#include "supervisor/spell.h"
#include "worker/worker.h"

void draft_name(struct naming *n, uint32_t *ret, enum route_kind kind,
		const char *owner, const char *member, const char *type, uint32_t queue)
{
	int64_t id;

	if (n->known) {
		*ret = routes_find(n->known, owner, member, kind)
			       ?: routes_find(n->known, owner, member,
					      kind | ROUTE_GONE);
		return;
	}
	id = route_build_name(&n->build, kind, owner, member, type, queue);
	if (id < 0)
		n->error = -ENOMEM;
	else
		*ret = (uint32_t)id;
}

static void own(struct naming *n, uint32_t member, uint32_t owner)
{
	if (!n->error && !n->known)
		n->build.names.at[member].object = owner;
}

static uint32_t owner_id(const struct naming *n, enum plan_owner owner, uint32_t index)
{
	const uint32_t *ids[] = {
		[PLAN_OBJECT] = n->world->object_ids,
		[PLAN_LOOP] = n->world->loop_ids,
		[PLAN_PROCESS] = n->world->process_ids,
	};

	return ids[owner][index];
}

/* An object of the short form shares its name with its loop, and so an id. */
static void name_owners(struct naming *n)
{
	const struct plan *p = n->plan;

	for (uint32_t i = 0; i < p->loops_len; i++)
		if (*p->loops[i].name)
			draft_name(n, &n->world->loop_ids[i], ROUTE_OBJECT,
				   p->loops[i].name, "", "any", i);
	for (uint32_t i = 0; i < p->processes_len; i++)
		if (*p->processes[i].name)
			draft_name(n, &n->world->process_ids[i], ROUTE_OBJECT,
				   p->processes[i].name, "", "any",
				   world_control(n->world));
	for (uint32_t i = 0; i < p->objects_len; i++) {
		uint32_t loop = p->objects[i].loop, *id = &n->world->object_ids[i];

		if (strcmp(p->objects[i].name, p->loops[loop].name) == 0)
			*id = n->world->loop_ids[loop];
		else
			draft_name(n, id, ROUTE_OBJECT, p->objects[i].name, "", "any",
				   loop);
	}
}

static void name_members(struct naming *n)
{
	const struct plan *p = n->plan;
	char text[72];

	for (uint32_t i = 0; i < p->signals_len; i++) {
		const struct plan_signal *s = &p->signals[i];

		draft_name(n, &n->world->signal_ids[i], ROUTE_SIGNAL,
			   plan_owner_name(p, s->owner, s->owned_by),
			   spell_member(p, s->owner, s->owned_by, s->name, text),
			   s->type, ROUTE_NOWHERE);
		own(n, n->world->signal_ids[i], owner_id(n, s->owner, s->owned_by));
	}
	for (uint32_t i = 0; i < p->slots_len; i++) {
		const struct plan_slot *s = &p->slots[i];
		uint32_t queue =
			s->loop == PLAN_NONE ? world_control(n->world) : s->loop;

		if (s->kind == PLAN_SOURCE)
			continue;
		draft_name(n, &n->world->slot_ids[i], ROUTE_SLOT,
			   plan_owner_name(p, s->owner, s->owned_by),
			   spell_member(p, s->owner, s->owned_by, s->name, text),
			   s->type, queue);
		own(n, n->world->slot_ids[i], owner_id(n, s->owner, s->owned_by));
	}
}

/* In the old routes, where it may have had another index. */
static const struct route_queue *find_before(const struct naming *n, const char *name)
{
	const struct routes *old = n->build.old;
	const struct route_name *known =
		routes_name(old, routes_find(old, name, "", ROUTE_OBJECT));
	const struct route_queue *q = known ? routes_queue(old, known->queue) : NULL;

	for (uint32_t i = 0; q && strcmp(routes_text(old, q->name), name) != 0; i++)
		q = routes_queue(old, i); /* the object has left its loop */
	return q;
}

/* One that stands already keeps its size, whatever the topology says now. */
static int64_t add_queue(struct naming *n, const char *name, uint64_t size,
			 uint32_t flags)
{
	const struct route_queue *before = n->renewing ? find_before(n, name) : NULL;
	struct queue_counts counts;

	if (n->renewing)
		size = before ? before->size : size;
	else if (n->build.old &&
		 queue_peek(n->world->queues, name, &counts, NULL) == 0 &&
		 counts.size < size)
		size = counts.size;
	return route_build_queue(&n->build, name, size, flags);
}

static uint32_t queue_flags(bool evicting, uint32_t circle)
{
	return (evicting ? ROUTE_EVICTING : 0) | circle * ROUTE_CIRCLE;
}

/* The queue of what has gone is there as long as somebody works it off. */
static const char *name_of(const char *name, const char *was, const bool *kept,
			   uint32_t i)
{
	return !*name && kept && kept[i] ? was : name;
}

static void add_queues(struct naming *n)
{
	const struct plan *p = n->plan;
	const struct world *w = n->world;
	int64_t r = 0;

	n->build.loops_len = p->loops_len;
	for (uint32_t i = 0; r >= 0 && i < p->loops_len; i++)
		r = add_queue(
			n, name_of(p->loops[i].name, p->loops[i].was, w->leaving, i),
			p->loops[i].size,
			(p->loops[i].replica ? ROUTE_REPLICA : 0) |
				queue_flags(p->loops[i].evicting, p->loops[i].circle));
	for (uint32_t i = 0; r >= 0 && i < p->queues_len; i++)
		r = add_queue(
			n, name_of(p->queues[i].name, p->queues[i].was, w->emptying, i),
			p->queues[i].size,
			ROUTE_NAMED | queue_flags(p->queues[i].evicting,
						  p->queues[i].circle));
	if (r >= 0)
		r = add_queue(n, WORLD_CONTROL, NAMING_CONTROL_SIZE, 0);
	for (const struct guest *g = n->world->guests; r >= 0 && g; g = g->next)
		r = route_build_queue(&n->build, g->queue, g->size, 0);
	if (r >= 0 && n->world->tapped)
		r = route_build_queue(&n->build, n->world->tapped->queue,
				      n->world->tapped->size, 0);
	n->error = r < 0 ? (int)r : 0;
}

static bool stays(const struct naming *n, uint32_t id)
{
	const struct routes *old = n->build.old;
	const struct route_name *name = routes_name(old, id);
	const struct route_name *owner = routes_name(old, name->object);
	uint32_t loops = routes_loops_len(old);
	const struct route_queue *q = owner ? routes_queue(old, owner->queue) : NULL;

	if (!q || name->kind & ROUTE_GONE)
		return false;
	if (q->flags & ROUTE_NAMED)
		return n->world->emptying[owner->queue - loops];
	return owner->queue < loops && n->world->leaving[owner->queue];
}

/* What a worker that leaves has, and the plan has not, stays as it was. */
static void keep_names(struct naming *n)
{
	uint32_t len = n->build.old ? routes_names_len(n->build.old) : 0;

	for (uint32_t id = 1; !n->error && n->world->leaving && id < len; id++)
		if (stays(n, id))
			route_build_keep(&n->build, id);
}

static int allocate(const struct plan *p, struct world *w)
{
	w->signal_ids = calloc(p->signals_len + 1, sizeof(uint32_t));
	w->slot_ids = calloc(p->slots_len + 1, sizeof(uint32_t));
	w->object_ids = calloc(p->objects_len + 1, sizeof(uint32_t));
	w->loop_ids = calloc(p->loops_len + 1, sizeof(uint32_t));
	w->process_ids = calloc(p->processes_len + 1, sizeof(uint32_t));
	return w->signal_ids && w->slot_ids && w->object_ids && w->loop_ids &&
			       w->process_ids
		       ? 0
		       : -ENOMEM;
}

/*
 * Writes what follows from the plan behind the old snapshot, which is borrowed. It does
 * not hold yet.
 */
static int draft(struct naming *n, const struct routes *old, struct routes **ret,
		 struct sigslot_error *err)
{
	int r;

	n->error = n->error ?: route_build_start(&n->build, old);
	if (!n->error)
		add_queues(n);
	name_owners(n);
	name_members(n);
	keep_names(n);
	draft_targets(n);
	r = n->error ? fail(err, n->error, "out of memory")
		     : route_build_draft(&n->build, n->world->dir, ret, err);
	route_build_done(&n->build);
	free(n->fuses);
	free(n->marks);
	return r;
}

/* From here on they hold, or nothing has changed. */
static int publish(struct world *w, struct routes *take_routes,
		   struct sigslot_error *err)
{
	int r = route_build_publish(w->dir, err);

	if (r < 0)
		routes_close(take_routes);
	else
		world_adopt(w, take_routes);
	return r;
}

int naming_make(struct world *w, struct sigslot_error *err)
{
	struct naming n = {.plan = w->plan, .world = w};
	struct routes *old = NULL, *routes;
	int r = routes_open(w->dir, &old, err);

	if (r < 0 && r != -ENOENT)
		return r;
	n.error = allocate(w->plan, w);
	r = draft(&n, old, &routes, err);
	routes_close(old);
	if (r == 0)
		r = publish(w, routes, err);
	return r == 0 ? world_index(w, w->routes) : r;
}

int naming_renew(struct world *w, const struct plan *p, uint32_t flags,
		 struct sigslot_error *err)
{
	struct naming n = {
		.plan = p, .world = w, .going.flags = flags, .renewing = true};
	struct routes *routes;
	int r = draft(&n, w->routes, &routes, err);

	return r == 0 ? publish(w, routes, err) : r;
}

int naming_reload(struct world *w, const struct plan *p, struct sigslot_error *err)
{
	struct world fresh = *w;
	struct naming n = {.plan = p, .world = &fresh, .renewing = true};
	struct routes *routes = NULL;
	int r;

	fresh.plan = p;
	fresh.slots_by_id = NULL;
	n.error = allocate(p, &fresh);
	r = draft(&n, w->routes, &routes, err);
	if (r == 0 && world_index(&fresh, routes) < 0) {
		routes_close(routes);
		r = fail(err, -ENOMEM, "out of memory");
	}
	if (r == 0)
		r = publish(&fresh, routes, err);
	if (r < 0) {
		world_done(&fresh);
		return r;
	}
	world_done(w);
	*w = fresh;
	return 0;
}

int naming_find(struct world *w, struct sigslot_error *err)
{
	struct naming n = {.plan = w->plan, .world = w, .known = w->routes};
	int r = allocate(w->plan, w);

	w->slots_by_id = NULL;
	if (r == 0) {
		name_owners(&n);
		name_members(&n);
		r = world_index(w, w->routes);
	}
	if (r == 0)
		return 0;
	world_done(w);
	return fail(err, r, "out of memory");
}
