/* SPDX-License-Identifier: MIT */
/*
 * A loop is held until all that it comes after was ready once. Who can never be ready
 * any more takes down those that wait for it.
 */
#include "supervisor/follow.h"

#include <sys/wait.h>

#include "base/log.h"
#include "supervisor/pass.h"

static bool process_was_ready(const struct supervisor *s, uint32_t process)
{
	for (uint32_t i = 0; i < s->plan->loops_len; i++)
		if (s->lamps[i].process == process && !s->lamps[i].was_ready)
			return false;
	return true;
}

struct wait {
	const char *name; /* whom it is for; NULL: nobody any more */
	uint32_t id; /* of that in the routes */
	bool never; /* it has ended */
};

static bool process_ended(const struct supervisor *s, uint32_t process)
{
	for (uint32_t i = 0; i < s->plan->loops_len; i++)
		if (s->lamps[i].process == process && s->lamps[i].down &&
		    !s->lamps[i].was_ready)
			return true;
	return false;
}

/* For the first that was never ready. */
static struct wait missing(const struct supervisor *s, const struct plan *p,
			   const struct plan_after *a)
{
	for (uint32_t i = 0; i < a->loops_len; i++) {
		uint32_t l = a->loops[i];

		if (!s->lamps[l].was_ready)
			return (struct wait){p->loops[l].name, s->world.loop_ids[l],
					     s->lamps[l].down};
	}
	for (uint32_t i = 0; i < a->processes_len; i++) {
		uint32_t k = a->processes[i];

		if (!process_was_ready(s, k))
			return (struct wait){p->processes[k].name,
					     s->world.process_ids[k],
					     process_ended(s, k)};
	}
	return (struct wait){0};
}

/* For the old worker of what has moved there. */
static struct wait passing(const struct supervisor *s, uint32_t loop)
{
	uint32_t process = pass_awaits(s, loop);
	struct wait w = {0};

	if (process != PLAN_NONE)
		w.name = s->plan->processes[process].was;
	return w;
}

/* Whom a loop waits for; its line of the board shows it. */
static struct wait look(struct supervisor *s, uint32_t loop)
{
	const struct plan *p = pass_plan(s, loop);
	const struct plan_loop *l = &p->loops[loop];
	struct wait w = missing(s, p, &l->after);

	if (!w.name)
		w = missing(s, p, &p->processes[l->process].after);
	if (!w.name)
		w = passing(s, loop);
	s->world.board->loops[loop].awaits = w.id;
	return w;
}

bool follow_holds(struct supervisor *s, uint32_t loop)
{
	s->lamps[loop].held = look(s, loop).name;
	return s->lamps[loop].held;
}

static void drop(struct supervisor *s, uint32_t loop)
{
	s->lamps[loop].held = false;
	s->lamps[loop].down = true;
	s->world.board->loops[loop].state = BOARD_STOPPED;
	s->world.board->loops[loop].awaits = 0;
	s->cut_short = true; /* what was sent to it is kept */
}

void follow_advance(struct supervisor *s)
{
	for (uint32_t i = 0; i < s->plan->loops_len; i++) {
		struct wait w;

		if (!s->lamps[i].held)
			continue;
		w = look(s, i);
		if (w.never) {
			log_line("sigslot",
				 "loop '%s' does not start: '%s' has ended before it "
				 "was ready",
				 s->plan->loops[i].was, w.name);
			drop(s, i);
			i = UINT32_MAX; /* others may wait for this one */
		} else if (!w.name) {
			s->lamps[i].held = false;
			hand_say(&s->hands[s->lamps[i].process], WIRE_START, i, 0);
		}
	}
}

void follow_drop(struct supervisor *s, uint32_t loop)
{
	if (s->lamps[loop].held)
		drop(s, loop);
}

int follow_status(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void follow_exit(struct supervisor *s, enum upkeep_end on_exit, const char *name,
		 int status)
{
	if (on_exit != UPKEEP_STOP_ALL || s->stop.active)
		return;
	if (!s->status)
		s->status = status;
	log_line("sigslot", "'%s' has ended, and with it all stops", name);
	stop_begin(s, false);
}
