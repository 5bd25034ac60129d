/* SPDX-License-Identifier: MIT */
/*
 * Objects that share the name of their loop, and what is told apart then.
 */
#ifndef SUPERVISOR_SPELL_H
#define SUPERVISOR_SPELL_H

#include "plan/plan.h"

/*
 * An object that shares its loop's name may have a `start` of its own, as a signal or a
 * slot: then those of the loop go by a name that no address can spell.
 */
const char *spell_member(const struct plan *p, enum plan_owner owner, uint32_t owned_by,
			 const char *member, char out[static 72]);

#endif
