/* SPDX-License-Identifier: MIT */
/*
 * For people: how things are kept going. Parts of the lines of plan_text().
 */
#ifndef PLAN_KEEP_H
#define PLAN_KEEP_H

#include "base/buf.h"
#include "plan/plan.h"

/* Each appends. Returns 0 or -ENOMEM. */
int keep_restart(const struct budget_policy *p, struct buf *out);
int keep_slot(const struct plan_slot *s, struct buf *out);
int keep_process(const struct plan *p, const struct plan_process *of, struct buf *out);
int keep_loop(const struct plan *p, const struct plan_loop *of, struct buf *out);

#endif
