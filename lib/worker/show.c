/* SPDX-License-Identifier: MIT */
/*
 * What a loop shows of itself: what it is at, and while it takes nothing, on whom it
 * waits.
 */
#include "worker/turn.h"

static bool takes_nothing(const struct turn *t)
{
	for (unsigned i = 0; turn_willing(t) && i < t->intakes.len; i++)
		if (intake_willing(t->intakes.at[i]))
			return false;
	return true;
}

static unsigned commands(struct turn *t)
{
	unsigned len = 0;

	vec_each(r, &t->receivers)
		if ((*r)->lasting)
			len += (*r)->spec.kind->resident ? (*r)->running > 0
							 : (*r)->running;
	return len;
}

static uint32_t serving(struct turn *t)
{
	if (t->open)
		vec_each(r, &t->receivers)
			if ((*r)->lasting && (*r)->running)
				return (*r)->serving;
	return 0;
}

/* For commands that wait for room, so that they see when they wait for themselves. */
void turn_show(struct turn *t)
{
	unsigned engaged = t->up ? commands(t) : 0;
	uint32_t behind = UINT32_MAX;

	if (t->up && takes_nothing(t) && (t->held || (t->outgoing && !engaged)))
		behind = outbox_behind(&t->worker->outbox, t);
	t->board->engaged = engaged;
	t->board->behind = behind + 1;
	t->board->slot = serving(t);
}
