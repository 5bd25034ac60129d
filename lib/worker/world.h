/* SPDX-License-Identifier: MIT */
/*
 * What supervisor and workers of a run have in common, made before the first fork and
 * unchanged from then on: the plan, the routes made from it, and open directories.
 */
#ifndef WORKER_WORLD_H
#define WORKER_WORLD_H

#include <stdint.h>

#include "plan/plan.h"
#include "route/route.h"
#include "state/board.h"

struct world {
	const struct plan *plan;
	struct routes *routes;
	struct board *board;
	int dir; /* of the instance */
	int queues; /* its `q` */
	int log; /* where lines for people go: a pipe to the supervisor, never blocks */
	char run[40]; /* the run's mark in the environment of commands */
	/* plan index -> id of the name */
	uint32_t *signal_ids, *slot_ids, *object_ids, *loop_ids, *process_ids;
	/* id of a name -> plan index of the slot, or PLAN_NONE */
	uint32_t *slots_by_id;
};

/*
 * The queues in the routes: those of the loops by their index, then the named ones,
 * then the control lane, which the supervisor reads.
 */
static inline uint32_t world_named_queue(const struct world *w, uint32_t queue)
{
	return w->plan->loops_len + queue;
}

static inline uint32_t world_control(const struct world *w)
{
	return w->plan->loops_len + w->plan->queues_len;
}

#define WORLD_CONTROL ".control" /* its name, which no other queue can have */

#endif
