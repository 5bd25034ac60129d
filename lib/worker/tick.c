/* SPDX-License-Identifier: MIT */
/*
 * The timer objects of a loop: a tick is emitted as `timeout`, like any other signal.
 */
#include "worker/tick.h"

#include <stdlib.h>

#include "base/log.h"

static void ticked(struct ticker *k, uint64_t missed)
{
	static const struct payload nothing = {"null", 4};
	struct tick_object *o = container_of(k, struct tick_object, ticker);
	struct turn *t = o->turn;
	struct sigslot_error err = {0};

	int r = 0;

	if (!t->held)
		r = worker_emit(t->worker, o->signal, &nothing, t, NULL, true, &err);
	board_add(&t->board->missed, missed + (t->held || r == -ENOBUFS));
	if (r < 0 && r != -ENOBUFS)
		log_line("sigslot", "%s", err.text);
}

static bool has_room(struct ticker *k)
{
	return !container_of(k, struct tick_object, ticker)->turn->held;
}

int tick_add_all(struct turn *t)
{
	static const enum ticker_how how[] = {
		[PLAN_EVERY] = TICKER_EVERY,
		[PLAN_AFTER] = TICKER_AFTER,
		[PLAN_TIGHT] = TICKER_TIGHT,
	};
	const struct plan *p = t->worker->world->plan;

	for (uint32_t i = 0; i < p->objects_len; i++) {
		const struct plan_object *o = &p->objects[i];
		struct tick_object **at;

		if (o->loop != t->index || o->kind != PLAN_TIMER)
			continue;
		at = vec_add(&t->ticks);
		if (!at || !(*at = calloc(1, sizeof(**at))))
			return -ENOMEM;
		(*at)->turn = t;
		(*at)->object = i;
		(*at)->signal = worker_signal(p, PLAN_OBJECT, i, "timeout");
		(*at)->ticker = (struct ticker){.how = how[o->timer.how],
						.interval_ns = o->timer.interval_ns,
						.burst = o->timer.burst,
						.tick = ticked,
						.ready = has_room};
	}
	return 0;
}

static void set_one(struct turn *t, uint32_t id, bool run)
{
	vec_each(k, &t->ticks) {
		if (t->worker->world->object_ids[(*k)->object] != id)
			continue;
		if (run)
			ticker_start(&(*k)->ticker, &t->worker->loop);
		else
			ticker_stop(&(*k)->ticker);
	}
}

void tick_set(struct worker *w, uint32_t id, bool run)
{
	for (uint32_t i = 0; i < w->world->plan->loops_len; i++) {
		struct turn *t = w->turns[i];

		if (t && t->up && t->goal == PHASE_UP)
			set_one(t, id, run);
	}
}
