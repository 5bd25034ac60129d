/* SPDX-License-Identifier: MIT */
/*
 * Books of a queue. What its producer died over was promised to nobody, so not sent.
 */
#include "queue/ledger.h"

#define REASON(text, member, was_sent)                                            \
	{                                                                         \
		.name = text, .offset = offsetof(struct sigslot_balance, member), \
		.sent = was_sent                                                  \
	}

const struct ledger_reason ledger_reasons[] = {
	REASON("drop-old", drop_old, true),
	REASON("latest", latest, true),
	REASON("disconnected", disconnected, true),
	REASON("stopping", stopping, true),
	REASON("damaged", damaged, true),
	REASON("drop-new", drop_new, false),
	REASON("fail", refused, false),
};
const size_t ledger_reasons_len = sizeof(ledger_reasons) / sizeof(*ledger_reasons);

void ledger_read(const struct queue_counts *n, struct sigslot_balance *ret)
{
	*ret = (struct sigslot_balance){
		.sent = n->pushed - n->voided - n->unfinished,
		.delivered = n->acked,
		.filtered = n->spent,
		.failed = n->faulted - n->retried,
		.retried = n->retried,
		.dead = n->dead,
		.queued = n->ready + n->leased,
		.leased = n->leased,
		.drop_old = n->evicted,
		.latest = n->outdated,
		.disconnected = n->cut_off,
		.stopping = n->dropped - n->cut_off - n->spent,
		.damaged = n->damaged,
		.drop_new = n->refused,
		.refused = n->failed,
	};
}

void ledger_add(struct sigslot_balance *b, const struct account *a)
{
	static const size_t columns[BOOK_COLUMNS] = {
		[QUEUE_DONE] = offsetof(struct sigslot_balance, delivered),
		[QUEUE_SPENT] = offsetof(struct sigslot_balance, filtered),
		[QUEUE_CUT_OFF] = offsetof(struct sigslot_balance, disconnected),
		[QUEUE_RETRIED] = offsetof(struct sigslot_balance, retried),
		[QUEUE_FAILED] = offsetof(struct sigslot_balance, failed),
		[QUEUE_GIVEN_UP] = offsetof(struct sigslot_balance, dead),
		[BOOK_STOPPING] = offsetof(struct sigslot_balance, stopping),
		[BOOK_DAMAGED] = offsetof(struct sigslot_balance, damaged),
		[BOOK_DROP_OLD] = offsetof(struct sigslot_balance, drop_old),
		[BOOK_LATEST] = offsetof(struct sigslot_balance, latest),
	};

	b->sent += a->queued;
	b->queued += a->queued;
	b->leased += a->leased;
	for (unsigned i = 0; i < BOOK_COLUMNS; i++) {
		*(uint64_t *)((char *)b + columns[i]) += a->n[i];
		b->sent += a->n[i];
	}
}

static uint64_t *number(const struct sigslot_balance *b, const struct ledger_reason *r)
{
	return (uint64_t *)((char *)b + r->offset);
}

void ledger_since(struct sigslot_balance *b, const struct sigslot_balance *before)
{
	b->sent -= before->sent - before->queued; /* what was left is sent anew */
	b->delivered -= before->delivered;
	b->filtered -= before->filtered;
	b->failed -= before->failed;
	b->retried -= before->retried;
	b->dead -= before->dead;
	for (size_t i = 0; i < ledger_reasons_len; i++)
		*number(b, &ledger_reasons[i]) -= *number(before, &ledger_reasons[i]);
}

uint64_t ledger_reason(const struct sigslot_balance *b, const struct ledger_reason *r)
{
	return *number(b, r);
}

uint64_t ledger_lost(const struct sigslot_balance *b)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < ledger_reasons_len; i++)
		if (ledger_reasons[i].sent)
			sum += *number(b, &ledger_reasons[i]);
	return sum;
}

uint64_t ledger_dropped(const struct sigslot_balance *b)
{
	return ledger_lost(b) + b->drop_new + b->refused;
}

bool ledger_holds(const struct sigslot_balance *b)
{
	return b->sent == b->delivered + b->filtered + b->failed + b->retried +
				  b->dead + ledger_lost(b) + b->queued;
}
