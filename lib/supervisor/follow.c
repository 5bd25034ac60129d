/* SPDX-License-Identifier: MIT */
/*
 * A loop is held until all that it comes after was ready once. Who can never be ready
 * any more takes down those that wait for it.
 */
#include "supervisor/follow.h"

#include <sys/wait.h>

#include "base/log.h"

static bool process_was_ready(const struct supervisor *s, uint32_t process)
{
	for (uint32_t i = 0; i < s->plan->loops_len; i++)
		if (s->plan->loops[i].process == process && !s->lamps[i].was_ready)
			return false;
	return true;
}

/* The first that was never ready; NULL: all have been. */
static const char *missing(const struct supervisor *s, const struct plan_after *a,
			   bool *ret_never)
{
	const struct plan *p = s->plan;

	for (uint32_t i = 0; i < a->loops_len; i++) {
		*ret_never = s->lamps[a->loops[i]].down;
		if (!s->lamps[a->loops[i]].was_ready)
			return p->loops[a->loops[i]].name;
	}
	for (uint32_t i = 0; i < a->processes_len; i++) {
		if (process_was_ready(s, a->processes[i]))
			continue;
		*ret_never = false;
		for (uint32_t k = 0; k < p->loops_len; k++)
			if (p->loops[k].process == a->processes[i] &&
			    s->lamps[k].down && !s->lamps[k].was_ready)
				*ret_never = true;
		return p->processes[a->processes[i]].name;
	}
	return NULL;
}

/* Whom a loop waits for. */
static const char *waits_for(const struct supervisor *s, uint32_t loop, bool *ret_never)
{
	const struct plan_loop *l = &s->plan->loops[loop];
	const char *name = missing(s, &l->after, ret_never);

	return name ? name
		    : missing(s, &s->plan->processes[l->process].after, ret_never);
}

bool follow_holds(struct supervisor *s, uint32_t loop)
{
	bool never;

	s->lamps[loop].held = waits_for(s, loop, &never);
	return s->lamps[loop].held;
}

static void drop(struct supervisor *s, uint32_t loop)
{
	s->lamps[loop].held = false;
	s->lamps[loop].down = true;
	s->world.board->loops[loop].state = BOARD_STOPPED;
	s->cut_short = true; /* what was sent to it is kept */
}

void follow_advance(struct supervisor *s)
{
	for (uint32_t i = 0; i < s->plan->loops_len; i++) {
		const char *name;
		bool never = false;

		if (!s->lamps[i].held)
			continue;
		name = waits_for(s, i, &never);
		if (name && never) {
			log_line("sigslot",
				 "loop '%s' does not start: '%s' has ended before it "
				 "was ready",
				 s->plan->loops[i].name, name);
			drop(s, i);
			i = UINT32_MAX; /* others may wait for this one */
		} else if (!name) {
			s->lamps[i].held = false;
			hand_say(&s->hands[s->plan->loops[i].process], WIRE_START, i,
				 0);
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
