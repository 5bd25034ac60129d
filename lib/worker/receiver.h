/* SPDX-License-Identifier: MIT */
/*
 * The worker's side of a slot: makes it from the plan, gives it jobs, and turns what it
 * says into signals, counters and lines of the log.
 */
#ifndef WORKER_RECEIVER_H
#define WORKER_RECEIVER_H

#include "worker/turn.h"

/* Makes those of all slots of a loop, closed. Returns 0 or -ENOMEM. */
int receiver_add_all(struct turn *t, struct sigslot_error *err);
void receiver_free(struct receiver *r);

/* Opens its slot if it is closed. Returns 0 or a negative errno with err. */
int receiver_open(struct receiver *r, struct sigslot_error *err);

/* Takes note of who wants to know how a message went. */
void receiver_heed(struct receiver *r);

/* Whether it may be given a job now, while the turn waits for `busy`. */
bool receiver_free_for(const struct receiver *r, const struct turn *t);

/* Gives the receiver of that station the job of the record that has come to it. */
void receiver_deliver(const struct station *at, struct record *record);

#endif
