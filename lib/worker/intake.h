/* SPDX-License-Identifier: MIT */
/*
 * A queue that a loop takes messages from. From its own queue a message goes to all
 * slots that it is for; from a named one to one of the loop's slots behind it: one
 * that is idle, else the next in turn.
 *
 * From a named queue a loop claims no more than its slots begin at once, and nothing
 * while none of them is free: the rest is for other loops. Everybody who is free is
 * woken by its bell, so a message never waits for one who was woken and died.
 */
#ifndef WORKER_INTAKE_H
#define WORKER_INTAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"
#include "loop/loop.h"
#include "queue/queue.h"
#include "worker/warn.h"

enum { INTAKE_BATCH = 64 };

struct turn;
struct receiver;

/* A slot behind a named queue. */
struct taker {
	struct receiver *receiver;
	uint32_t slot; /* id of its name */
	uint32_t signal, account; /* of the last message that it got; 0: of none */
};

struct intake {
	struct turn *turn;
	struct queue *queue;
	struct queue *dead; /* its dead ones; NULL: none of ours yet */
	char name[64]; /* of the queue */
	uint32_t index; /* of it in the routes */
	uint32_t id; /* of the name of a named one */
	bool named; /* not the loop's own queue */
	VEC(struct taker) takers; /* if it is */
	size_t last; /* of these, that got a message */
	struct watch bell;
	struct timer due; /* when a message that backs off may be claimed */
	VEC(struct claim) acks; /* done, and not yet told to the queue */
	unsigned batch; /* to claim at once */
	unsigned most; /* of the loop's records that may be under way */
	bool adapts; /* the batch follows how quickly the last one was done */
	bool apart; /* a command reads a copy: its record must not hold up others */
	uint64_t claimed; /* when the last one was */
	bool doubted; /* what is next in it may have been tried before */
	bool empty; /* the last claim found nothing, and the bell was silent since */
	struct gauge gauge;
	bool deaf; /* or was not listened to, as the slots were busy */
};

/* Opens the queue of that index: the loop's own, or a named one without takers. */
int intake_init(struct intake *in, struct turn *t, uint32_t index,
		struct sigslot_error *err);

/* Adds the slot of that id, which is on this loop. Returns 0 or -ENOMEM. */
int intake_add_taker(struct intake *in, uint32_t slot);

/* Works out how many messages are taken at once, when takers or routes are others. */
void intake_pace(struct intake *in);
void intake_done(struct intake *in);

/* Sees to it that what was tried before comes alone; and that this is over. */
void intake_doubt(struct intake *in);
void intake_trust(struct intake *in);

/* Whether a message from there could be begun now. */
bool intake_willing(const struct intake *in);

/* Whether nothing is there, backs off, or waits to be acknowledged. */
bool intake_idle(const struct intake *in);

/* Acknowledges what is done and claims into out[INTAKE_BATCH]. Returns how many. */
unsigned intake_claim(struct intake *in, struct claim *out);

/* Acknowledges c, at the latest with the next claim; what is done, now. */
void intake_ack(struct intake *in, const struct claim *c);
void intake_settle(struct intake *in);

/* The slot that a message of a named queue goes to; NULL: all of them have ended. */
struct taker *intake_choose(struct intake *in);

/* Listens to the bell while it is willing; stops listening. */
void intake_watch(struct intake *in);
void intake_unwatch(struct intake *in);

#endif
