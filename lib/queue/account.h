/* SPDX-License-Identifier: MIT */
/*
 * Accounts: what became of the messages of a queue, by the signal that sent them and
 * the slot that they were for. See book.h for how they are kept.
 */
#ifndef QUEUE_ACCOUNT_H
#define QUEUE_ACCOUNT_H

#include <stdbool.h>

#include "base/error.h"
#include "base/vec.h"
#include "queue/book.h"

/* What of an envelope's connection says whom a message is for. */
enum {
	ACCOUNT_SLOT = 0x80000000, /* the rest is a slot's id */
	ACCOUNT_AGAIN = 0x20000000, /* its generation is none of the routes */
	ACCOUNT_FLAGS = 0xe0000000,
};

struct account_key {
	uint32_t signal, slot; /* ids of names; 0: nobody's, whoever it was for */
};

/*
 * The account of messages that are for these slots, in their order, made if there is
 * none: for the claims of such messages. Beyond QUEUE_END_PLACES slots the last place
 * is that of all others. 0: there is no place for it, so it is not told apart.
 */
uint32_t account_find(struct queue *q, const struct account_key *keys, unsigned len);

/* A row of the book as it is now, with what has not passed head. */
struct account {
	struct account_key key;
	uint32_t generation; /* of the routes, if no slot is named */
	uint64_t n[BOOK_COLUMNS];
	uint64_t queued, leased;
};

struct account_book {
	VEC(struct account) at;
	bool holds; /* all that ever was in the queue is in one of them, and once */
};

/*
 * Reads a queue without its latch: also of a dead instance. Returns 0, -ENOENT, -EAGAIN
 * (it changes too fast), -EBADMSG, -ENOMEM.
 */
int account_read(int dir, const char *name, struct account_book *ret,
		 struct sigslot_error *err);

void account_done(struct account_book *b);

#endif
