/* SPDX-License-Identifier: MIT */
/*
 * What is said next to a slot holds: then what its object, its loop and the top say.
 */
#include "plan/fate.h"

#include "topology/model.h"

static bool stops(const struct topology *t, const struct model_object *o,
		  const struct model_fate *slot)
{
	unsigned said = slot->on_error;

	said = said ? said : o->fate.on_error;
	said = said ? said : o->loop->on_error;
	said = said ? said : t->on_error;
	return said == MODEL_STOP;
}

void fate_make(const struct topology *t, const struct model_object *o,
	       const struct model_fate *slot, struct plan_fate *to)
{
	const struct model_fate *retry = slot->retry ? slot : &o->fate;
	const struct model_signal *dead = slot->dead ? slot->dead : o->fate.dead;

	to->mortal = retry->retry || dead;
	to->retries = (uint32_t)retry->retries;
	to->backoff_ns = retry->backoff_ns;
	to->backoff_max_ns = retry->backoff_max_ns;
	if (dead)
		to->dead = dead->index;
	to->stop = stops(t, o, slot);
}
