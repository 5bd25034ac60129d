/* SPDX-License-Identifier: MIT */
/*
 * Whom a signal reaches: its own connections and, where one leads to a signal or is a
 * broadcast, those behind it, in the order of connecting. Each connection counts once
 * per emit, on however many ways it is reached.
 */
#include <string.h>

#include "plan/make.h"

enum { TARGETS_MAX = 1 << 22 }; /* and steps of the walk */

struct walk {
	struct plan *p;
	VEC(struct plan_target) targets;
	VEC(const struct model_link *) open; /* next link of each signal on the way */
	uint32_t *seen; /* per signal: the last origin, from 1 */
	size_t steps;
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
			return -ENOEXEC;
		code = take(w, link, origin);
	}
	to->targets_len = (uint32_t)w->targets.len - to->first_target;
	return code;
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
	struct walk w = {.p = p};
	int code;

	w.seen = calloc(p->signals_len + 1, sizeof(*w.seen));
	code = w.seen ? collect_all(&w, t) : -ENOMEM;
	if (code >= 0) {
		p->targets_len = (uint32_t)w.targets.len;
		p->targets = (void *)arena_copy(&p->arena, w.targets.at,
						w.targets.len * sizeof(*w.targets.at));
		code = p->targets ? 0 : -ENOMEM;
	}
	vec_done(&w.targets);
	vec_done(&w.open);
	free(w.seen);
	if (code == -ENOEXEC)
		return fail(err, code,
			    "signals that lead to signals make more than %d routes",
			    TARGETS_MAX);
	return code < 0 ? fail(err, code, "out of memory") : 0;
}
