/* SPDX-License-Identifier: MIT */
/*
 * What supervisor and workers of a run have in common, made before the first fork: the
 * plan, the routes made from it, and open directories. Only the routes change: each
 * process opens the newest ones by itself.
 */
#ifndef WORKER_WORLD_H
#define WORKER_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "plan/plan.h"
#include "route/route.h"
#include "state/board.h"

struct world {
	const struct plan *plan;
	struct routes *routes;
	uint32_t generation; /* of these */
	struct board *board;
	int dir; /* of the instance */
	int queues; /* its `q` */
	int log; /* where lines for people go: a pipe to the supervisor, never blocks */
	struct guest *guests; /* the supervisor's: queues behind signals, see guest.h */
	struct guest *tapped; /* the same: all have one queue, see tapped.h */
	uint64_t signals; /* that are not at their default in the supervisor */
	/* and, by place: loops and named queues of workers that leave, see pass.h */
	bool *leaving, *emptying;
	/* a worker's: w->plan and the tables become what is in fd; see adopt.h */
	int (*adopt)(struct world *w, int fd, struct sigslot_error *err);
	const struct wiring *wiring; /* that it does so with */
	char run[40]; /* the run's mark in the environment of commands */
	/* plan index -> id of the name */
	uint32_t *signal_ids, *slot_ids, *object_ids, *loop_ids, *process_ids;
	/* id of a name -> plan index of the slot, or PLAN_NONE */
	uint32_t *slots_by_id;
	uint32_t ids_len; /* of that */
};

/* The plan index of a slot, or PLAN_NONE. */
static inline uint32_t world_slot(const struct world *w, uint32_t id)
{
	return id < w->ids_len ? w->slots_by_id[id] : PLAN_NONE;
}

/* Whether there are newer routes than these. */
static inline bool world_stale(const struct world *w)
{
	return w->board && board_generation(w->board) != w->generation;
}

/* From now on these routes are the newest; they are taken. */
void world_adopt(struct world *w, struct routes *take);

/* Opens the newest routes. Returns 0, or a negative errno and the old ones stay. */
int world_renew(struct world *w, struct sigslot_error *err);

/* Makes the table of slots from those routes and the ids. Returns 0 or -ENOMEM. */
int world_index(struct world *w, const struct routes *r);

/* Frees all tables. */
void world_done(struct world *w);

/* Whether the plan's signal has anybody connected. */
bool world_heard(const struct world *w, uint32_t signal);

/*
 * The queues in routes that are made of this plan: those of the loops by their index,
 * then the named ones, then the control lane. A worker may have an older plan: it knows
 * its loops by their index, and everything else by name.
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
