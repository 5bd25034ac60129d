/* SPDX-License-Identifier: MIT */
/*
 * A process that runs loops: one thread, forked from the supervisor without exec.
 */
#ifndef WORKER_WORKER_H
#define WORKER_WORKER_H

#include "loop/loop.h"
#include "state/failures.h"
#include "worker/meter.h"
#include "worker/outbox.h"
#include "worker/wire.h"
#include "worker/world.h"

struct turn;

struct worker {
	struct world *world;
	uint32_t index; /* of the process in the plan */
	/* the plan, if it is not the one of the fork: that is nobody's to write to */
	const struct plan *adopted;
	struct loop loop;
	struct identity *identity;
	struct outbox outbox;
	struct watch channel; /* to the supervisor */
	struct turn **turns; /* by the plan's loops; NULL: not here */
	struct type **types; /* of the plan's signals, parsed when first needed */
	struct stats_table stats;
	struct init *init; /* its command that runs first; NULL: it is over */
	bool *start; /* loops that start when it is */
	bool careful; /* and how */
	int status; /* what to exit with */
	struct failures *failures; /* NULL: none yet */
	bool unkept; /* there is no room for them */
	unsigned doubts; /* intakes that may hold what was tried before */
	struct timer trust; /* when they are taken for harmless */
};

enum { SUPERVISOR_IDENTITY = 1 }; /* 0 is nobody */

/* The identity slot of a worker. */
static inline int worker_identity(uint32_t process)
{
	return SUPERVISOR_IDENTITY + 1 + (int)process;
}

/*
 * Runs in the child: serves the loops of process `index` whose entry in `start` is
 * true, until the supervisor says so or dies. With `careful` it takes what was tried
 * before one by one. Never returns.
 */
_Noreturn void worker_main(struct world *w, uint32_t index, bool *start, int channel,
			   bool careful);

/* Says something to the supervisor. */
void worker_say(struct worker *w, enum wire_op op, uint32_t index, uint64_t value);

/*
 * Emits a signal on behalf of a loop. `origin` is the record that waits for it, or
 * NULL. Checks the type unless it is `trusted`. Returns how many copies, -EILSEQ,
 * -EMSGSIZE, -ENOMEM with err.
 */
struct record;
int worker_emit(struct worker *w, uint32_t signal, const struct payload *p,
		struct turn *from, struct record *origin, bool trusted,
		struct sigslot_error *err);

/* The plan's index of a signal of that owner, or PLAN_NONE. */
uint32_t worker_signal(const struct plan *p, enum plan_owner owner, uint32_t owned_by,
		       const char *name);

/* Lines for people: `from | line`, to the supervisor. data is the world. */
void worker_log(void *data, const char *from, const char *line, size_t size);

#endif
