/* SPDX-License-Identifier: MIT */
/*
 * One message for one slot: when it begins, which is at once or when those of its key
 * before it are done, and what becomes of it then.
 */
#ifndef WORKER_JOB_H
#define WORKER_JOB_H

#include "worker/turn.h"

struct job {
	struct slot_job job;
	struct stand stand; /* in the row of `key:` */
	struct record *record;
	struct receiver *receiver;
	struct receiver_id id;
	struct stats_place *stats; /* of its connection, once it is begun */
	uint64_t began; /* monotonic */
	struct routes *routes; /* that the names of its message are of */
	bool beside; /* the turn does not wait for it */
	bool refused; /* a queue was full that its arrow does not wait for */
};

/* Hands it to its slot, now or when its turn in the row has come. */
void job_begin(struct job *job);

/* The slot is done with it: once for each time that it was begun. */
void job_settle(struct job *job, const struct slot_verdict *v);

/* Gives back what stands in the row of that receiver and is not begun. */
void job_unqueue(struct receiver *r);

/* Forgets all jobs: the slots are closed, and the records will be given back. */
void job_abandon(struct turn *t);

/* Frees what was forgotten, at the end; else that happens in the next round. */
void job_forget(struct turn *t);

#endif
