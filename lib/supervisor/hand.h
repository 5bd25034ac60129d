/* SPDX-License-Identifier: MIT */
/*
 * The supervisor's side of a worker process.
 */
#ifndef SUPERVISOR_HAND_H
#define SUPERVISOR_HAND_H

#include "base/budget.h"
#include "loop/loop.h"
#include "worker/wire.h"

struct supervisor;
struct plan;
struct plan_process;
struct sigslot_error;

/* A worker process of the plan, dead or alive. */
struct hand {
	struct supervisor *super;
	uint32_t index; /* of the process */
	struct child child;
	struct watch channel;
	struct timer restart;
	uint64_t started; /* monotonic */
	const struct plan *plan; /* its worker's; NULL: it has had none yet */
	bool stale; /* that is another than what is wanted by now, see pass.c */
	bool anew; /* and it is the process itself: all of its loops leave, and it */
	bool renewing; /* the others have left, and it was handed the newest one */
	bool owed; /* meanwhile somebody asked for a restart of all of it */
	struct budget budget; /* of restarts */
	uint64_t in, out; /* of its loops, when it was started */
	bool alive;
	bool leaving; /* its end is wanted */
	bool again; /* and it is to be started again then */
	bool restarting; /* it leaves, or is renewed, when its loops are down */
	bool fault; /* it said that it cannot start */
	bool careful; /* the last one died: what was tried before is taken one by one */
};

/* Makes room for all that may ever be; each process of the plan gets its hand. */
int hand_room(struct supervisor *s, struct sigslot_error *err);
void hand_employ(struct supervisor *s, uint32_t process);
void hand_assign(struct hand *h); /* the newest plan is that of its next worker */
void hand_dismiss(struct hand *h);

/*
 * Starts a worker for the loops that are wanted; ends it; kills it. Of many each step
 * is done for all: what is written between two forks is copied each time.
 */
int hand_start(struct hand *h, struct sigslot_error *err);
void hand_start_soon(struct hand *h); /* and again, where it fails */
int hands_start(struct supervisor *s, uint32_t first, uint32_t len,
		struct sigslot_error *err);

/* What is wanted of it: by the plan of its worker, as long as it has one. */
const struct plan_process *hand_process(const struct hand *h);

void hand_say(struct hand *h, enum wire_op op, uint32_t index, uint64_t value);
void hand_renew(struct hand *h, int fd); /* with what handover_pack() made */
void hand_leave(struct hand *h, bool again);
void hand_let_go(struct hand *h); /* it is not started again, whatever was wanted */
void hand_recover(struct supervisor *s); /* what the dead held in any queue */
void hand_kill_all(struct supervisor *s);

#endif
