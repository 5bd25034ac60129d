/* SPDX-License-Identifier: MIT */
/*
 * The numbers of objects, signals and slots are of one plan: what is kept gets its new
 * ones by name. Its texts stay where they are: each loop keeps the plan that it is of.
 */
#include "worker/adopt.h"

#include <stdlib.h>
#include <string.h>

#include "message/type.h"
#include "plan/compare.h"
#include "worker/receiver.h"
#include "worker/renew.h"
#include "worker/tick.h"

/* From one plan to another. */
struct change {
	const struct plan *from, *to;
};

static uint32_t object_now(const struct change *c, uint32_t object)
{
	for (uint32_t i = 0; i < c->to->objects_len; i++)
		if (strcmp(c->to->objects[i].name, c->from->objects[object].name) == 0)
			return i;
	return PLAN_NONE;
}

static uint32_t signal_now(const struct change *c, uint32_t object, uint32_t signal)
{
	return worker_signal(c->to, PLAN_OBJECT, object, c->from->signals[signal].name);
}

static uint32_t slot_now(const struct change *c, uint32_t object, uint32_t slot)
{
	const struct plan_members *m = &c->to->objects[object].members;

	for (uint32_t i = 0; i < m->slots_len; i++)
		if (strcmp(c->to->slots[m->first_slot + i].name,
			   c->from->slots[slot].name) == 0)
			return m->first_slot + i;
	return PLAN_NONE;
}

static bool keep_receiver(const struct change *c, struct receiver *r)
{
	bool emits = r->emit != PLAN_NONE;

	r->object = object_now(c, r->object);
	if (r->object == PLAN_NONE)
		return false;
	r->plan_slot = slot_now(c, r->object, r->plan_slot);
	if (emits)
		r->emit = signal_now(c, r->object, r->emit);
	return r->plan_slot != PLAN_NONE && (!emits || r->emit != PLAN_NONE);
}

static bool keep_tick(const struct change *c, struct tick_object *k)
{
	k->object = object_now(c, k->object);
	if (k->object == PLAN_NONE)
		return false;
	k->signal = signal_now(c, k->object, k->signal);
	return k->signal != PLAN_NONE;
}

static bool keep(const struct change *c, struct turn *t)
{
	bool same = true;

	vec_each(r, &t->receivers)
		same = same && keep_receiver(c, *r);
	vec_each(k, &t->ticks)
		same = same && keep_tick(c, *k);
	return same;
}

/* It is down: nothing of it is under way. */
static bool drop(struct worker *w, uint32_t loop)
{
	struct turn *t = w->turns[loop];

	if (t->up)
		return false;
	meter_flush(t);
	turn_free(t);
	w->turns[loop] = NULL;
	return true;
}

static int settle_turns(struct worker *w, const struct change *c,
			struct sigslot_error *err)
{
	for (uint32_t i = 0; i < c->from->loops_len; i++) {
		bool same = compare_loop(c->from, c->to, i);

		if (w->turns[i] && !(same ? keep(c, w->turns[i]) : drop(w, i)))
			return fail(err, -ENOTRECOVERABLE,
				    "loop '%s' is not what the plan says",
				    c->from->loops[i].was);
	}
	return 0;
}

static void forget_types(struct worker *w, const struct plan *p)
{
	for (uint32_t i = 0; w->types && i < p->signals_len; i++)
		type_free(w->types[i]);
	free(TAKE(w->types));
}

static int make_room(struct worker *w, uint32_t before, uint32_t now)
{
	struct turn **turns = calloc(now + 1, sizeof(*turns));
	bool *start = calloc(now + 1, sizeof(*start));

	if (!turns || !start) {
		free(turns);
		free(start);
		return -ENOMEM;
	}
	memcpy(turns, w->turns, before * sizeof(*turns));
	memcpy(start, w->start, before * sizeof(*start));
	free(w->turns);
	free(w->start);
	w->turns = turns;
	w->start = start;
	return 0;
}

/* Nothing starts before the supervisor says so. */
static int make_turns(struct worker *w, struct sigslot_error *err)
{
	const struct plan *p = w->world->plan;

	for (uint32_t i = 0; i < p->loops_len; i++) {
		int r;

		if (w->turns[i] || p->loops[i].process != w->index)
			continue;
		w->start[i] = false;
		r = turn_new(w, i, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int adopt_plan(struct worker *w, int fd, struct sigslot_error *err)
{
	struct change c = {.from = w->world->plan};
	const struct plan *before = w->adopted;
	int r = world_stale(w->world) ? world_renew(w->world, err) : 0;

	if (r == 0)
		r = w->world->adopt(w->world, fd, err);
	if (r < 0)
		return r;
	c.to = w->world->plan;
	w->adopted = c.to;
	forget_types(w, c.from);
	r = settle_turns(w, &c, err);
	if (r == 0 && make_room(w, c.from->loops_len, c.to->loops_len) < 0)
		r = fail(err, -ENOMEM, "out of memory");
	if (r == 0)
		r = make_turns(w, err);
	plan_free(before);
	if (r == 0)
		renew_worker(w);
	return r;
}
