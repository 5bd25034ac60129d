/* SPDX-License-Identifier: MIT */
/*
 * How long a consumer that found nothing looks again before it silences the bell: to
 * sleep and be woken costs as much as a hundred messages, to look in vain costs others
 * the processor. It goes by what came of it lately. Nothing here decides whether a
 * message is seen, only when: the bell stays rung meanwhile.
 */
#ifndef QUEUE_LINGER_H
#define QUEUE_LINGER_H

#include "queue/ring.h"

struct linger { /* {0} is a valid one, of which nothing is known */
	unsigned streak; /* claims since the bell was last silenced */
	unsigned run; /* claims since it was last found empty */
	unsigned lone; /* looks in a row that brought one message or none */
	unsigned barred; /* so often it must be found empty until a look is close */
	uint64_t emptied; /* when it was found empty; 0: something came since */
	bool soon; /* what came then was not long in coming */
	uint64_t next; /* the cursor of the ring, as it was left */
	bool shared; /* somebody else moved it meanwhile */
};

/* How often it is worth to look before the bell is silenced. */
unsigned linger_patience(const struct linger *l);

/* Looks for a moment; whether something came. */
bool linger_look(struct linger *l, const struct ring *r);

/* Notes a turn that wants messages: at its beginning, and what it got, at its end. */
void linger_begin(struct linger *l, uint64_t next);
void linger_end(struct linger *l, uint64_t next, size_t got, bool hushed);

#endif
