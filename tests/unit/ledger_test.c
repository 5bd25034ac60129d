/* SPDX-License-Identifier: MIT */
/*
 * The balance of a queue: each way out has its number, all together are what was sent,
 * and a number that is wrong is found.
 */
#include "queue/ledger.h"

#include "queue_host.h"

enum { SIZE = 65536 };

static struct sigslot_balance balance_of(const struct queue *q)
{
	struct queue_counts n = counts_of(q);
	struct sigslot_balance b;

	ledger_read(&n, &b);
	return b;
}

static void ways_out(void)
{
	struct queue *q = host_queue(SIZE, 0);
	struct sigslot_balance b;
	struct claim c[QUEUE_ENDS];

	for (uint64_t id = 1; id <= QUEUE_ENDS + 2; id++)
		push_size(q, id, 16);
	is_int(queue_claim(q, c, QUEUE_ENDS, NULL), QUEUE_ENDS, "one for each end");
	b = balance_of(q);
	is_u64(b.leased, QUEUE_ENDS, "that are under way");
	is_u64(b.queued, QUEUE_ENDS + 2, "and queued");
	ok(ledger_holds(&b), "the balance holds before");
	for (unsigned end = 0; end < QUEUE_ENDS; end++)
		c[end].end = end;
	is_int(queue_ack(q, c, QUEUE_ENDS), 0, "they are acknowledged together");
	b = balance_of(q);
	is_u64(b.sent, QUEUE_ENDS + 2, "all were sent");
	is_u64(b.delivered, 1, "one was delivered");
	is_u64(b.filtered, 1, "one filtered");
	is_u64(b.disconnected, 1, "one disconnected");
	is_u64(b.retried, 1, "one retried");
	is_u64(b.failed, 1, "one failed");
	is_u64(b.dead, 1, "one is dead");
	is_u64(b.queued, 2, "two are left");
	ok(ledger_holds(&b), "and the balance holds");
	is_int((int)queue_purge(q), 2, "what is purged");
	b = balance_of(q);
	is_u64(b.stopping, 2, "is counted as stopped");
	is_u64(ledger_dropped(&b), 3, "and dropped, with the disconnected");
	ok(ledger_holds(&b), "and the balance holds");
	host_drop(q);
}

/* What was there before counts as sent anew. */
static void since(void)
{
	struct queue *q = host_queue(SIZE, 0);
	struct sigslot_balance before, b;
	struct claim c[2];

	for (uint64_t id = 1; id <= 4; id++)
		push_size(q, id, 16);
	queue_claim(q, c, 2, NULL);
	c[0].end = QUEUE_FAILED;
	queue_ack(q, c, 2);
	before = balance_of(q);
	push_size(q, 5, 16);
	queue_claim(q, c, 1, NULL);
	queue_ack(q, c, 1);
	b = balance_of(q);
	ledger_since(&b, &before);
	is_u64(b.sent, 3, "two that were left, and one");
	is_u64(b.delivered, 1, "one was delivered since");
	is_u64(b.failed, 0, "and none failed");
	ok(ledger_holds(&b), "the balance of a while holds, too");
	host_drop(q);
}

static void damage(void)
{
	struct queue *q = host_queue(SIZE, 0);
	struct sigslot_balance b;

	push_size(q, 1, 16);
	push_size(q, 2, 16);
	must(section_enter(q, NULL) == 0);
	q->m.seq++;
	section_commit(q);
	section_leave(q);
	b = balance_of(q);
	ok(!ledger_holds(&b), "one that was sent and is nowhere is found");
	q->ring.head->ends[QUEUE_RETRIED] = UINT64_MAX;
	q->ring.head->ends[QUEUE_CUT_OFF] = 7;
	b = balance_of(q);
	is_u64(b.retried, 0, "what became of the failed is never more than these");
	is_u64(b.disconnected, 0, "nor is it of the dropped");
	host_drop(q);
}

int main(void)
{
	host_begin();
	ways_out();
	since();
	damage();
	host_end();
	return done();
}
