/* SPDX-License-Identifier: MIT */
/*
 * What members are called in the routes.
 */
#include "supervisor/spell.h"

#include <stdio.h>
#include <string.h>

#include "worker/worker.h"

/* The object that shares its loop's name, or NONE. */
static uint32_t twin(const struct plan *p, uint32_t loop)
{
	for (uint32_t i = 0; i < p->objects_len; i++)
		if (p->objects[i].loop == loop &&
		    strcmp(p->objects[i].name, p->loops[loop].name) == 0)
			return i;
	return PLAN_NONE;
}

static bool has_slot(const struct plan *p, uint32_t object, const char *slot)
{
	const struct plan_members *m = &p->objects[object].members;

	for (uint32_t i = 0; i < m->slots_len; i++)
		if (strcmp(p->slots[m->first_slot + i].name, slot) == 0)
			return true;
	return false;
}

const char *spell_member(const struct plan *p, enum plan_owner owner, uint32_t owned_by,
			 const char *member, bool slot, char out[static 72])
{
	uint32_t object = owner == PLAN_LOOP ? twin(p, owned_by) : PLAN_NONE;
	bool taken =
		object != PLAN_NONE &&
		(slot ? has_slot(p, object, member)
		      : worker_signal(p, PLAN_OBJECT, object, member) != PLAN_NONE);

	if (!taken)
		return member;
	snprintf(out, 72, ".%s", member);
	return out;
}
