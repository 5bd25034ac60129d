/* SPDX-License-Identifier: MIT */
/*
 * What a queue promises to one producer and one consumer: order, leases, backoff,
 * limits, closing and counting.
 */
#include "queue_host.h"

enum { SIZE = 65536 };

static struct claim c[64];

static void order(void)
{
	struct queue *q = host_queue(SIZE, 0);
	struct envelope e = {.id = 7,
			     .reply_to = 8,
			     .time_ns = 9,
			     .emit_seq = 10,
			     .sender = 11,
			     .signal = 12,
			     .connection = 13,
			     .generation = 14};

	is_int(queue_claim(q, c, 1, NULL), 0, "an empty queue gives nothing");
	is_int(queue_push(q, &e, "first", 5, NULL), 0, "a message goes in");
	push_text(q, 2, "");
	push_text(q, 3, "third");
	is_int(queue_claim(q, c, 64, NULL), 3, "all that is in is claimed at once");
	ok(memcmp(&c[0].envelope, &e, sizeof(e)) == 0, "the envelope comes as it went");
	is_bytes(c[0].payload.data, c[0].payload.size, "first", 5,
		 "so does the payload");
	is_u64(c[1].payload.size, 0, "an empty payload is a message");
	ok(c[0].seq < c[1].seq && c[1].seq < c[2].seq && c[2].envelope.id == 3,
	   "they come in the order of pushing");
	is_int(queue_claim(q, c + 8, 8, NULL), 0, "what is leased is not given again");
	is_int(queue_ack(q, c, 3), 0, "they are acknowledged");
	is_int(queue_ack(q, c, 1), -ESTALE, "but only once");
	is_u64(counts_of(q).used, 0, "then nothing is in use");
	is_u64(counts_of(q).acked, 3, "and three are counted");
	host_drop(q);
}

static void laps(void)
{
	struct queue *q = host_queue(SIZE, 0);
	bool good = true;

	for (uint64_t id = 1; id < 2000 && good; id++) {
		size_t size = id * 7919 % 20000;

		good = push_size(q, id, size) == 0 && queue_claim(q, c, 1, NULL) == 1 &&
		       whole(c, id, size) && queue_ack(q, c, 1) == 0;
	}
	ok(good, "messages of all sizes come whole through many laps of the ring");
	host_drop(q);
}

static void many(void)
{
	struct queue *q = host_queue(SIZE, 0);
	struct payload p[200], large[2];
	static char bytes[40000];
	size_t done;

	for (int i = 0; i < 200; i++)
		p[i] = (struct payload){bytes, (size_t)i};
	is_int(queue_push_many(q, &(struct envelope){.id = 50, .emit_seq = 5}, p, 200,
			       &done, NULL),
	       0, "many messages go in at once");
	is_u64(done, 200, "all of them");
	is_int(queue_claim(q, c, 64, NULL), 64, "as many come out as are wanted");
	ok(c[63].envelope.id == 113 && c[63].envelope.emit_seq == 68 &&
		   c[63].payload.size == 63,
	   "each has an id and number one above the last");
	queue_purge(q);
	queue_ack(q, c, 64);
	large[0] = (struct payload){bytes, 6000};
	large[1] = (struct payload){bytes, 40000};
	is_int(queue_push_many(q, &(struct envelope){0}, large, 2, &done, &host_err),
	       -EMSGSIZE, "one that can never fit is refused");
	is_u64(done, 1, "after those before it went in");
	is_int(queue_claim(q, c, 64, NULL), 1, "and those come out");
	host_drop(q);
}

static void full(void)
{
	struct queue *q = host_queue(SIZE, 0);
	struct queue_counts n;
	uint64_t id = 1;
	int r;

	while ((r = push_size(q, id, 5000)) == 0)
		id++;
	is_int(r, -EAGAIN, "a full queue says so");
	ok(strstr(host_err.text, "queue 'q' is full") &&
		   strstr(host_err.text, "65536") && strstr(host_err.text, "5000"),
	   "with the numbers: %s", host_err.text);
	ok(!readable(queue_space_fd(q)), "and its bell for space is silent");
	is_int(queue_claim(q, c, 64, NULL), (int)id - 1, "what went in is there");
	queue_ack(q, c, (size_t)id - 1);
	ok(readable(queue_space_fd(q)), "the bell rings when there is space");
	is_int(push_size(q, 90, 5000), 0, "and the message goes in");
	n = counts_of(q);
	ok(n.high_records == id - 1 && n.high_bytes > 60000,
	   "the high-water marks are kept");
	host_drop(q);
}

static void too_big(void)
{
	struct queue *q = host_queue(SIZE, 0);
	size_t largest = queue_largest(SIZE);

	is_int(push_size(q, 1, largest), 0, "the largest message goes in");
	is_int(queue_claim(q, c, 1, NULL), 1, "and comes out");
	ok(whole(c, 1, largest), "whole");
	is_int(push_size(q, 1, largest + 1), -EMSGSIZE, "one byte more is refused");
	ok(strstr(host_err.text, "32656") && strstr(host_err.text, "32657"),
	   "with both sizes: %s", host_err.text);
	host_drop(q);
}

static void limit(void)
{
	struct queue *q = host_queue(SIZE, 2);

	push_text(q, 1, "a");
	push_text(q, 2, "b");
	is_int(push_text(q, 3, "c"), -EAGAIN, "a limit of messages is kept");
	queue_claim(q, c, 1, NULL);
	is_int(push_text(q, 3, "c"), -EAGAIN, "a leased one counts");
	queue_ack(q, c, 1);
	ok(readable(queue_space_fd(q)), "the bell rings when one is done");
	is_int(push_text(q, 3, "c"), 0, "and then there is room");
	host_drop(q);
}

static void returns(void)
{
	struct queue *q = host_queue(SIZE, 0);

	push_text(q, 1, "a");
	push_text(q, 2, "b");
	queue_claim(q, c, 2, NULL);
	is_u64(c[0].attempt, 1, "the first attempt is number 1");
	is_int(queue_return(q, &c[0], 0, true), 0, "a claim is given back");
	is_int(queue_return(q, &c[0], 0, true), -ESTALE, "but only once");
	is_int(queue_ack(q, &c[0], 1), -ESTALE, "its lease is lost");
	is_int(queue_claim(q, c + 2, 1, NULL), 1, "it can be claimed again");
	ok(c[2].envelope.id == 1 && c[2].attempt == 2, "as the second attempt");
	is_int(queue_ack(q, &c[0], 1), -ESTALE, "an old lease does not acknowledge it");
	queue_return(q, &c[2], 0, false);
	queue_claim(q, c + 2, 1, NULL);
	is_u64(c[2].attempt, 2, "an attempt that was none is not counted");
	is_int(queue_bury(q, &c[2]), 0, "a claim can be buried");
	is_u64(counts_of(q).dead, 1, "and is counted as dead");
	queue_ack(q, &c[1], 1);
	ok(counts_of(q).redelivered == 2 && !counts_of(q).records,
	   "redeliveries are counted");
	host_drop(q);
}

static void backoff(void)
{
	struct queue *q = host_queue(SIZE, 0);
	uint64_t due = clock_now() + 3600 * NS_PER_S;

	push_text(q, 1, "a");
	push_text(q, 2, "b");
	queue_claim(q, c, 1, NULL);
	is_u64(queue_due(q), NEVER, "nothing is due");
	queue_return(q, &c[0], due, true);
	is_u64(queue_due(q), due, "a backoff has its time");
	is_int(queue_claim(q, c, 8, NULL), 1, "others pass it");
	is_u64(c[0].envelope.id, 2, "in the meantime");
	queue_ack(q, c, 1);
	is_int(queue_claim(q, c, 8, NULL), 0, "it does not come before its time");
	ok(!readable(queue_data_fd(q)), "and nobody is woken for it");
	host_drop(q);
}

static void backoff_ends(void)
{
	struct queue *q = host_queue(SIZE, 0);
	uint64_t due = clock_now() + 30 * NS_PER_MS;

	push_text(q, 1, "a");
	queue_claim(q, c, 1, NULL);
	queue_return(q, &c[0], due, true);
	while (clock_now() < due)
		poll(NULL, 0, clock_poll_ms(clock_now(), queue_due(q)));
	is_int(queue_claim(q, c, 8, NULL), 1, "at its time it comes");
	ok(c[0].envelope.id == 1 && c[0].attempt == 2, "as the second attempt");
	is_u64(queue_due(q), NEVER, "then nothing is due");
	host_drop(q);
}

static void backoffs(void)
{
	struct queue *q = host_queue(SIZE, 0);
	uint64_t base = clock_now() + 20 * NS_PER_MS;
	int n, got = 0;
	bool good = true;

	for (uint64_t id = 1; id <= 40; id++)
		push_text(q, id, "x");
	queue_claim(q, c, 40, NULL);
	for (int i = 0; i < 40; i++)
		queue_return(q, &c[i], base + (uint64_t)(i * 17 % 40) * 100000, false);
	while (got < 40) {
		n = queue_claim(q, c, 1, NULL);
		if (!n && queue_due(q) == NEVER)
			break;
		if (!n)
			poll(NULL, 0, clock_poll_ms(clock_now(), queue_due(q)));
		good = good && (!n || clock_now() >= base);
		queue_ack(q, c, (size_t)n);
		got += n;
	}
	ok(got == 40 && good, "forty backoffs come back, none before its time");
	host_drop(q);
}

static void closing(void)
{
	struct queue *q = host_queue(SIZE, 0), *other = host_open(host_id);

	push_text(q, 1, "a");
	is_int(queue_shut(q, true), 0, "a queue is closed");
	is_int(push_text(other, 2, "b"), -ESHUTDOWN, "then nothing goes in");
	ok(counts_of(other).closed, "all see it");
	is_int(queue_claim(q, c, 1, NULL), 1, "what is in can be claimed");
	queue_close(q);
	is_u64(counts_of(other).leased, 0,
	       "a handle that closes gives back its claims");
	is_int(queue_claim(other, c, 1, NULL), 1, "another one gets them");
	is_u64(c[0].attempt, 1, "as never tried");
	queue_shut(other, false);
	is_int(push_text(other, 2, "b"), 0, "an opened queue takes messages");
	push_text(other, 3, "c");
	is_int((int)queue_purge(other), 2, "purging drops what is claimable");
	ok(counts_of(other).dropped == 2 && counts_of(other).leased == 1,
	   "and nothing that is leased");
	is_int(queue_ack(other, c, 1), 0, "that is acknowledged as ever");
	host_drop(other);
}

static void bells(void)
{
	struct queue *q = host_queue(SIZE, 0), *late;

	ok(!readable(queue_data_fd(q)), "the bell of an empty queue is silent");
	push_text(q, 1, "a");
	ok(readable(queue_data_fd(q)), "it rings at a push");
	queue_claim(q, c, 1, NULL);
	is_int(queue_turn(q, c, 1, c, 1, NULL), 0, "the last one is acknowledged");
	ok(!readable(queue_data_fd(q)), "and silences it");
	push_text(q, 1, "a");
	queue_close(q);
	late = host_open(host_id);
	ok(readable(queue_data_fd(late)),
	   "it rings for what was pushed when nobody was there");
	host_drop(late);
}

static void peeking(void)
{
	struct queue *q = host_queue(SIZE, 0);
	struct queue_counts n;

	push_text(q, 1, "a");
	push_text(q, 2, "b");
	queue_claim(q, c, 1, NULL);
	is_int(queue_peek(host_dir, "q", &n, NULL), 0, "anybody may peek");
	ok(n.size == SIZE && n.records == 2 && n.ready == 1 && n.leased == 1 &&
		   n.pushed == 2,
	   "and sees how many wait and are leased");
	is_int(queue_peek(host_dir, "none", &n, &host_err), -ENOENT,
	       "what is not there cannot be peeked at");
	is_int(queue_create(host_dir, "q", &(struct queue_limits){.size = 1},
			    &host_err),
	       -EEXIST, "a queue is created once");
	is_str(host_err.text, "queue 'q' exists already", "and says so");
	host_drop(q);
}

int main(void)
{
	host_begin();
	order();
	laps();
	many();
	full();
	too_big();
	limit();
	returns();
	backoff();
	backoff_ends();
	backoffs();
	closing();
	bells();
	peeking();
	host_end();
	return done();
}
