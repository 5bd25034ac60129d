/* SPDX-License-Identifier: MIT */
/*
 * A queue by its name, opened: what the sigslot_queue_*() functions work on.
 */
#ifndef API_NAMED_H
#define API_NAMED_H

#include "api/cycle.h"
#include "api/instance.h"
#include "base/buf.h"
#include "queue/queue.h"

struct sigslot_queue {
	struct instance in;
	char name[64];
	struct identity *identity;
	struct queue *queue;
	size_t largest; /* payload */
	bool dead; /* the dead ones of the queue, see queue/dead.h */
	uint64_t puts; /* tried so far */
	uint64_t
		looked; /* when it was last looked for what the dead held; 0: not yet */
	uint32_t sender; /* id of the object that we run in, or ROUTE_NOBODY */
	struct buf bytes; /* what was made of text, or for people */
	struct buf copies; /* of what was looked at */
	struct cycle cycle;
};

/*
 * Opens the instance of the queue that an address names, with its routes, and the
 * directory with its queues. With `loops` it may be a loop's. ret_name is its name.
 * Errors as for sigslot_queue_open().
 */
int named_find(const char *address, bool loops, struct instance *ret,
	       char ret_name[static 64], int *ret_queues, struct sigslot_error *err);

/* Makes a free-standing queue. Errors as for sigslot_queue_create(). */
int named_create(const char *name, const struct queue_limits *limits,
		 struct sigslot_error *err);

/* Opens the dead ones of its queue, to be closed before it. */
int named_dead(struct sigslot_queue *q, struct queue **ret, struct sigslot_error *err);

/* Tells those who wait if a message was the last one of a queue that is closed. */
void named_settled(struct sigslot_queue *q);

/* Fails with -ESHUTDOWN if nobody can ever put again, as the run that had it died. */
int named_check(struct sigslot_queue *q, struct sigslot_error *err);

#endif
