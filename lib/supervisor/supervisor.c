/* SPDX-License-Identifier: MIT */
/*
 * The process that the user started. It moves no payloads; it knows who is up, decides
 * what happens next, and is the last to leave.
 */
#include "supervisor/supervisor.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/signals.h"
#include "queue/queue.h"
#include "supervisor/lost.h"
#include "supervisor/guest.h"
#include "supervisor/tapped.h"
#include "supervisor/rewire.h"
#include "supervisor/follow.h"
#include "supervisor/fork.h"
#include "supervisor/notify.h"
#include "supervisor/heed.h"
#include "supervisor/pass.h"
#include "supervisor/reload.h"
#include "supervisor/renewal.h"
#include "supervisor/vanish.h"
#include "worker/stray.h"
#include "worker/worker.h"

enum { LEAVE_S = 2 };

static void loop_down(struct supervisor *s, struct hand *h, uint32_t loop)
{
	s->lamps[loop].up = s->lamps[loop].ready = false;
	s->lamps[loop].down = !h->restarting || !pass_leaves(s, loop);
	lane_emit_exit(s, PLAN_LOOP, loop, 0,
		       s->lamps[loop].down ? "stopped" : "restart");
	if (s->lamps[loop].down) {
		follow_exit(s, s->plan->loops[loop].on_exit, s->plan->loops[loop].was,
			    0);
		follow_advance(s);
	}
}

static void loop_up(struct supervisor *s, uint32_t loop)
{
	s->lamps[loop] = (struct lamp){.process = s->lamps[loop].process,
				       .up = true,
				       .was_ready = s->lamps[loop].was_ready,
				       .sources = s->lamps[loop].sources};
}

static void loop_ready(struct supervisor *s, struct hand *h, uint32_t loop)
{
	if (!s->lamps[loop].up)
		loop_up(s, loop);
	s->lamps[loop].ready = s->lamps[loop].was_ready = true;
	follow_advance(s);
	for (uint32_t i = 0; i < s->plan->loops_len; i++)
		if (s->lamps[i].process == h->index && !s->lamps[i].ready)
			return;
	lane_emit(s, PLAN_PROCESS, h->index, "ready", "null");
}

static void command_ended(struct supervisor *s, const struct plan *p, uint32_t slot,
			  uint64_t how)
{
	const struct plan_slot *of = &p->slots[slot];
	struct lamp *lamp = &s->lamps[of->loop];

	if (of->kind == PLAN_SOURCE && lamp->sources)
		lamp->sources--;
	if (how & WIRE_BY_ITSELF)
		follow_exit(s, of->upkeep.on_exit,
			    plan_owner_name(p, of->owner, of->owned_by),
			    follow_status((int32_t)how));
	if (how & WIRE_GIVEN_UP && !s->status)
		s->status = 1;
}

static void faulted(struct supervisor *s, struct hand *h, uint32_t loop)
{
	h->fault = true;
	if (loop == PLAN_NONE)
		return; /* it ends by itself */
	s->cut_short = true;
	child_kill(&h->child, SIGKILL);
}

void super_heard(struct supervisor *s, struct hand *h, const struct wire *p)
{
	bool known = p->index < s->plan->loops_len;
	struct lamp *lamp = known && s->lamps[p->index].process == h->index
				    ? &s->lamps[p->index]
				    : NULL;

	if (p->op == WIRE_UP && lamp)
		loop_up(s, p->index);
	else if (p->op == WIRE_READY && lamp)
		loop_ready(s, h, p->index);
	else if (p->op == WIRE_ENDED && p->index < h->plan->slots_len)
		command_ended(s, h->plan, p->index, p->value);
	else if (p->op == WIRE_ERROR && lamp)
		order_loop(s, "terminate", p->index);
	else if (p->op == WIRE_RENEWED)
		renewal_done(h);
	else if (p->op == WIRE_SPENT)
		rewire_spent(s, p->value);
	else if (p->op == WIRE_FAULT)
		faulted(s, h, p->index);
	else if (p->op == WIRE_PHASE && lamp)
		lamp->phase = (enum phase)p->value;
	if (p->op == WIRE_PHASE && lamp && lamp->phase == PHASE_DOWN)
		loop_down(s, h, p->index);
	stop_advance(s);
	super_check(s);
}

static const char *reason_of(int status)
{
	return WIFSIGNALED(status)   ? "killed"
	       : WEXITSTATUS(status) ? "failed"
				     : "ended";
}

void super_lost(struct supervisor *s, struct hand *h, int status)
{
	const char *name = hand_process(h)->name;
	char how[64];

	for (uint32_t i = 0; i < s->plan->loops_len; i++)
		if (s->lamps[i].process == h->index && s->lamps[i].up)
			lane_emit_exit(s, PLAN_LOOP, i, status, reason_of(status));
	lane_emit_exit(s, PLAN_PROCESS, h->index, status, reason_of(status));
	if (h->leaving)
		return;
	if (WIFSIGNALED(status))
		snprintf(how, sizeof(how), "was ended by SIG%s",
			 sigabbrev_np(WTERMSIG(status)));
	else
		snprintf(how, sizeof(how), "ended with status %d", WEXITSTATUS(status));
	log_line("sigslot", "process '%s' %s", name, how);
	lost_keep(s, FAILURE_DIED, name, status, how);
}

static bool all_ready(const struct supervisor *s)
{
	for (uint32_t i = 0; i < s->plan->loops_len; i++)
		if (!s->lamps[i].ready && !s->lamps[i].down)
			return false;
	return true;
}

static void check_ready(struct supervisor *s)
{
	if (s->reloading && !s->passing && !s->stop.active && all_ready(s))
		notify_reloaded(s);
	if (s->ready || s->given_up || s->stop.active || !all_ready(s))
		return;
	s->ready = true;
	s->world.board->state = BOARD_READY;
	notify_say(s, "READY=1\nMAINPID=%d\nSTATUS=ready", (int)getpid());
	if (s->options->ready)
		s->options->ready(s->options->data);
	reserve_begin(s);
}

static void check_idle(struct supervisor *s)
{
	unsigned sources = 0;

	if (!s->until_idle || !s->ready || s->stop.active)
		return;
	for (uint32_t i = 0; i < s->plan->loops_len; i++)
		sources += s->lamps[i].down ? 0 : s->lamps[i].sources;
	if (!sources)
		stop_when_idle(s);
}

static void too_late(struct timer *t, uint64_t now)
{
	(void)now;
	hand_kill_all(container_of(t, struct supervisor, deadline));
}

void super_deadline(struct supervisor *s, unsigned seconds)
{
	s->deadline.fire = too_late;
	loop_arm(&s->loop, &s->deadline, clock_now() + seconds * NS_PER_S);
}

static void check_end(struct supervisor *s)
{
	bool alive = false;

	for (uint32_t i = 0; i < s->plan->loops_len; i++)
		if (!s->lamps[i].down)
			return;
	if (!s->ending) {
		s->ending = true;
		guest_end_all(s);
		tapped_end_all(s);
		s->world.board->state = BOARD_DRAINING;
		outbox_flush(&s->outbox);
		super_deadline(s, LEAVE_S);
		for (uint32_t i = 0; i < s->plan->processes_len; i++)
			hand_leave(&s->hands[i], false);
	}
	for (uint32_t i = 0; i < s->plan->processes_len; i++)
		alive = alive || s->hands[i].alive;
	if (!alive)
		loop_quit(&s->loop);
}

void super_check(struct supervisor *s)
{
	check_ready(s);
	pass_advance(s);
	order_restarts(s);
	reload_check(s);
	if (s->given_up && !s->stop.now && !timer_armed(&s->stop.look))
		stop_begin(s, false);
	check_idle(s);
	check_end(s);
	control_update(s);
}

static int set_up(struct supervisor *s, struct sigslot_error *err)
{
	const struct plan *p = s->plan;
	int r = instance_make(p, &s->home, &s->world, err);

	if (r < 0)
		return r;
	r = hand_room(s, err);
	if (r < 0)
		return r;
	if (account_begin(s) < 0)
		return fail(err, -ENOMEM, "out of memory");
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	r = journal_open(s, err);
	if (r == 0)
		r = heed_open(s, err);
	s->world.signals = signals_changed();
	if (r == 0)
		r = identity_open(s->world.dir, SUPERVISOR_IDENTITY, &s->identity, err);
	if (r == 0)
		r = lane_open(s, err);
	if (r == 0)
		r = control_open(s, err);
	if (r == 0)
		vanish_open(s);
	return r;
}

static int start_all(struct supervisor *s, struct sigslot_error *err)
{
	int r;

	setenv(STRAY_MARK, s->world.run, 1);
	if (routes_generation(s->world.routes) > 1) {
		guest_clear(s);
		hand_recover(s); /* what the last run's workers held */
	}
	r = hands_start(s, 0, s->plan->processes_len, err);
	if (r < 0)
		stop_begin(s, true);
	return r;
}

static void tear_down(struct supervisor *s, bool ran)
{
	bool remove = (ran || s->home.fresh) && instance_queued(&s->world) == 0;

	loop_disarm(&s->loop, &s->deadline);
	loop_disarm(&s->loop, &s->emptied);
	loop_disarm(&s->loop, &s->stop.look);
	if (ran)
		stray_kill(s->world.run, NULL);
	vanish_close(s);
	control_close(s);
	if (s->lane)
		lane_close(s);
	journal_close(s);
	heed_close(s);
	identity_close(s->identity);
	failures_close(s->failures);
	for (uint32_t i = 0; s->hands && i < s->plan->processes_len; i++)
		hand_dismiss(&s->hands[i]);
	free(s->hands);
	free(s->lamps);
	free(s->world.leaving);
	free(s->world.emptying);
	free(s->notify);
	account_end(s);
	instance_leave(&s->home, &s->world, remove);
	loop_done(&s->loop);
}

int supervisor_run(struct wiring *wiring, const struct supervisor_options *options,
		   struct sigslot_error *err)
{
	struct supervisor s = {
		.wiring = wiring, .plan = wiring_plan(wiring), .options = options};
	int r = fork_places(s.plan, err), status;
	bool ran = false;

	if (r < 0)
		return r;
	r = loop_init(&s.loop);
	s.until_idle = options->until_idle;
	notify_open(&s);
	if (r == 0)
		r = set_up(&s, err);
	if (r == 0) {
		ran = true;
		r = start_all(&s, err);
		status = loop_run(&s.loop);
		r = r < 0 ? r : status;
	}
	status = ran ? account_settle(&s) : 0;
	tear_down(&s, ran);
	return r < 0 ? r : status;
}
