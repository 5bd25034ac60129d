/* SPDX-License-Identifier: MIT */
/*
 * What must be ready before a loop, or all loops of a process, start.
 */
#ifndef PLAN_AFTER_H
#define PLAN_AFTER_H

#include <stdint.h>

/* Loops, then processes: indices in the plan. */
struct plan_after {
	const uint32_t *loops, *processes;
	uint32_t loops_len, processes_len;
};

struct arena;
struct model_after;

/* Copies one into the arena. Returns 0 or -ENOMEM. */
int after_make(struct arena *arena, const struct model_after *from,
	       struct plan_after *to);

#endif
