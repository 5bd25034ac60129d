/* SPDX-License-Identifier: MIT */
/*
 * What can be asked of loops, processes, timers and the instance: tables of verbs, for
 * the control socket and for connections to members alike.
 */
#include <signal.h>
#include <string.h>

#include "base/log.h"
#include "supervisor/follow.h"
#include "supervisor/pass.h"
#include "supervisor/renewal.h"

static struct hand *hand_of(struct supervisor *s, uint32_t loop)
{
	return &s->hands[s->lamps[loop].process];
}

static void stop_loop(struct supervisor *s, uint32_t loop)
{
	follow_drop(s, loop);
	if (!s->lamps[loop].down)
		hand_say(hand_of(s, loop), WIRE_STOP, loop, s->plan->stop_timeout_ns);
}

static void end_loop(struct supervisor *s, uint32_t loop)
{
	s->cut_short = true;
	follow_drop(s, loop);
	if (!s->lamps[loop].down)
		hand_say(hand_of(s, loop), WIRE_NOW, loop, 0);
}

static void start_loop(struct supervisor *s, uint32_t loop)
{
	struct hand *h = hand_of(s, loop);
	struct lamp *lamp = &s->lamps[loop];

	if (lamp->up || s->stop.active)
		return;
	if (h->stale && pass_leaves(s, loop))
		return; /* it comes again by itself */
	*lamp = (struct lamp){.process = lamp->process, .was_ready = lamp->was_ready};
	s->world.board->loops[loop].state = BOARD_STARTING;
	if (h->alive && !h->leaving)
		hand_say(h, WIRE_START, loop, 0);
	else if (h->alive)
		h->again = true;
	else
		hand_start(h, NULL);
}

static void kill_process(struct supervisor *s, uint32_t process)
{
	child_kill(&s->hands[process].child, SIGKILL);
}

static void restart_process(struct supervisor *s, uint32_t process)
{
	struct hand *h = &s->hands[process];

	h->owed = h->stale && !h->anew; /* some of its loops go on */
	if (h->restarting || h->stale)
		return; /* its loops are on their way down already */
	budget_clear(&h->budget);
	for (uint32_t i = 0; i < s->plan->loops_len; i++) {
		if (s->lamps[i].process != process)
			continue;
		if (h->alive && s->lamps[i].up)
			hand_say(h, WIRE_LEAVE, i, s->plan->stop_timeout_ns);
		s->lamps[i] =
			(struct lamp){.process = process,
				      .phase = s->lamps[i].up ? PHASE_UP : PHASE_DOWN,
				      .was_ready = s->lamps[i].was_ready};
		s->world.board->loops[i].state = BOARD_STARTING;
	}
	h->restarting = h->alive;
	if (h->alive)
		super_check(s);
	else
		hand_start(h, NULL);
}

/* None of its loops is about to start. */
static bool settled(const struct supervisor *s, uint32_t process)
{
	for (uint32_t i = 0; i < s->plan->loops_len; i++) {
		const struct lamp *lamp = &s->lamps[i];

		if (lamp->process == process && !lamp->up && !lamp->down && !lamp->held)
			return false;
	}
	return true;
}

/*
 * A process that is restarted leaves when the last of its loops is down. One of which
 * only loops were to be goes on with the newest plan.
 */
void order_restarts(struct supervisor *s)
{
	for (uint32_t i = 0; i < s->plan->processes_len; i++) {
		struct hand *h = &s->hands[i];
		bool all;

		if (h->owed && !h->stale && !s->stop.active && settled(s, i))
			restart_process(s, i);
		all = h->restarting;
		for (uint32_t k = 0; all && k < s->plan->loops_len; k++)
			all = s->lamps[k].process != i || !pass_leaves(s, k) ||
			      s->lamps[k].phase == PHASE_DOWN;
		if (!all || (h->stale && !pass_done(h)))
			continue;
		h->restarting = false;
		if (h->stale && !h->anew)
			renewal_begin(h);
		else
			hand_leave(h, *s->plan->processes[i].name);
	}
}

static void kill_loop(struct supervisor *s, uint32_t loop)
{
	kill_process(s, s->lamps[loop].process);
}

static void restart_loop(struct supervisor *s, uint32_t loop)
{
	restart_process(s, s->lamps[loop].process);
}

static const struct verb {
	const char *name;
	void (*loop)(struct supervisor *, uint32_t loop);
	void (*process)(struct supervisor *, uint32_t process); /* NULL: each loop */
} verbs[] = {
	{"stop", stop_loop, NULL},
	{"terminate", end_loop, NULL},
	{"start", start_loop, NULL},
	{"kill", kill_loop, kill_process},
	{"restart", restart_loop, restart_process},
};

static const struct verb *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

int order_loop(struct supervisor *s, const char *verb, uint32_t loop)
{
	const struct verb *v = find(verb);

	if (!v)
		return -EINVAL;
	v->loop(s, loop);
	return 0;
}

int order_process(struct supervisor *s, const char *verb, uint32_t process)
{
	const struct verb *v = find(verb);

	if (!v)
		return -EINVAL;
	if (v->process) {
		v->process(s, process);
		return 0;
	}
	for (uint32_t i = 0; i < s->plan->loops_len; i++)
		if (s->lamps[i].process == process)
			v->loop(s, i);
	return 0;
}

int order_object(struct supervisor *s, const char *verb, uint32_t object)
{
	static const struct {
		const char *verb;
		enum wire_op op;
		uint64_t value;
	} wishes[] = {
		{"start", WIRE_TIMER, true},
		{"stop", WIRE_TIMER, false},
		{"ready", WIRE_HERALD, 0},
	};
	uint32_t loop = s->plan->objects[object].loop;

	for (size_t i = 0; i < ARRAY_LEN(wishes); i++) {
		if (strcmp(wishes[i].verb, verb) != 0)
			continue;
		hand_say(hand_of(s, loop), wishes[i].op, s->world.object_ids[object],
			 wishes[i].value);
		return 0;
	}
	return -EINVAL;
}

int order_instance(struct supervisor *s, const char *verb)
{
	if (strcmp(verb, "stop") == 0 || strcmp(verb, "terminate") == 0) {
		stop_begin(s, *verb == 't');
		return 0;
	}
	if (strcmp(verb, "idle") == 0) {
		s->until_idle = true;
		super_check(s);
		return 0;
	}
	for (uint32_t i = 0; i < s->plan->processes_len; i++)
		if (order_process(s, verb, i) < 0)
			return -EINVAL;
	return 0;
}
