/* SPDX-License-Identifier: MIT */
/*
 * Lists of arrows with full addresses, as changes of the connections are kept.
 */
#ifndef PLAN_ARROWS_H
#define PLAN_ARROWS_H

#include "base/vec.h"
#include "plan/plan.h"
#include "topology/topology.h"

typedef VEC(struct topology_arrow) arrows;

/* Whether one of them is the same connection. */
bool arrows_among(const arrows *list, const struct topology_arrow *a);

/* Whether a plan has that connection. */
bool arrows_connected(const struct plan *p, const struct topology_arrow *a);

/* Adds those that were asked for, see topology_asked(), and are there. 0 or -ENOMEM. */
int arrows_asked(const struct plan *p, const struct topology *t, arrows *ret);

#endif
