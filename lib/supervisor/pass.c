/* SPDX-License-Identifier: MIT */
/*
 * Who leaves is a question of two plans, that of its worker and the newest one. Each
 * plan has its workers before the next one may come: what was queued for them is for
 * nobody else.
 */
#include "supervisor/pass.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "plan/compare.h"
#include "supervisor/follow.h"
#include "supervisor/naming.h"
#include "supervisor/retire.h"
#include "supervisor/rewire.h"

enum { LOOK_MS = 100 };

static struct hand *host(const struct supervisor *s, uint32_t loop)
{
	uint32_t process = s->lamps[loop].process;

	return process == PLAN_NONE ? NULL : &s->hands[process];
}

static bool leaves(const struct supervisor *s, const struct plan *next, uint32_t loop)
{
	const struct hand *h = host(s, loop);

	return h && h->stale && (h->anew || !compare_loop(h->plan, next, loop));
}

bool pass_leaves(const struct supervisor *s, uint32_t loop)
{
	return !host(s, loop)->stale || leaves(s, s->plan, loop);
}

/* A worker keeps the loops that are written the same, if itself is. */
static void mark(struct hand *h, const struct plan *next)
{
	h->stale = h->plan && (h->alive || timer_armed(&h->restart)) &&
		   !compare_host(h->plan, next, h->index);
	h->anew = h->stale && (h->anew || !compare_process(h->plan, next, h->index));
}

void pass_mark(struct supervisor *s, const struct plan *next)
{
	struct board *b = s->world.board;
	bool leaving = false;

	for (uint32_t i = 0; i < s->plan->processes_len; i++) {
		mark(&s->hands[i], next);
		leaving = leaving || s->hands[i].stale;
	}
	s->passing = leaving;
	for (uint32_t i = 0; i < s->plan->loops_len; i++)
		s->world.leaving[i] = leaves(s, next, i);
	for (uint32_t i = 0; i < s->plan->queues_len; i++) {
		const char *was = s->plan->queues[i].was;

		s->world.emptying[i] =
			!*next->queues[i].name && *board_queue(b, i)->name &&
			(leaving || (retire_queued(s, was) && retire_taken(s, was)));
		s->passing = s->passing || s->world.emptying[i];
	}
}

static uint32_t object_in(const struct plan *p, const char *name)
{
	for (uint32_t i = 0; i < p->objects_len; i++)
		if (strcmp(p->objects[i].name, name) == 0)
			return i;
	return PLAN_NONE;
}

static bool slot_in(const struct plan *p, uint32_t object, const char *name)
{
	for (uint32_t i = 0; i < p->slots_len; i++)
		if (p->slots[i].owner == PLAN_OBJECT &&
		    p->slots[i].owned_by == object &&
		    strcmp(p->slots[i].name, name) == 0)
			return true;
	return false;
}

/*
 * Whether the next worker has all slots that the old one has on that loop: then it can
 * do what comes from now on, whoever emitted it.
 */
static bool whole(const struct supervisor *s, uint32_t loop)
{
	const struct plan *old = host(s, loop)->plan, *new = s->plan;
	bool same = *new->loops[loop].name;

	for (uint32_t i = 0; same && i < old->slots_len; i++) {
		const struct plan_slot *slot = &old->slots[i];
		uint32_t object;

		if (slot->loop != loop || slot->owner != PLAN_OBJECT)
			continue;
		object = object_in(new, old->objects[slot->owned_by].name);
		same = object != PLAN_NONE &&
		       new->objects[object].loop ==
			       loop &&slot_in(new, object, slot->name);
	}
	return same;
}

/* Of one that waits for others: the next worker can do what it has. */
static bool useless(const struct supervisor *s, uint32_t loop)
{
	return whole(s, loop) || !retire_queued(s, s->plan->loops[loop].was);
}

/* Whether it is of that worker's plan. */
static bool knows(const struct hand *h, uint32_t loop)
{
	return loop < h->plan->loops_len && h->plan->loops[loop].process == h->index;
}

/* Loops that are down, or not of its worker's plan, are as if they had left. */
static void prepare_lamp(struct supervisor *s, uint32_t loop)
{
	struct lamp *lamp = &s->lamps[loop];
	const struct hand *h = host(s, loop);

	s->world.board->loops[loop].state = BOARD_DRAINING;
	if (knows(h, loop) && (h->restarting || !lamp->down) &&
	    !(lamp->held && useless(s, loop)))
		return;
	*lamp = (struct lamp){.process = lamp->process,
			      .phase = PHASE_DOWN,
			      .was_ready = lamp->was_ready};
}

/* One whose process was given up, or stopped, is wanted again if it is another one. */
static void revive(struct supervisor *s, const struct plan *before, uint32_t loop)
{
	uint32_t process = s->plan->loops[loop].process;

	if (process < before->processes_len && !s->hands[process].stale &&
	    !compare_host(before, s->plan, process))
		retire_renew(s, loop);
}

void pass_begin(struct supervisor *s, const struct plan *before)
{
	for (uint32_t i = 0; i < s->plan->loops_len; i++) {
		if (i >= before->loops_len || !host(s, i))
			retire_renew(s, i);
		if (leaves(s, s->plan, i))
			prepare_lamp(s, i);
		else if (*s->plan->loops[i].name)
			revive(s, before, i);
	}
	for (uint32_t i = 0; i < before->processes_len; i++) {
		if (!s->hands[i].stale)
			continue;
		budget_clear(&s->hands[i].budget);
		s->hands[i].restarting = s->hands[i].alive;
	}
	retire_all(s);
	super_check(s);
}

static uint32_t rank_of(const struct supervisor *s, uint32_t loop)
{
	return host(s, loop)->plan->loops[loop].rank;
}

static bool has_to_leave(const struct supervisor *s, uint32_t loop)
{
	return leaves(s, s->plan, loop) && s->lamps[loop].phase != PHASE_DOWN;
}

/* A queue that goes is worked off by those who took from it. */
static bool has_to_empty(const struct supervisor *s, uint32_t loop)
{
	const struct plan *p = host(s, loop)->plan;
	const struct plan_loop *l = &p->loops[loop];

	for (uint32_t i = 0; i < l->intakes_len; i++) {
		uint32_t queue = p->intakes[l->first_intake + i];

		if (s->world.emptying[queue] && retire_queued(s, p->queues[queue].was))
			return true;
	}
	return false;
}

static void ask(struct supervisor *s, uint32_t loop)
{
	struct lamp *lamp = &s->lamps[loop];
	struct hand *h = host(s, loop);

	if (!h->alive || !lamp->up || lamp->asked == PHASE_DOWN ||
	    has_to_empty(s, loop))
		return;
	lamp->asked = PHASE_DOWN;
	/* nothing more comes to one that has gone; to others it may never end */
	if (*s->plan->loops[loop].name)
		hand_say(h, WIRE_LEAVE, loop, s->plan->stop_timeout_ns);
	else
		hand_say(h, WIRE_PHASE, loop, PHASE_DOWN);
}

static void look(struct timer *t, uint64_t now);

static void look_later(struct supervisor *s)
{
	s->emptied.fire = look;
	if (!timer_armed(&s->emptied))
		loop_arm(&s->loop, &s->emptied, clock_now() + LOOK_MS * NS_PER_MS);
}

void pass_advance(struct supervisor *s)
{
	uint32_t first = PLAN_NONE;

	if (!s->passing)
		return;
	look_later(s);
	for (uint32_t i = 0; i < s->plan->loops_len; i++)
		if (has_to_leave(s, i) && rank_of(s, i) < first && !whole(s, i))
			first = rank_of(s, i);
	for (uint32_t i = 0; i < s->plan->loops_len; i++)
		if (has_to_leave(s, i) && (rank_of(s, i) == first || whole(s, i)))
			ask(s, i);
}

/* What leaves the routes then is nobody's any more. */
static void go_on(struct supervisor *s)
{
	struct sigslot_error err = {0};

	pass_mark(s, s->plan);
	if (naming_renew(&s->world, s->plan, 0, &err) < 0)
		log_line("sigslot", "%s", err.text);
	rewire_tell(s, s->plan);
	retire_all(s);
	follow_advance(s);
	if (!s->passing)
		stop_go_on(s);
}

static bool emptied(const struct supervisor *s)
{
	for (uint32_t i = 0; i < s->plan->queues_len; i++)
		if (s->world.emptying[i] && !retire_queued(s, s->plan->queues[i].was))
			return true;
	return false;
}

static bool anybody_stale(const struct supervisor *s)
{
	for (uint32_t i = 0; i < s->plan->processes_len; i++)
		if (s->hands[i].stale)
			return true;
	return false;
}

/* Nobody rings when a queue is empty, or for one who waits for room. */
static void look(struct timer *t, uint64_t now)
{
	struct supervisor *s = container_of(t, struct supervisor, emptied);

	(void)now;
	if (!anybody_stale(s) && emptied(s))
		go_on(s);
	follow_advance(s);
	super_check(s);
}

/* Who emits to it is told to look into the routes again. */
static void shut(struct supervisor *s, const char *name)
{
	struct queue *q = NULL;

	if (queue_open(s->world.queues, name, s->identity, &q, NULL) == 0)
		queue_shut(q, true);
	queue_close(q);
}

bool pass_done(struct hand *h)
{
	struct supervisor *s = h->super;
	bool done = true;

	for (uint32_t i = 0; i < s->plan->loops_len; i++) {
		const struct plan_loop *l = &s->plan->loops[i];

		if (s->lamps[i].process != h->index || *l->name)
			continue;
		shut(s, l->was);
		if (!retire_queued(s, l->was) || !h->alive)
			continue;
		s->lamps[i] = (struct lamp){.process = h->index,
					    .was_ready = s->lamps[i].was_ready};
		hand_say(h, WIRE_START, i, 0);
		done = false;
	}
	return done;
}

void pass_anew(struct hand *h)
{
	struct supervisor *s = h->super;

	h->anew = true;
	for (uint32_t i = 0; i < s->plan->loops_len; i++)
		if (host(s, i) == h && !s->world.leaving[i])
			prepare_lamp(s, i);
	h->restarting = true;
	pass_mark(s, s->plan);
}

void pass_resume(struct hand *h, uint32_t loop)
{
	struct lamp *lamp = &h->super->lamps[loop];

	lamp->held = false;
	if (!knows(h, loop))
		lamp->phase = PHASE_DOWN;
}

void pass_left(struct hand *h)
{
	hand_assign(h);
	go_on(h->super);
}

static bool has_object(const struct plan *p, uint32_t process, const char *name)
{
	for (uint32_t i = 0; i < p->objects_len; i++)
		if (p->loops[p->objects[i].loop].process == process &&
		    strcmp(p->objects[i].name, name) == 0)
			return true;
	return false;
}

/* Who waits for room in the queue of that loop cannot be waited for. */
static bool waits_for_room(const struct supervisor *s, uint32_t process, uint32_t loop)
{
	for (uint32_t i = 0; i < s->plan->loops_len; i++)
		if (s->lamps[i].process == process &&
		    s->world.board->loops[i].behind == loop + 1)
			return true;
	return false;
}

const struct plan *pass_plan(const struct supervisor *s, uint32_t loop)
{
	const struct hand *h = host(s, loop);

	return h && h->stale ? h->plan : s->plan;
}

uint32_t pass_awaits(const struct supervisor *s, uint32_t loop)
{
	const struct plan *p = pass_plan(s, loop);

	for (uint32_t k = 0; s->passing && k < s->plan->processes_len; k++) {
		const struct hand *h = &s->hands[k];

		if (!h->stale || k == p->loops[loop].process ||
		    waits_for_room(s, k, loop))
			continue;
		for (uint32_t i = 0; i < p->objects_len; i++)
			if (p->objects[i].loop == loop &&
			    has_object(h->plan, k, p->objects[i].name))
				return k;
	}
	return PLAN_NONE;
}
