/* SPDX-License-Identifier: MIT */
/*
 * The processes of a plan, and what happens when one of them dies.
 */
#ifndef PLAN_PROCESS_H
#define PLAN_PROCESS_H

#include "base/budget.h"

struct plan_process {
	const char *name; /* "main" is the first, if it has a loop */
	const char *const *env; /* NAME=VALUE, NULL-terminated; NULL: none */
	int nice;
	struct budget_policy restart;
};

#endif
