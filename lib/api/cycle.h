/* SPDX-License-Identifier: MIT */
/*
 * A command of a slot that waits for room in a queue, while its loop waits for it: it
 * may be waiting for itself, by way of other loops that wait, too.
 */
#ifndef API_CYCLE_H
#define API_CYCLE_H

#include <stdbool.h>

#include "queue/queue.h"
#include "queue/waits.h"
#include "route/route.h"

struct cycle {
	int dir; /* of the instance, borrowed like the rest */
	const struct routes *routes;
	const struct identity *identity;
	const char *loop; /* that waits for us; NULL: nothing is done here */
	struct wait_note note; /* since: 0 before the first look */
	bool seen; /* at the last look, when so much had happened in the queue: */
	uint64_t moved;
	char why[512];
};

/*
 * The loop that waits for the command of that instance in which we run; NULL: none
 * does. A source takes no messages, so that it has no slot, and nobody waits for it.
 */
const char *cycle_waiter(const struct routes *r);

/*
 * Looks whether this wait can end; to be called now and then while there is no room.
 * Returns NULL: go on waiting; or why it never will, with the names of the cycle.
 */
const char *cycle_look(struct cycle *c, const struct queue *q, const char *queue);

/* When it waits no more. */
void cycle_leave(struct cycle *c);

#endif
