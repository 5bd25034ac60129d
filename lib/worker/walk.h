/* SPDX-License-Identifier: MIT */
/*
 * Which slots of a loop a message is handed to, in the order of connecting.
 *
 * Most messages come from where the one before came from, and go where that went: it
 * is looked up once for all of them.
 */
#ifndef WORKER_WALK_H
#define WORKER_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"
#include "object/dispatch.h"

struct receiver;
struct record;
struct turn;

/* One slot on the way. The names live as long as the routes of the walk. */
struct station {
	struct receiver_id id;
	struct receiver *receiver; /* NULL: it is not on this loop */
	const char *slot, *sender, *signal;
};

/* The way of one message after the other; {0} is valid, and stands nowhere. */
struct walk {
	struct routes *routes; /* that it was looked up in; NULL: nothing was */
	struct envelope like; /* of the message that it was looked up for */
	bool again; /* others like that go the same way */
	VEC(struct station) stations;
	size_t next; /* the station where the current message is */
	uint32_t missed; /* connections that have gone since it was emitted */
	uint32_t spent; /* that were only for a message before it */
	uint64_t ends[QUEUE_END_WORDS]; /* which they were, by their places */
	uint32_t account; /* as of account_find() */
};

/*
 * Puts the record before its first station. False: nobody could take it, or there is no
 * memory; then there is no station.
 */
bool walk_begin(struct turn *t, const struct record *r);

/* The station where it is now; NULL: it was at all of them. */
const struct station *walk_at(struct turn *t, const struct record *r);

/* Lets go of the routes. No message is on the way. */
void walk_forget(struct walk *w);
void walk_done(struct walk *w);

#endif
