/* SPDX-License-Identifier: MIT */
/*
 * The balance of a queue: what was sent, and what became of it.
 *
 * It follows from the counts of one commit, so it holds whenever anybody looks, whoever
 * was killed. What never came into the queue stands beside it.
 */
#ifndef QUEUE_LEDGER_H
#define QUEUE_LEDGER_H

#include <stdbool.h>
#include <stddef.h>

#include "queue/account.h"
#include "queue/counts.h"
#include "sigslot-look.h"

/* Why a message was dropped. */
struct ledger_reason {
	const char *name;
	size_t offset; /* of its number in a balance */
	bool sent; /* it was in the queue; else it never came into it */
};

extern const struct ledger_reason ledger_reasons[];
extern const size_t ledger_reasons_len;

void ledger_read(const struct queue_counts *n, struct sigslot_balance *ret);

/* The same of an account, in addition to what is in it. */
void ledger_add(struct sigslot_balance *b, const struct account *a);

/* What was added since `before`. */
void ledger_since(struct sigslot_balance *b, const struct sigslot_balance *before);

uint64_t ledger_reason(const struct sigslot_balance *b, const struct ledger_reason *r);

/* By all reasons; by those for messages that were in the queue. */
uint64_t ledger_dropped(const struct sigslot_balance *b);
uint64_t ledger_lost(const struct sigslot_balance *b);

/* Whether all that was sent is somewhere. */
bool ledger_holds(const struct sigslot_balance *b);

#endif
