/* SPDX-License-Identifier: MIT */
/*
 * What source and filter share: one command that runs between messages.
 */
#ifndef SLOT_RESIDENT_H
#define SLOT_RESIDENT_H

#include "slot/process.h"

struct resident {
	struct slot slot;
	struct launch launch;
	struct process process;
	bool up; /* it runs, or its last output is being read */
	bool asked; /* to end, by SIGTERM */
};

/* What the two do differently, as in struct process. */
struct resident_calls {
	void (*line)(struct process *p, enum lines_found found, const char *line,
		     size_t size);
	void (*room)(struct process *p); /* NULL: no input */
	void (*ended)(struct process *p, struct slot_verdict *v); /* up is false */
};

/* Prepares, and starts it for the first time. Returns 0, or a negative errno. */
int resident_open(struct resident *r, const struct resident_calls *calls,
		  struct sigslot_error *err);

/* Starts it again. Returns 0, or a negative errno with *ret_v. */
int resident_start(struct resident *r, const struct resident_calls *calls,
		   struct slot_verdict *ret_v);

void resident_close(struct resident *r);

#endif
