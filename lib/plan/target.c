/* SPDX-License-Identifier: MIT */
/*
 * Whom a signal reaches: its own connections and, where one leads to a signal or is a
 * broadcast, those behind it, in the order of connecting. Each connection counts once
 * per emit, on however many ways it is reached.
 */
#include <stdio.h>
#include <string.h>

#include "plan/make.h"

enum { TARGETS_MAX = 1 << 22 }; /* and steps of the walk */

struct walk {
	struct plan *p;
	VEC(struct plan_target) targets;
	VEC(const struct model_link *) open; /* next link of each signal on the way */
	uint32_t *seen; /* per signal: the last origin, from 1 */
	uint32_t *first; /* per queue of a loop, then named: the last target, from 1 */
	size_t steps;
	struct sigslot_error *err;
};

static int add(struct walk *w, const struct model_link *link,
	       const struct model_slot *slot)
{
	struct plan_target *target = vec_add(&w->targets);

	if (!target)
		return -ENOMEM;
	*target = (struct plan_target){
		.connection = link->index,
		.via = link->from->index,
		.slot = slot ? slot->index : PLAN_NONE,
		.queue = link->queue ? link->queue->thing.index : PLAN_NONE,
	};
	return 0;
}

static int add_broadcast(struct walk *w, const struct model_link *link)
{
	for (struct model_object *o = link->broadcast->objects; o; o = o->next)
		for (struct model_subscription *s = o->subscriptions; s; s = s->next) {
			w->steps++;
			if (strcmp(s->signal, link->from->name) != 0)
				continue;
			if (add(w, link, s->slot) < 0)
				return -ENOMEM;
		}
	return 0;
}

static int too_many(const struct walk *w)
{
	return fail(w->err, -ENOEXEC,
		    "signals that lead to signals make more than %d routes",
		    TARGETS_MAX);
}

static int enter(struct walk *w, const struct model_signal *s, uint32_t origin)
{
	const struct model_link **link;

	if (w->seen[s->index] == origin)
		return 0;
	w->seen[s->index] = origin;
	link = vec_add(&w->open);
	if (!link)
		return -ENOMEM;
	*link = s->links;
	return 0;
}

static int take(struct walk *w, const struct model_link *link, uint32_t origin)
{
	if (link->signal)
		return enter(w, link->signal, origin);
	if (link->broadcast)
		return add_broadcast(w, link);
	return add(w, link, link->slot);
}

/* The queue that a target is about; NONE: control has room. */
static uint32_t queue_of(const struct plan *p, const struct plan_target *t)
{
	return t->slot == PLAN_NONE ? p->loops_len + t->queue : p->slots[t->slot].loop;
}

static void note_evicting(struct plan *p, uint32_t queue, const char *full)
{
	bool *evicting = queue < p->loops_len
				 ? &p->loops[queue].evicting
				 : &p->queues[queue - p->loops_len].evicting;

	if (strcmp(full, "drop-old") == 0 || strcmp(full, "latest") == 0)
		*evicting = true;
}

static const char *where(const struct plan_connection *c, char out[static 32])
{
	snprintf(out, 32, c->line ? " (line %u)" : "", c->line);
	return out;
}

static int differ(const struct walk *w, const struct model_signal *s,
		  const struct plan_target *a, const struct plan_target *b)
{
	const struct plan_connection *x = &w->p->connections[a->connection];
	const struct plan_connection *y = &w->p->connections[b->connection];

	char here[32], there[32];

	return fail(w->err, -ENOEXEC,
		    "%s: `%.64s.%.64s` reaches one queue by `%.64s` -> `%.64s`%s with "
		    "`full: %s` and by `%.64s` -> `%.64s`%s with `full: %s`: a signal "
		    "has one for each queue, write the same",
		    w->p->file, s->owner->name, s->name, x->from, x->to, where(x, here),
		    x->full, y->from, y->to, where(y, there), y->full);
}

/* Through signals, one may reach a queue by connections that want different things. */
static int check_fulls(struct walk *w, const struct model_signal *s, uint32_t begin)
{
	for (uint32_t i = begin; i < w->targets.len; i++) {
		const struct plan_target *t = &w->targets.at[i], *other;
		uint32_t queue = queue_of(w->p, t);

		if (queue == PLAN_NONE)
			continue;
		if (w->first[queue] <= begin) {
			w->first[queue] = i + 1;
			note_evicting(w->p, queue,
				      w->p->connections[t->connection].full);
			continue;
		}
		other = &w->targets.at[w->first[queue] - 1];
		if (strcmp(w->p->connections[t->connection].full,
			   w->p->connections[other->connection].full) != 0)
			return differ(w, s, other, t);
	}
	return 0;
}

static int collect(struct walk *w, const struct model_signal *s)
{
	struct plan_signal *to = &w->p->signals[s->index];
	uint32_t origin = s->index + 1;
	int code = 0;

	to->first_target = (uint32_t)w->targets.len;
	if (s->links)
		code = enter(w, s, origin);
	while (code >= 0 && w->open.len) {
		const struct model_link *link = w->open.at[w->open.len - 1];

		if (!link) {
			w->open.len--;
			continue;
		}
		w->open.at[w->open.len - 1] = link->next;
		if (++w->steps > TARGETS_MAX)
			return too_many(w);
		code = take(w, link, origin);
	}
	to->targets_len = (uint32_t)w->targets.len - to->first_target;
	return code < 0 ? code : check_fulls(w, s, to->first_target);
}

static int collect_of(struct walk *w, const struct model_thing *thing)
{
	int code = 0;

	for (struct model_signal *s = thing->signals; s && code >= 0; s = s->next)
		code = collect(w, s);
	return code;
}

static int collect_all(struct walk *w, const struct topology *t)
{
	int code = 0;

	for (size_t i = 0; code >= 0 && i < t->processes.len; i++)
		code = collect_of(w, &t->processes.at[i]->thing);
	for (size_t i = 0; code >= 0 && i < t->loops.len; i++)
		code = collect_of(w, &t->loops.at[i]->thing);
	for (size_t i = 0; code >= 0 && i < t->objects.len; i++)
		code = collect_of(w, &t->objects.at[i]->thing);
	return code;
}

int target_make(const struct topology *t, struct plan *p, struct sigslot_error *err)
{
	struct walk w = {.p = p, .err = err};
	int code;

	w.seen = calloc(p->signals_len + 1, sizeof(*w.seen));
	w.first = calloc(p->loops_len + p->queues_len + 1, sizeof(*w.first));
	code = w.seen && w.first ? collect_all(&w, t) : -ENOMEM;
	if (code >= 0) {
		p->targets_len = (uint32_t)w.targets.len;
		p->targets = (void *)arena_copy(&p->arena, w.targets.at,
						w.targets.len * sizeof(*w.targets.at));
		code = p->targets ? 0 : -ENOMEM;
	}
	vec_done(&w.targets);
	vec_done(&w.open);
	free(w.seen);
	free(w.first);
	return code == -ENOMEM ? fail(err, code, "out of memory") : code;
}
