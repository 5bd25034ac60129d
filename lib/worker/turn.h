/* SPDX-License-Identifier: MIT */
/*
 * A loop of the topology, as its worker runs it: takes messages from its queues, hands
 * each to its slots one after the other, acknowledges what is done.
 *
 * The loops of a process take turns on its one thread. One that waits for its command
 * takes nothing more, and holds up no other.
 */
#ifndef WORKER_TURN_H
#define WORKER_TURN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pool.h"
#include "base/vec.h"
#include "queue/queue.h"
#include "slot/slot.h"
#include "worker/intake.h"
#include "worker/jam.h"
#include "worker/meter.h"
#include "worker/once.h"
#include "worker/outbox.h"
#include "worker/row.h"
#include "worker/walk.h"
#include "worker/wire.h"
#include "worker/worker.h"

struct turn;
struct tick_object;

/* A claimed message on its way through the slots. */
struct record {
	struct turn *turn;
	struct intake *from;
	struct record *next, **place; /* in turn.records */
	struct claim claim;
	unsigned pending; /* jobs and outputs that are not done */
	bool walked, begun; /* every receiver has its job; a slot has had one */
	bool again; /* not done and not to blame: goes back into the queue */
	uint64_t due; /* not 0: backs off until then, and that counts as an attempt */
	unsigned receivers; /* that it was for */
	char *copy; /* of the payload, once the record may move in the queue */
};

/* A slot, or all slots of a plugin object, with what it takes to run it. */
struct receiver {
	struct turn *turn;
	struct slot *slot; /* NULL while it is closed */
	struct slot_spec spec;
	struct type *type; /* of spec.emit */
	uint32_t object, plan_slot, emit; /* signal of spec.emit, or PLAN_NONE */
	unsigned parallel; /* jobs at the same time, beside the turn if more than one */
	unsigned running;
	struct row row; /* of `key:` */
	uint64_t restarts; /* of its resident command, so far */
	uint32_t serving; /* id of the slot that got the last job */
	struct pace pace;
	bool lasting; /* a message stays with it for a while: a command */
	bool stream; /* takes any number of jobs in a row: an ordinary filter */
	bool ended; /* a resident that will not come back by itself */
	char reason[sizeof(
		((struct slot_verdict *)0)->reason)]; /* of the last failure */
	char refusal[128]; /* which queue was full, the last time */
	uint64_t alike; /* failures in a row for that reason */
};

struct turn {
	struct worker *worker;
	uint32_t index; /* of the loop in the plan */
	const struct plan *plan; /* whose texts it has; NULL: that of the fork */
	struct board_loop *board;
	VEC(struct intake *) intakes; /* its own queue, then the named ones */
	unsigned first; /* the intake that is asked first: they take turns */
	VEC(struct receiver *) receivers;
	VEC(struct tick_object *) ticks;

	struct claim *claims; /* claimed, and not begun from `next` on */
	unsigned claims_len, next;
	struct intake *claimed; /* where from */
	struct record *current;
	struct walk walk; /* of current */
	VEC(struct blown) blown; /* connections of its slots that are for one message */
	struct receiver *busy; /* whose jobs the turn waits for */
	unsigned busy_len;
	struct record *records; /* that are under way */
	unsigned open, waiting; /* how many; jobs of theirs that wait in a row */
	struct pool record_pool, job_pool, lost_jobs; /* the last: of closed slots */

	size_t outgoing, outgoing_bytes; /* copies in the outbox */
	struct jam jam;
	struct meter meter;

	enum phase phase, begun, goal; /* reached <= worked on <= wanted */
	uint64_t end_seq; /* no message from this one on is begun */
	bool now; /* down at once */
	bool keeps; /* what comes after its end */
	bool halted; /* takes no more: it is about to be told to end */
	bool up, ready, held, checking, stepping; /* its commands are ready, too */
	struct timer kill;
	struct later again; /* pumps, from where it could recurse */
	struct later forget; /* frees lost_jobs */
};

/* Puts it among the worker's; opens its own queue, starts nothing. 0 or -errno. */
int turn_new(struct worker *w, uint32_t index, struct sigslot_error *err);
void turn_free(struct turn *t);

/* Takes messages as long as it may: after anything that could let it. */
void turn_pump(struct turn *t);

/* Whether it could begin a message, as far as it and not a queue is concerned. */
bool turn_willing(const struct turn *t);

/*
 * What was tried before is taken one by one, and nothing else of this process, until
 * all that is left in its queues is new, or it is trusted all the same.
 */
void turn_doubt(struct turn *t);
void turn_trust(struct turn *t);

/* Gives back what was claimed and is not begun. */
void turn_unclaim(struct turn *t);

/* That message, and what comes after it, is for the next worker. */
void turn_end(struct turn *t, uint64_t seq);

/* Looks into all queues again, also those that were empty. */
void turn_look(struct turn *t);

/* Gives back what is under way, as it will not be done: the slots are closed. */
void turn_abandon(struct turn *t);

/* Whether anything is under way. */
bool turn_idle(const struct turn *t);

/* In the next round, from where it would recurse; all that a doubt held up. */
void turn_pump_later(struct turn *t);
void turn_pump_all(struct worker *w);

/* Shows on the board what it is at, and what keeps it, if it takes nothing. */
void turn_show(struct turn *t);

/* So many more (less) copies of this size wait in the outbox. */
void turn_outgoing(struct turn *t, int copies, size_t size);

/* The receiver of a plan slot; NULL: it is not on this loop. */
struct receiver *turn_receiver(struct turn *t, uint32_t plan_slot);

#endif
