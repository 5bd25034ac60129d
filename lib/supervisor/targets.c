/* SPDX-License-Identifier: MIT */
/*
 * Whom signals reach in the next snapshot: what the plan says, and guests.
 */
#include <stdlib.h>
#include <string.h>

#include "plan/ways.h"
#include "queue/drop.h"
#include "queue/queue.h"
#include "supervisor/draft.h"
#include "supervisor/guest.h"

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

static size_t count(const struct guest *g)
{
	size_t len = 0;

	for (; g; g = g->next)
		len++;
	return len;
}

static bool *mark_list(const struct naming *n, const struct guest *g, bool *marks)
{
	for (; g; g = g->next) {
		uint32_t signal = ways_from(n->plan, g->owner, g->member);

		if (signal != PLAN_NONE)
			ways_mark(n->plan, signal, marks);
		marks += n->plan->signals_len;
	}
	return marks;
}

/* For each guest, then for each that is tapped, which signals lead to it. */
static int mark_guests(struct naming *n)
{
	const struct world *w = n->world;
	size_t len = count(w->guests) + count(w->tapped);

	n->marks = calloc(len * n->plan->signals_len + 1, sizeof(bool));
	if (!n->marks)
		return -ENOMEM;
	mark_list(n, w->tapped, mark_list(n, w->guests, n->marks));
	return 0;
}

static void add_guest(struct naming *n, uint32_t signal, const struct guest *g,
		      uint32_t queue)
{
	uint32_t via = ways_from(n->plan, g->owner, g->member);
	struct route_target t = {.queue = queue, .full = g->full};

	t.via = n->world->signal_ids[via];
	n->error = route_build_target(&n->build, n->world->signal_ids[signal], t);
}

/* Behind the signal's own targets. */
static void add_guests(struct naming *n, uint32_t signal)
{
	uint32_t queue = world_control(n->world) + 1, len = n->plan->signals_len;
	const bool *mark = n->marks + signal;

	for (const struct guest *g = n->world->guests; !n->error && g; g = g->next) {
		if (*mark)
			add_guest(n, signal, g, queue);
		queue++;
		mark += len;
	}
	for (const struct guest *g = n->world->tapped; !n->error && g; g = g->next) {
		if (*mark)
			add_guest(n, signal, g, queue);
		mark += len;
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

		if (!*q->name)
			continue;
		draft_name(n, &id, ROUTE_OBJECT, q->name, "", "any",
			   world_named_queue(n->world, i));
		for (uint32_t k = 0; !n->error && k < q->slots_len; k++) {
			uint32_t slot = p->takers[q->first_slot + k];
			struct route_target target = {.slot = n->world->slot_ids[slot],
						      .queue = p->slots[slot].loop};

			n->error = route_build_target(&n->build, id, target);
		}
	}
}

void draft_targets(struct naming *n)
{
	n->going.passed = passed;
	n->going.data = n->world;
	add_targets(n);
	add_takers(n);
	n->going.flags = ROUTE_DRAINED;
	if (n->renewing && !n->error)
		n->error = route_build_kept(&n->build, &n->going);
}
