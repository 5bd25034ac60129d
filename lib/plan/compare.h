/* SPDX-License-Identifier: MIT */
/*
 * What two plans have in common.
 */
#ifndef PLAN_COMPARE_H
#define PLAN_COMPARE_H

#include "plan/plan.h"

/* Whether they have the same connections, in the same order. */
bool compare_connections(const struct plan *a, const struct plan *b);

/*
 * Whether a process that both have is written the same, not counting its loops; whether
 * a loop is in both, in the same process, and it and what is on it are written the
 * same; whether a process and all its loops are.
 */
bool compare_process(const struct plan *a, const struct plan *b, uint32_t process);
bool compare_loop(const struct plan *a, const struct plan *b, uint32_t loop);
bool compare_host(const struct plan *a, const struct plan *b, uint32_t process);

/* Whether b has no signal or slot that a has not. 0, or -ENOEXEC with a sentence. */
int compare_things(const struct plan *a, const struct plan *b,
		   struct sigslot_error *err);

/*
 * Whether what runs by a can go on by b, which was made like it: things come, go and
 * move, but do not become something else. 0, or -ENOEXEC.
 */
int compare_places(const struct plan *a, const struct plan *b,
		   struct sigslot_error *err);

#endif
