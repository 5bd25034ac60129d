/* SPDX-License-Identifier: MIT */
/*
 * From the plan's indexes to the ids of the instance: names, queues and targets become
 * the next snapshot of the routes.
 */
#include "supervisor/naming.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/ways.h"
#include "queue/drop.h"
#include "route/build.h"
#include "supervisor/guest.h"
#include "supervisor/spell.h"
#include "worker/worker.h"

struct naming {
	struct route_build build;
	const struct plan *plan;
	struct world *world;
	struct route_going going;
	bool *marks; /* see mark_guests() */
	uint32_t *fuses; /* of the plan's connections; 0: none, or not known yet */
	bool renewing; /* everything stands already, but for the connections */
	int error;
};

/* Gives *ret the id; what it was before if there is no memory. */
static void name(struct naming *n, uint32_t *ret, enum route_kind kind,
		 const char *owner, const char *member, const char *type,
		 uint32_t queue)
{
	int64_t id = route_build_name(&n->build, kind, owner, member, type, queue);

	if (id < 0)
		n->error = -ENOMEM;
	else
		*ret = (uint32_t)id;
}

static void own(struct naming *n, uint32_t member, uint32_t owner)
{
	if (!n->error)
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
		name(n, &n->world->loop_ids[i], ROUTE_OBJECT, p->loops[i].name, "",
		     "any", i);
	for (uint32_t i = 0; i < p->processes_len; i++)
		name(n, &n->world->process_ids[i], ROUTE_OBJECT, p->processes[i].name,
		     "", "any", world_control(n->world));
	for (uint32_t i = 0; i < p->objects_len; i++) {
		uint32_t loop = p->objects[i].loop, *id = &n->world->object_ids[i];

		if (strcmp(p->objects[i].name, p->loops[loop].name) == 0)
			*id = n->world->loop_ids[loop];
		else
			name(n, id, ROUTE_OBJECT, p->objects[i].name, "", "any", loop);
	}
}

static void name_members(struct naming *n)
{
	const struct plan *p = n->plan;
	char text[72];

	for (uint32_t i = 0; i < p->signals_len; i++) {
		const struct plan_signal *s = &p->signals[i];

		name(n, &n->world->signal_ids[i], ROUTE_SIGNAL,
		     plan_owner_name(p, s->owner, s->owned_by),
		     spell_member(p, s->owner, s->owned_by, s->name, false, text),
		     s->type, ROUTE_NOWHERE);
		own(n, n->world->signal_ids[i], owner_id(n, s->owner, s->owned_by));
	}
	for (uint32_t i = 0; i < p->slots_len; i++) {
		const struct plan_slot *s = &p->slots[i];
		uint32_t queue =
			s->loop == PLAN_NONE ? world_control(n->world) : s->loop;

		if (s->kind == PLAN_SOURCE)
			continue;
		name(n, &n->world->slot_ids[i], ROUTE_SLOT,
		     plan_owner_name(p, s->owner, s->owned_by),
		     spell_member(p, s->owner, s->owned_by, s->name, true, text),
		     s->type, queue);
		own(n, n->world->slot_ids[i], owner_id(n, s->owner, s->owned_by));
	}
}

static struct route_target target_of(const struct naming *n,
				     const struct plan_target *t)
{
	const struct plan *p = n->plan;
	const struct world *w = n->world;
	struct route_target target = {
		.via = w->signal_ids[t->via],
		.full = queue_full_find(p->connections[t->connection].full),
		.once = n->fuses[t->connection]};

	if (t->slot == PLAN_NONE) {
		target.queue = world_named_queue(w, t->queue);
	} else {
		uint32_t loop = p->slots[t->slot].loop;

		target.slot = w->slot_ids[t->slot];
		target.queue = loop == PLAN_NONE ? world_control(w) : loop;
	}
	return target;
}

/* Each target of a connection hangs on the one fuse that it has from its beginning. */
static void find_fuses(struct naming *n)
{
	const struct plan *p = n->plan;

	for (uint32_t i = 0; i < p->signals_len; i++)
		for (uint32_t k = 0; k < p->signals[i].targets_len; k++) {
			const struct plan_target *t =
				&p->targets[p->signals[i].first_target + k];
			struct route_target like = target_of(n, t);

			if (p->connections[t->connection].once && !like.once)
				n->fuses[t->connection] = route_build_fuse(
					&n->build, n->world->signal_ids[i], &like);
		}
	for (uint32_t i = 0; i < p->connections_len; i++)
		if (p->connections[i].once && !n->fuses[i])
			n->fuses[i] = ++n->build.fuses;
}

/* For each guest, which signals lead to it: signals_len each. */
static int mark_guests(struct naming *n)
{
	size_t len = 0;
	bool *marks;

	for (const struct guest *g = n->world->guests; g; g = g->next)
		len++;
	marks = n->marks = calloc(len * n->plan->signals_len + 1, sizeof(bool));
	if (!marks)
		return -ENOMEM;
	for (const struct guest *g = n->world->guests; g; g = g->next) {
		uint32_t signal = ways_from(n->plan, g->owner, g->member);

		if (signal != PLAN_NONE)
			ways_mark(n->plan, signal, marks);
		marks += n->plan->signals_len;
	}
	return 0;
}

/* Behind the signal's own targets. */
static void add_guests(struct naming *n, uint32_t signal)
{
	uint32_t queue = world_control(n->world) + 1;
	const bool *marks = n->marks;

	for (const struct guest *g = n->world->guests; !n->error && g; g = g->next) {
		uint32_t via = ways_from(n->plan, g->owner, g->member);
		struct route_target t = {.queue = queue, .full = g->full};

		if (marks[signal]) {
			t.via = n->world->signal_ids[via];
			n->error = route_build_target(&n->build,
						      n->world->signal_ids[signal], t);
		}
		queue++;
		marks += n->plan->signals_len;
	}
}

static void add_targets(struct naming *n)
{
	const struct plan *p = n->plan;

	n->fuses = calloc(p->connections_len + 1, sizeof(*n->fuses));
	if (!n->fuses)
		n->error = -ENOMEM;
	n->error = n->error ?: mark_guests(n);
	if (!n->error)
		find_fuses(n);
	for (uint32_t i = 0; !n->error && i < p->signals_len; i++) {
		const struct plan_signal *s = &p->signals[i];

		for (uint32_t k = 0; !n->error && k < s->targets_len; k++)
			n->error = route_build_target(
				&n->build, n->world->signal_ids[i],
				target_of(n, &p->targets[s->first_target + k]));
		add_guests(n, i);
		if (!n->error)
			n->error = route_build_gone(&n->build, n->world->signal_ids[i],
						    &n->going);
	}
}

/* Then nobody has to know any more what was connected once. */
static bool passed(void *data, const char *queue)
{
	const struct world *w = data;
	struct queue_counts counts;

	return queue_peek(w->queues, queue, &counts, NULL) == 0 && !counts.records;
}

static void add_takers(struct naming *n)
{
	const struct plan *p = n->plan;

	for (uint32_t i = 0; i < p->queues_len; i++) {
		const struct plan_queue *q = &p->queues[i];
		uint32_t id = ROUTE_NOBODY;

		name(n, &id, ROUTE_OBJECT, q->name, "", "any",
		     world_named_queue(n->world, i));
		for (uint32_t k = 0; !n->error && k < q->slots_len; k++) {
			uint32_t slot = p->takers[q->first_slot + k];
			struct route_target target = {.slot = n->world->slot_ids[slot],
						      .queue = p->slots[slot].loop};

			n->error = route_build_target(&n->build, id, target);
		}
	}
}

/* One that stands already keeps its size, whatever the topology says now. */
static int64_t add_queue(struct naming *n, const char *name, uint64_t size,
			 uint32_t flags)
{
	uint32_t index = (uint32_t)n->build.queues.len;
	struct queue_counts counts;

	if (n->renewing)
		size = routes_queue(n->build.old, index)->size;
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

static void add_queues(struct naming *n)
{
	const struct plan *p = n->plan;
	int64_t r = 0;

	for (uint32_t i = 0; r >= 0 && i < p->loops_len; i++)
		r = add_queue(n, p->loops[i].name, p->loops[i].size,
			      queue_flags(p->loops[i].evicting, p->loops[i].circle));
	for (uint32_t i = 0; r >= 0 && i < p->queues_len; i++)
		r = add_queue(n, p->queues[i].name, p->queues[i].size,
			      ROUTE_NAMED | queue_flags(p->queues[i].evicting,
							p->queues[i].circle));
	if (r >= 0)
		r = add_queue(n, WORLD_CONTROL, NAMING_CONTROL_SIZE, 0);
	for (const struct guest *g = n->world->guests; r >= 0 && g; g = g->next)
		r = route_build_queue(&n->build, g->queue, g->size, 0);
	n->error = r < 0 ? (int)r : 0;
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

/* Writes what follows from the plan behind the old snapshot, which is borrowed. */
static int publish(struct naming *n, const struct routes *old,
		   struct sigslot_error *err)
{
	int r;

	n->going.passed = passed;
	n->going.data = n->world;
	n->error = n->error ?: route_build_start(&n->build, old);
	if (!n->error)
		add_queues(n);
	name_owners(n);
	name_members(n);
	add_targets(n);
	add_takers(n);
	r = n->error ? fail(err, n->error, "out of memory")
		     : route_build_write(&n->build, n->world->dir, err);
	route_build_done(&n->build);
	free(n->fuses);
	free(n->marks);
	return r;
}

int naming_make(struct world *w, struct sigslot_error *err)
{
	struct naming n = {.plan = w->plan, .world = w};
	struct routes *old = NULL;
	int r = routes_open(w->dir, &old, err);

	if (r < 0 && r != -ENOENT)
		return r;
	n.error = allocate(w->plan, w);
	r = publish(&n, old, err);
	routes_close(old);
	if (r == 0)
		r = world_renew(w, err);
	return r == 0 ? world_index(w) : r;
}

int naming_renew(struct world *w, const struct plan *p, uint32_t flags,
		 struct sigslot_error *err)
{
	struct naming n = {
		.plan = p, .world = w, .going.flags = flags, .renewing = true};
	int r = publish(&n, w->routes, err);

	return r == 0 ? world_renew(w, err) : r;
}

int naming_reload(struct world *w, const struct plan *p, struct sigslot_error *err)
{
	struct world fresh = *w;
	struct naming n = {.plan = p, .world = &fresh, .renewing = true};
	int r;

	fresh.plan = p;
	fresh.slots_by_id = NULL;
	n.error = allocate(p, &fresh);
	r = publish(&n, w->routes, err) ?: world_renew(w, err);
	fresh.routes = w->routes;
	fresh.generation = w->generation;
	if (r == 0 && world_index(&fresh) < 0)
		r = fail(err, -ENOMEM, "out of memory");
	if (r < 0) {
		world_done(&fresh);
		return r;
	}
	world_done(w);
	*w = fresh;
	return 0;
}
