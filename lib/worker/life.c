/* SPDX-License-Identifier: MIT */
/*
 * How a loop comes up and goes down: a table of phases, each with what begins it and
 * what it waits for.
 */
#include "worker/life.h"

#include <signal.h>

#include "base/clock.h"
#include "base/log.h"
#include "slot/resident.h"
#include "worker/job.h"
#include "worker/receiver.h"
#include "worker/tick.h"

enum { PATIENCE_S = 5 };

static void emit_member(struct turn *t, const char *name)
{
	static const struct payload nothing = {"null", 4};
	uint32_t signal =
		worker_signal(t->worker->world->plan, PLAN_LOOP, t->index, name);
	struct sigslot_error err = {0};

	if (signal != PLAN_NONE &&
	    worker_emit(t->worker, signal, &nothing, t, NULL, true, &err) < 0)
		log_line("sigslot", "%s", err.text);
}

int life_start(struct turn *t, struct sigslot_error *err)
{
	const struct plan *p = t->worker->world->plan;

	t->phase = t->begun = t->goal = PHASE_UP;
	t->end_seq = UINT64_MAX;
	t->now = t->halted = t->keeps = false;
	vec_each(r, &t->receivers) {
		int code = receiver_open(*r, err);

		if (code < 0)
			return fail_in(err, code, "loop '%s': %s",
				       p->loops[t->index].name, (*r)->spec.object);
	}
	t->up = true;
	t->ready = false;
	emit_member(t, "start");
	vec_each(k, &t->ticks)
		if (!p->objects[(*k)->object].timer.disabled)
			ticker_start(&(*k)->ticker, &t->worker->loop);
	life_changed(t);
	if (!t->ready)
		worker_say(t->worker, WIRE_UP, t->index, 0);
	turn_look(t);
	turn_pump(t);
	return 0;
}

/* Shows a command that waits for its next start, or has not said that it is ready. */
void life_changed(struct turn *t)
{
	bool starting = false;
	uint64_t next = 0;

	vec_each(r, &t->receivers) {
		const struct slot *s = (*r)->slot;

		if (!s || (*r)->ended)
			continue;
		starting = starting || s->starting;
		if (s->next && (!next || s->next < next))
			next = s->next;
	}
	t->board->next = next;
	if (!t->up || t->goal != PHASE_UP)
		return;
	t->board->state = next	     ? BOARD_WAITING
			  : starting ? BOARD_STARTING
				     : BOARD_READY;
	if (t->ready || starting)
		return;
	t->ready = true;
	worker_say(t->worker, WIRE_READY, t->index, 0);
}

/* Who has ended meanwhile, or does not wait for it, has not said so. */
void life_herald(struct worker *w, uint32_t id)
{
	for (uint32_t i = 0; i < w->world->plan->loops_len; i++) {
		struct turn *t = w->turns[i];

		if (!t || !t->up)
			continue;
		vec_each(r, &t->receivers)
			if ((*r)->slot && w->world->object_ids[(*r)->object] == id)
				resident_herald((*r)->slot);
	}
}

void life_fault(struct turn *t)
{
	if (!t->up || t->ready || t->goal != PHASE_UP)
		return;
	log_line("sigslot",
		 "loop '%s' cannot start: a command of it never became ready",
		 t->board->name);
	worker_say(t->worker, WIRE_FAULT, t->index, ECHILD);
}

static void begin_quiet(struct turn *t)
{
	t->board->state = BOARD_DRAINING;
	vec_each(k, &t->ticks)
		ticker_stop(&(*k)->ticker);
	vec_each(r, &t->receivers)
		if (!(*r)->spec.kind->takes && (*r)->slot && !(*r)->ended)
			slot_finish((*r)->slot);
}

/* Whether every resident has ended; sources only, or all. */
static bool ended(struct turn *t, bool sources_only)
{
	vec_each(r, &t->receivers) {
		if (sources_only && (*r)->spec.kind->takes)
			continue;
		if ((*r)->spec.kind->finish && (*r)->slot && !(*r)->ended)
			return false;
	}
	return t->now || !t->outgoing;
}

static bool quiet(struct turn *t)
{
	return ended(t, true);
}

static void begin_drain(struct turn *t)
{
	turn_look(t);
	turn_pump_later(t);
}

static bool drained(struct turn *t)
{
	if (!t->now)
		return turn_idle(t);
	vec_each(r, &t->receivers)
		if ((*r)->slot && (*r)->running)
			return false;
	return true;
}

static void begin_finish(struct turn *t)
{
	vec_each(r, &t->receivers)
		if ((*r)->spec.kind->takes && (*r)->spec.kind->finish && (*r)->slot &&
		    !(*r)->ended)
			slot_finish((*r)->slot);
}

static bool finished(struct turn *t)
{
	return ended(t, false);
}

static void begin_down(struct turn *t)
{
	emit_member(t, "terminate");
	outbox_flush(&t->worker->outbox);
}

static bool down(struct turn *t)
{
	return t->now || !t->outgoing;
}

static const struct {
	void (*begin)(struct turn *);
	bool (*reached)(struct turn *);
} steps[] = {
	[PHASE_QUIET] = {begin_quiet, quiet},
	[PHASE_DRAINED] = {begin_drain, drained},
	[PHASE_FINISHED] = {begin_finish, finished},
	[PHASE_DOWN] = {begin_down, down},
};

/* What came after a stop is dropped, and counted. */
static void drop_rest(struct turn *t)
{
	int64_t n = t->end_seq == UINT64_MAX || t->now || t->keeps
			    ? 0
			    : queue_purge(t->intakes.at[0]->queue);

	if (n <= 0)
		return;
	board_add(&t->board->dropped, (uint64_t)n);
	log_line(t->board->name,
		 "%lld messages dropped: they came after it was stopped", (long long)n);
}

static void go_down(struct turn *t)
{
	t->up = false;
	for (unsigned i = 0; i < t->intakes.len; i++)
		intake_unwatch(t->intakes.at[i]);
	turn_trust(t);
	loop_disarm(&t->worker->loop, &t->kill);
	vec_each(r, &t->receivers) {
		slot_close((*r)->slot);
		(*r)->slot = NULL;
	}
	job_abandon(t);
	if (t->now)
		outbox_drop(&t->worker->outbox, t);
	turn_abandon(t);
	for (unsigned i = 0; i < t->intakes.len; i++)
		intake_settle(t->intakes.at[i]);
	drop_rest(t);
	if (!t->now)
		once_spent_all(
			t); /* what was theirs is done, or dropped with the rest */
	t->board->state = BOARD_STOPPED;
	t->board->busy = 0;
}

void life_check(struct turn *t)
{
	if (t->checking || !t->up)
		return;
	t->checking = true;
	while (t->up && t->phase < t->goal) {
		enum phase next = t->phase + 1;

		if (t->begun < next) {
			t->begun = next;
			steps[next].begin(t);
		}
		if (!steps[next].reached(t))
			break;
		t->phase = next;
		if (next == PHASE_DOWN)
			go_down(t);
		worker_say(t->worker, WIRE_PHASE, t->index, next);
	}
	t->checking = false;
}

/* Residents that have said their last are started again: there is more to be done. */
static void resume(struct turn *t)
{
	struct sigslot_error err = {0};

	vec_each(r, &t->receivers) {
		if (!(*r)->spec.kind->takes || !(*r)->ended)
			continue;
		slot_close((*r)->slot);
		(*r)->slot = NULL;
		if (receiver_open(*r, &err) < 0)
			log_line("sigslot", "%s", err.text);
	}
}

void life_goal(struct turn *t, enum phase goal)
{
	if (!t->up)
		return;
	if (goal <= t->phase) {
		bool again = t->begun >= PHASE_FINISHED;

		t->phase = t->begun = goal - 1;
		if (again)
			resume(t);
	}
	t->goal = goal;
	turn_pump_later(t);
	life_check(t);
}

/* What is left is for the next worker, if there is one, and else cut short. */
static void too_late(struct timer *timer, uint64_t now)
{
	struct turn *t = container_of(timer, struct turn, kill);
	unsigned back = t->open + t->claims_len - t->next;

	(void)now;
	if (!t->keeps) {
		log_line(t->board->name,
			 "ended at once: it did not stop within `stop_timeout`");
		worker_say(t->worker, WIRE_ERROR, t->index, 0);
		return;
	}
	log_line(t->board->name,
		 "ended at once: it did not stop within `stop_timeout`; %u message%s "
		 "that it had begun or taken go%s back",
		 back, back == 1 ? "" : "s", back == 1 ? "es" : "");
	life_now(t);
}

void life_stop(struct turn *t, uint64_t within_ns, bool keeps)
{
	struct queue_counts counts;

	if (!t->up || t->goal == PHASE_DOWN)
		return;
	if (queue_counts(t->intakes.at[0]->queue, &counts) == 0 &&
	    counts.pushed < t->end_seq)
		t->end_seq = counts.pushed;
	t->keeps = t->keeps || keeps;
	t->kill.fire = too_late;
	if (within_ns)
		loop_arm(&t->worker->loop, &t->kill,
			 clock_after(clock_now(), within_ns));
	turn_look(t);
	life_goal(t, PHASE_DOWN);
}

static void kill_all(struct timer *timer, uint64_t now)
{
	struct turn *t = container_of(timer, struct turn, kill);

	(void)now;
	vec_each(r, &t->receivers)
		if ((*r)->slot)
			slot_kill((*r)->slot, SIGKILL);
}

/* What a filter has not read is lost with it: it was acknowledged, so it is counted. */
static void end_filter(struct receiver *r)
{
	size_t lost = slot_unread(r->slot);

	if (lost)
		log_line(r->spec.object, "%zu messages that it had not read are lost",
			 lost);
	board_add(&r->turn->board->failed, lost);
	slot_close(r->slot);
	r->slot = NULL;
}

static void end_slot(struct receiver *r)
{
	bool filter =
		r->spec.kind->resident && r->spec.kind->takes && r->spec.kind->hold;

	if (filter) {
		end_filter(r);
		return;
	}
	slot_hold(r->slot, false);
	if (r->spec.kind->resident && !r->ended)
		slot_finish(r->slot);
	slot_kill(r->slot, SIGTERM);
}

void life_now(struct turn *t)
{
	if (!t->up)
		return;
	t->kill.fire = kill_all;
	if (t->now) {
		kill_all(&t->kill, 0);
		return;
	}
	t->now = true;
	t->goal = PHASE_DOWN;
	loop_arm(&t->worker->loop, &t->kill, clock_now() + PATIENCE_S * NS_PER_S);
	turn_unclaim(t);
	t->held = false;
	vec_each(r, &t->receivers)
		if ((*r)->slot)
			end_slot(*r);
	turn_pump_later(t);
	life_check(t);
}
