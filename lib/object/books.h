/* SPDX-License-Identifier: MIT */
/*
 * The balance of each connection of a queue: its accounts, told by the routes.
 *
 * A message for several slots is one for each of its connections here. Of what left the
 * queue before a slot had it, or is still there, the routes say which connections it
 * was for; where those are forgotten, it counts for the signal alone.
 */
#ifndef OBJECT_BOOKS_H
#define OBJECT_BOOKS_H

#include "object/dispatch.h"
#include "queue/ledger.h"

struct books_entry {
	struct account_key key; /* the slot is ROUTE_NOBODY if it is the queue itself */
	bool from_queue; /* from the queue to that slot, whatever the signal */
	struct sigslot_balance balance;
};

struct books {
	VEC(struct books_entry) at;
	bool hold; /* all that was in the queue is in them, and once */
};

/* Reads those of a queue of the routes, in `dir`. Errors as of account_read(). */
int books_read(int dir, const struct routes *routes, uint32_t queue, struct books *ret,
	       struct sigslot_error *err);
void books_done(struct books *b);

/* OWNER.SIGNAL and OWNER.SLOT, or the queue; "": nobody's, or not known any more. */
enum { BOOKS_TEXT = 132 };
void books_from(const struct routes *routes, uint32_t queue,
		const struct books_entry *e, char out[static BOOKS_TEXT]);
void books_to(const struct routes *routes, uint32_t queue, const struct books_entry *e,
	      char out[static BOOKS_TEXT]);

/* What was added since `before`, where it is the same connection. */
void books_since(struct books *b, struct books *before);

#endif
