/* SPDX-License-Identifier: MIT */
/*
 * What if somebody cuts off the file of a queue that is mapped? The next access is a
 * SIGBUS, which nobody can come back from. It ends the process with one sentence that
 * names the queue, and status 70, instead of a silent crash.
 *
 * This is the only place in lib/ that prints and exits: there is nobody to return to.
 * A SIGBUS anywhere else goes to whoever handled it before.
 */
#ifndef QUEUE_GUARD_H
#define QUEUE_GUARD_H

#include <stddef.h>

/* Part of what owns the mapping; {0} guards nothing. */
struct guard {
	struct guard *next;
	const void *at;
	size_t size;
	const char *name; /* of the queue; borrowed */
};

/* From now on, until guard_remove(), a SIGBUS there is told of. */
void guard_add(struct guard *g, const void *at, size_t size, const char *name);

/* Also where it was never added. */
void guard_remove(struct guard *g);

#endif
