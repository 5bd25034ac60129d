/* SPDX-License-Identifier: MIT */
/*
 * Signals of a plan: which one an address means, and which others lead to it.
 */
#ifndef PLAN_WAYS_H
#define PLAN_WAYS_H

#include "plan/plan.h"

/* The signal of that address; an object hides its loop. PLAN_NONE: there is none. */
uint32_t ways_from(const struct plan *p, const char *owner, const char *member);

/* Marks the signal, and all that lead to it by signals alone. marks: signals_len. */
void ways_mark(const struct plan *p, uint32_t signal, bool *marks);

#endif
