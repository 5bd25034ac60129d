/* SPDX-License-Identifier: MIT */
/*
 * Brings an instance down in the order of the flow.
 *
 * First all sources and timers end. Then the loops of one rank after the other are
 * drained, say their last, and go down. Loops of one rank form a cycle or do not feed
 * each other: they are drained when all of their queues are empty at once, which is
 * final because outputs are queued before their inputs are acknowledged.
 */
#include "base/clock.h"
#include "base/log.h"
#include "queue/queue.h"
#include "supervisor/follow.h"
#include "supervisor/notify.h"

enum {
	NOW_S = 7, /* more than a worker gives its commands */
	LOOK_S = 2,
	PATIENCE_S = 10,
};

enum { SHOWN = 8 };

static const uint32_t everybody = UINT32_MAX;

static bool concerns(const struct supervisor *s, uint32_t loop)
{
	return !s->lamps[loop].down &&
	       (s->stop.rank == everybody || s->plan->loops[loop].rank == s->stop.rank);
}

static uint64_t queued(const struct supervisor *s, uint32_t loop)
{
	struct queue_counts counts;

	return queue_peek(s->world.queues, s->plan->loops[loop].was, &counts, NULL) == 0
		       ? counts.records
		       : 0;
}

/*
 * How many messages of the named queues that the loop takes from are held by nobody,
 * and a number that changes whenever something happens there.
 */
static uint64_t queued_before(const struct supervisor *s, uint32_t loop,
			      uint64_t *ret_progress)
{
	const struct plan_loop *l = &s->plan->loops[loop];
	uint64_t waiting = 0;

	*ret_progress = 1; /* 0: not asked yet */
	for (uint32_t i = 0; i < l->intakes_len; i++) {
		uint32_t queue = s->plan->intakes[l->first_intake + i];
		struct queue_counts c;

		if (queue_peek(s->world.queues, s->plan->queues[queue].name, &c, NULL) <
		    0)
			continue;
		waiting += c.records - c.leased;
		*ret_progress += c.pushed + c.acked + c.redelivered;
	}
	return waiting;
}

/* What a loop has left although nothing happened since, none of its slots can take. */
static bool has_more(const struct supervisor *s, uint32_t loop)
{
	uint64_t progress, waiting = queued_before(s, loop, &progress);

	return queued(s, loop) || (waiting && progress != s->lamps[loop].progress);
}

static void ask(struct supervisor *s, uint32_t loop, enum phase phase)
{
	struct lamp *lamp = &s->lamps[loop];
	struct hand *h = &s->hands[s->lamps[loop].process];

	if (!lamp->up)
		return;
	lamp->asked = phase;
	queued_before(s, loop, &lamp->progress);
	if (lamp->phase >= phase)
		lamp->phase = phase - 1;
	hand_say(h, WIRE_PHASE, loop, phase);
}

/* Asks whom it concerns and was not asked yet. True: all are there. */
static bool all_reached(struct supervisor *s)
{
	bool all = true;

	for (uint32_t i = 0; i < s->plan->loops_len; i++) {
		if (!concerns(s, i))
			continue;
		if (s->lamps[i].phase < s->stop.phase &&
		    s->lamps[i].asked < s->stop.phase)
			ask(s, i, s->stop.phase);
		all = all && s->lamps[i].phase >= s->stop.phase;
	}
	return all;
}

/* Whether something came in behind; then those drain once more. */
static bool drain_again(struct supervisor *s)
{
	bool again = false;

	for (uint32_t i = 0; i < s->plan->loops_len; i++)
		again = again || (concerns(s, i) && has_more(s, i));
	if (!again)
		return false;
	s->stop.phase = PHASE_DRAINED;
	for (uint32_t i = 0; i < s->plan->loops_len; i++)
		if (concerns(s, i) &&
		    (has_more(s, i) || s->lamps[i].phase > PHASE_DRAINED))
			ask(s, i, PHASE_DRAINED);
	return true;
}

static bool next_rank(struct supervisor *s)
{
	uint32_t best = everybody;

	for (uint32_t i = 0; i < s->plan->loops_len; i++)
		if (!s->lamps[i].down && s->plan->loops[i].rank < best)
			best = s->plan->loops[i].rank;
	s->stop.rank = best;
	s->stop.phase = PHASE_DRAINED;
	s->stop.since = clock_now();
	return best != everybody;
}

void stop_advance(struct supervisor *s)
{
	if (!s->stop.active || s->stop.now || s->passing)
		return;
	while (all_reached(s)) {
		if (s->stop.phase == PHASE_QUIET || s->stop.phase == PHASE_DOWN) {
			if (!next_rank(s))
				return;
		} else if (!drain_again(s)) {
			s->stop.phase++;
		} else {
			return;
		}
	}
}

static void end_now(struct supervisor *s)
{
	for (uint32_t i = 0; i < s->plan->loops_len; i++) {
		if (s->lamps[i].down)
			continue;
		if (s->hands[s->lamps[i].process].alive)
			hand_say(&s->hands[s->lamps[i].process], WIRE_NOW, i, 0);
		else
			s->lamps[i].down = true;
	}
	for (uint32_t i = 0; i < s->plan->processes_len; i++)
		hand_let_go(&s->hands[i]);
	super_deadline(s, NOW_S);
}

static bool drains(const struct supervisor *s, uint32_t slot)
{
	uint32_t loop = s->plan->slots[slot].loop;

	return loop != PLAN_NONE && concerns(s, loop);
}

/* Whether a target is a slot of a loop that is drained now, or a queue before one. */
static bool leads_there(const struct supervisor *s, const struct plan_target *t)
{
	const struct plan *p = s->plan;
	const struct plan_queue *q = &p->queues[t->queue];

	if (t->slot != PLAN_NONE)
		return drains(s, t->slot);
	for (uint32_t i = 0; i < q->slots_len; i++)
		if (drains(s, p->takers[q->first_slot + i]))
			return true;
	return false;
}

/* Whether loops that are drained now feed each other, and so may do it for ever. */
static bool circling(const struct supervisor *s)
{
	const struct plan *p = s->plan;

	for (uint32_t i = 0; i < p->signals_len; i++) {
		const struct plan_signal *from = &p->signals[i];

		if (from->owner != PLAN_OBJECT ||
		    !concerns(s, p->objects[from->owned_by].loop))
			continue;
		for (uint32_t k = 0; k < from->targets_len; k++)
			if (leads_there(s, &p->targets[from->first_target + k]))
				return true;
	}
	return false;
}

/* A loop that is down with a full queue: those that feed it never get rid of theirs. */
static const char *choked(const struct supervisor *s)
{
	for (uint32_t i = 0; i < s->plan->loops_len; i++) {
		struct queue_counts c;

		if (s->lamps[i].down &&
		    queue_peek(s->world.queues, s->plan->loops[i].was, &c, NULL) == 0 &&
		    c.used > c.size / 2)
			return s->plan->loops[i].was;
	}
	return NULL;
}

static bool taken_from(const struct supervisor *s, const struct plan_queue *q)
{
	for (uint32_t i = 0; i < q->slots_len; i++)
		if (!s->lamps[s->plan->slots[s->plan->takers[q->first_slot + i]].loop]
			     .down)
			return true;
	return false;
}

/* The same for a named queue: somebody waits for room that no loop will make. */
static const char *clogged(const struct supervisor *s)
{
	for (uint32_t i = 0; i < s->plan->queues_len; i++) {
		const struct plan_queue *q = &s->plan->queues[i];
		struct queue_counts c;

		if (!taken_from(s, q) &&
		    queue_peek(s->world.queues, q->name, &c, NULL) == 0 && c.wanted)
			return q->name;
	}
	return NULL;
}

static void look(struct timer *t, uint64_t now);

static void look_later(struct supervisor *s, uint64_t now)
{
	uint64_t due = clock_after(now, LOOK_S * NS_PER_S), limit = s->stop.limit;

	s->stop.look.fire = look;
	loop_arm(&s->loop, &s->stop.look, limit > now && limit < due ? limit : due);
}

static void look(struct timer *t, uint64_t now)
{
	struct supervisor *s = container_of(t, struct supervisor, stop.look);
	bool patient = now - s->stop.since < PATIENCE_S * NS_PER_S;
	bool late = now >= s->stop.limit;
	const char *full = choked(s), *kept = patient ? NULL : clogged(s);
	_buf_ struct buf waiting = {0};
	char time[32];

	if (s->stop.now || s->ending)
		return;
	look_later(s, now);
	if (patient && !full && !late)
		return;
	stop_describe(s, &waiting);
	if (late)
		log_line("sigslot",
			 "stopped at once after %s, its `stop_timeout`; not done: %s",
			 unit_duration_text(s->plan->stop_timeout_ns, time),
			 waiting.size ? waiting.data : "");
	else if (full)
		log_line("sigslot",
			 "stopped at once: the queue of '%s', which has stopped, is "
			 "full; %s cannot be drained",
			 full, waiting.size ? waiting.data : "");
	else if (kept)
		log_line("sigslot",
			 "stopped at once after %d s: the queue '%s', which no loop "
			 "takes from, is full; %s cannot be drained",
			 PATIENCE_S, kept, waiting.size ? waiting.data : "");
	else if (s->given_up || circling(s))
		log_line("sigslot", "stopped at once after %d s: not drained: %s",
			 PATIENCE_S, waiting.size ? waiting.data : "");
	else
		return;
	stop_begin(s, true);
}

void stop_go_on(struct supervisor *s)
{
	if (!s->stop.active || s->stop.now)
		return;
	for (uint32_t i = 0; i < s->plan->loops_len; i++)
		follow_drop(s, i);
	stop_advance(s);
}

static void drain(struct supervisor *s)
{
	if (s->stop.active)
		return;
	s->world.board->state = BOARD_DRAINING;
	s->stop.active = true;
	notify_say(s, "STOPPING=1\nSTATUS=stopping in the order of the flow");
	s->stop.phase = PHASE_QUIET;
	s->stop.rank = everybody;
	s->stop.since = clock_now();
	if (!s->passing)
		stop_go_on(s);
}

/* Of a stop that was asked for: that all sources have ended is no reason to hurry. */
static uint64_t deadline(const struct supervisor *s, uint64_t now)
{
	uint64_t ns = s->plan->stop_timeout_ns;

	return ns ? clock_after(now, ns) : UINT64_MAX;
}

void stop_begin(struct supervisor *s, bool now)
{
	uint64_t now_ns = clock_now();

	if (now) {
		s->world.board->state = BOARD_DRAINING;
		s->stop.active = s->stop.now = true;
		s->cut_short = true;
		notify_say(s, "STOPPING=1\nSTATUS=stopping at once");
		for (uint32_t i = 0; i < s->plan->loops_len; i++)
			follow_drop(s, i);
		end_now(s);
	} else {
		if (!s->stop.limit)
			s->stop.limit = deadline(s, now_ns);
		look_later(s, now_ns);
		drain(s);
	}
	super_check(s);
}

void stop_when_idle(struct supervisor *s)
{
	drain(s);
	super_check(s);
}

void stop_describe(struct supervisor *s, struct buf *out)
{
	unsigned shown = 0, more = 0;

	for (uint32_t i = 0; i < s->plan->loops_len; i++) {
		uint64_t left, progress;

		if (s->lamps[i].down || (!s->stop.now && !concerns(s, i)))
			continue;
		if (shown == SHOWN) {
			more++;
			continue;
		}
		left = queued(s, i) + queued_before(s, i, &progress);
		buf_addf(out, "%s%s", shown++ ? ", " : "", s->plan->loops[i].was);
		if (left)
			buf_addf(out, " (%llu message%s)", (unsigned long long)left,
				 left == 1 ? "" : "s");
	}
	if (more)
		buf_addf(out, " and %u more", more);
}
