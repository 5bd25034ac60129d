/* SPDX-License-Identifier: MIT */
/*
 * What source and filter share: one command that runs between messages, says by itself
 * when it is ready, and is started again as its policy says.
 */
#ifndef SLOT_RESIDENT_H
#define SLOT_RESIDENT_H

#include "slot/process.h"

struct resident {
	struct slot slot;
	const struct resident_calls *calls;
	struct launch launch;
	struct process process;
	struct budget budget;
	struct timer again; /* its next start */
	struct timer late; /* for being ready */
	struct watch herald; /* where it says that it is */
	bool up; /* it runs, or its last output is being read */
	bool asked; /* to end, by SIGTERM */
	bool overdue; /* it was ended, as it was not ready in time */
	uint64_t lines; /* of output, when it was started */
};

/* What the two do differently; line and room as in struct process. */
struct resident_calls {
	void (*line)(struct process *p, enum lines_found found, const char *line,
		     size_t size);
	void (*room)(struct process *p); /* NULL: no input */
	void (*ended)(struct resident *r, struct slot_verdict *v); /* up is false */
	void (*start)(struct resident *r); /* it is time for the next one */
	void (*ready)(struct resident *r); /* NULL: it makes no difference */
};

/* Prepares, and starts it for the first time. Returns 0, or a negative errno. */
int resident_open(struct resident *r, const struct resident_calls *calls,
		  struct sigslot_error *err);

/* Starts it again. Returns 0, or a negative errno with *ret_v. */
int resident_start(struct resident *r, struct slot_verdict *ret_v);

/* Whether it takes input: it runs, and has said that it is ready if it has to. */
bool resident_takes(const struct resident *r);

/*
 * After an end: arms the next start, if the policy wants one and has one left.
 * `worked`: it has done something. Returns whether there is one; completes v->reason.
 */
bool resident_again(struct resident *r, struct slot_verdict *v, bool worked);

/* Its object has said by a signal that it is ready: if the slot waits for that. */
void resident_herald(struct slot *s);

void resident_close(struct resident *r);

#endif
