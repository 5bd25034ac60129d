/* SPDX-License-Identifier: MIT */
/*
 * The steps of making a plan, each after the ones before it.
 */
#ifndef PLAN_MAKE_H
#define PLAN_MAKE_H

#include "plan/plan.h"
#include "topology/model.h"

/*
 * Gives every process, loop and named queue its index, and the plan their numbers: that
 * of the same name in `like`, unless that is NULL. Then, when there is room for them,
 * the places of `like` are kept, as nobody's yet. Both return 0 or -ENOMEM.
 */
int number_make(const struct topology *t, const struct plan *like, struct plan *p);
int number_keep(const struct plan *like, struct plan *p);

/* Has the sums of loops count the members of their plugins, which are there. */
void number_members(struct plan *p);

/* Fills in targets: whom each signal reaches. Returns 0, -ENOMEM, -ENOEXEC. */
int target_make(const struct topology *t, struct plan *p, struct sigslot_error *err);

/* Fills in takers and intakes: which slots stand behind which queue. 0, -ENOMEM. */
int taker_make(const struct topology *t, struct plan *p);

/* Fills in the ranks of loops and queues, last of all. Returns 0 or -ENOMEM. */
int rank_make(struct plan *p);

#endif
