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

/* A slot, or a signal: an address says only the name of what it means. */
static bool has_member(const struct plan *p, uint32_t object, const char *member)
{
	const struct plan_members *m = &p->objects[object].members;

	for (uint32_t i = 0; i < m->slots_len; i++)
		if (strcmp(p->slots[m->first_slot + i].name, member) == 0)
			return true;
	return worker_signal(p, PLAN_OBJECT, object, member) != PLAN_NONE;
}

const char *spell_member(const struct plan *p, enum plan_owner owner, uint32_t owned_by,
			 const char *member, char out[static 72])
{
	uint32_t object = owner == PLAN_LOOP ? twin(p, owned_by) : PLAN_NONE;

	if (object == PLAN_NONE || !has_member(p, object, member))
		return member;
	snprintf(out, 72, ".%s", member);
	return out;
}
