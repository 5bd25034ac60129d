/* SPDX-License-Identifier: MIT */
/*
 * The processes of a plan, and what happens when one of them dies.
 */
#ifndef PLAN_PROCESS_H
#define PLAN_PROCESS_H

#include <stdint.h>

struct plan_restart {
	enum { PLAN_NEVER, PLAN_ON_FAILURE, PLAN_ALWAYS } when;
	uint64_t backoff_ns, backoff_max_ns;
	uint32_t max; /* restarts within the window, then it is given up */
	uint64_t window_ns;
};

struct plan_process {
	const char *name; /* "main" is the first, if it has a loop */
	const char *const *env; /* NAME=VALUE, NULL-terminated; NULL: none */
	int nice;
	struct plan_restart restart;
};

#endif
