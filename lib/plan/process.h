/* SPDX-License-Identifier: MIT */
/*
 * The processes of a plan, how they start, and what happens when one of them dies.
 */
#ifndef PLAN_PROCESS_H
#define PLAN_PROCESS_H

#include <stdint.h>

#include "base/upkeep.h"
#include "plan/after.h"
#include "plan/slot.h"

struct plan_process {
	const char *name, *was; /* as of a loop; "main" is the first of a file */
	struct plan_members members;
	const char *const *env; /* NAME=VALUE, NULL-terminated; NULL: none */
	int nice;
	const char *const *shell; /* of init: NULL-terminated, without -c */
	const char *init; /* shell text that runs before its loops start; or NULL */
	struct budget_policy restart;
	enum upkeep_end on_exit;
	struct plan_after after;
	uint64_t sum; /* the same if it, not what runs in it, is written the same */
};

#endif
