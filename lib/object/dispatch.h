/* SPDX-License-Identifier: MIT */
/*
 * Which slots of a loop a message is for, in the order of connecting.
 *
 * A message that was emitted by a signal goes to the slots that were connected to it
 * then and still are; one with an address of its own goes to that slot alone, wherever
 * that is by now. Pure.
 */
#ifndef OBJECT_DISPATCH_H
#define OBJECT_DISPATCH_H

#include <stdbool.h>

#include "queue/queue.h"
#include "route/route.h"

struct dispatch {
	const struct routes *routes;
	const struct envelope *envelope; /* borrowed */
	uint32_t queue; /* whose reader asks */
	uint32_t next; /* how many targets were looked at */
	uint32_t place; /* how many of these it was meant for */
	uint32_t missed; /* of these, that have gone since it was emitted */
	uint32_t spent; /* that had only one message to deliver, and went with it */
	uint64_t ends[QUEUE_END_WORDS]; /* which they were, by their places */
};

struct receiver_id {
	uint32_t slot; /* id of the name */
	uint32_t sender,
		signal; /* ids of who the slot is told; ROUTE_NOBODY: a script */
	uint32_t once; /* it is only for one message: the fuse of the connection */
	uint32_t place; /* among those that the message was meant for, from 0 */
};

/* The next receiver: false at the end, also when nobody is connected any more. */
bool dispatch_next(struct dispatch *d, struct receiver_id *ret);

/*
 * All that a message was meant for, also those that have gone since, as accounts. The
 * signal alone stands for those beyond `max`, as the last one, and for nobody, if it
 * was meant for nobody. Returns how many.
 */
unsigned dispatch_accounts(const struct routes *routes, const struct envelope *e,
			   uint32_t queue, struct account_key *out, unsigned max);

#endif
