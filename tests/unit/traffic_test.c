/* SPDX-License-Identifier: MIT */
/*
 * Traffic that checks what arrives: it must see what is lost, what comes twice, what is
 * out of order and what is not of it.
 */
#include "queue/traffic.h"
#include "queue_host.h"

static const struct traffic traffic = {
	.producers = 2,
	.batch = 3,
	.messages = 50,
	.size = 40,
};

static struct queue *produced(void)
{
	struct queue *q = host_queue(65536, 0);

	must(traffic_produce(q, &traffic, 0, &host_err) == 0);
	must(traffic_produce(q, &traffic, 1, &host_err) == 0);
	return q;
}

/* Shuts, consumes to the end, and drops the queue. */
static struct traffic_tally consumed(struct queue *q)
{
	struct traffic_tally tally;

	must(queue_shut(q, true) == 0);
	must(traffic_consume(q, &traffic, &tally, &host_err) == 0);
	host_drop(q);
	return tally;
}

static void all(void)
{
	struct traffic_tally tally = consumed(produced());

	is_u64(tally.received, 100, "all messages of all producers are received");
	is_u64(tally.wrong, 0, "and none is wrong");
	ok(traffic_whole(&traffic, &tally), "and they are each message once");
}

static void lost(void)
{
	struct queue *q = produced();
	struct traffic_tally tally;
	struct claim c;

	must(queue_claim(q, &c, 1, NULL) == 1 && queue_ack(q, &c, 1) == 0);
	tally = consumed(q);
	is_u64(tally.received, 99, "one that somebody else took is missed");
	ok(!traffic_whole(&traffic, &tally), "and the rest is not the whole");
}

static void exchanged(void)
{
	struct queue *q = host_queue(65536, 0);
	struct traffic_tally tally;

	must(traffic_produce(q, &traffic, 1, &host_err) == 0);
	must(traffic_produce(q, &traffic, 1, &host_err) == 0);
	tally = consumed(q);
	is_u64(tally.received, 100, "the count can be right");
	is_u64(tally.wrong, 50, "but what one consumer gets twice is out of order");

	tally = consumed(produced());
	tally.sum++;
	ok(!traffic_whole(&traffic, &tally),
	   "what two consumers got is told by the sum of both");
}

static void foreign(void)
{
	struct queue *q = produced();

	push_size(q, 3, 40);
	push_size(q, 0, 41);
	is_u64(consumed(q).wrong, 2,
	       "messages of no producer and of another size are wrong");
}

static void passed_on(void)
{
	struct queue *q = host_queue(65536, 0);
	struct traffic_tally tally;

	queue_shut(q, true);
	traffic_consume(q, &traffic, &tally, NULL);
	ok(readable(queue_data_fd(q)), "a consumer that ends wakes the next one");
	host_drop(q);
}

int main(void)
{
	host_begin();
	all();
	lost();
	exchanged();
	foreign();
	passed_on();
	host_end();
	return done();
}
