/* SPDX-License-Identifier: MIT */
/*
 * A pair of queues between two processes, the left and the right one, who come and go
 * in any order: whoever is first makes it, whoever is last removes it.
 *
 * It is an instance with the queues `left` and `right`, each read by the side of that
 * name. Places 1 and 2 of the instance are those of the two sides, so that the kernel
 * says whether there is one. Who comes greets the other one through its queue. It
 * serves two processes once: a pair of which one side has gone is never joined.
 */
#ifndef API_PAIR_H
#define API_PAIR_H

#include <signal.h>
#include <stdbool.h>

#include "base/error.h"
#include "queue/queue.h"

enum {
	PAIR_HELLO = 1, /* envelope.signal of the first message of each side */
	PAIR_SIZE = 1 << 20, /* of each queue */
};

struct pair {
	char name[64];
	bool right; /* which side this is */
	int runtime, dir;
	struct identity *identity;
	struct queue *inbox, *outbox;
};

/*
 * Takes a side of the pair of that name, and greets the other one. Waits for the end of
 * one that is left from an earlier pair, with that mask of signals. Returns 0; -EINVAL:
 * not a name; -EEXIST: it is the name of something else; -EBUSY: the side is taken.
 */
int pair_enter(struct pair *p, const char *name, bool right, const sigset_t *mask,
	       struct sigslot_error *err);

/* Gives the side back, and removes the pair if nobody has the other one. Takes {0}. */
void pair_leave(struct pair *p);

/* Removes a pair whose sides were both killed. Returns whether it was one. */
bool pair_clean(int runtime, const char *name);

/* Opens a pidfd of the other side. -ESRCH: nobody has it, or not any more. */
int pair_other(const struct pair *p);

#endif
