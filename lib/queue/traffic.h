/* SPDX-License-Identifier: MIT */
/*
 * Traffic whose arrival can be checked: for measuring a queue, not for using it.
 *
 * Each message begins with its producer and its number. A consumer sees the numbers of
 * one producer rise; all tallies of a queue's consumers together tell whether each
 * message came once.
 */
#ifndef QUEUE_TRAFFIC_H
#define QUEUE_TRAFFIC_H

#include "queue/queue.h"

enum { TRAFFIC_LEAST = 16 }; /* bytes of a message */

struct traffic {
	unsigned producers;
	size_t batch; /* pushed, and claimed, together */
	uint64_t messages; /* of each producer */
	size_t size; /* of each message */
};

/* What consumers saw. To be added up, member by member. */
struct traffic_tally {
	uint64_t received;
	uint64_t wrong; /* not of this traffic, or out of order */
	uint64_t sum; /* of what the messages were */
};

/* Pushes all that one producer has to push, sleeping when there is no room. */
int traffic_produce(struct queue *q, const struct traffic *t, unsigned producer,
		    struct sigslot_error *err);

/*
 * Claims and acknowledges until the queue is shut and empty, and says so to the other
 * consumers. *ret_tally is what was received, also on failure.
 */
int traffic_consume(struct queue *q, const struct traffic *t,
		    struct traffic_tally *ret_tally, struct sigslot_error *err);

/* Whether the sum of all tallies is that of each message once. */
bool traffic_whole(const struct traffic *t, const struct traffic_tally *all);

#endif
