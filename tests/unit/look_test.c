/* SPDX-License-Identifier: MIT */
/*
 * Looking at a queue without claiming: it says what a claim would find, takes nothing,
 * and silences the bell only where a claim would.
 */
#include "queue/look.h"
#include "queue_host.h"

enum { SIZE = 65536 };

static struct claim c[8], copy;
static struct buf bytes;

static int look(struct queue *q)
{
	return queue_look(q, &copy, 1, &bytes, &host_err);
}

static void plain(void)
{
	struct queue *q = host_queue(SIZE, 0), *other = host_open(host_id);

	is_int(look(q), 0, "an empty queue has nothing");
	is_u64(queue_due(q), NEVER, "and need not be looked at again");
	push_text(q, 1, "one");
	is_int(look(q), 1, "one that has a message has something");
	is_int(look(q), 1, "which stays in it");
	ok(readable(queue_data_fd(q)), "and its bell rings on for others");
	is_int(queue_claim(other, c, 8, NULL), 1, "somebody claims it");
	ok(readable(queue_data_fd(q)), "which leaves the bell ringing");
	is_int(look(q), 0, "what is leased is nothing to claim");
	ok(!readable(queue_data_fd(q)), "then a look silences the bell");
	push_text(q, 2, "two");
	ok(readable(queue_data_fd(q)), "and the next message rings it");
	queue_ack(other, c, 1);
	queue_close(other);
	host_drop(q);
}

static void parked(void)
{
	struct queue *q = host_queue(SIZE, 0);
	uint64_t later = clock_now() + 3600 * NS_PER_S;

	push_text(q, 1, "one");
	push_text(q, 2, "two");
	queue_claim(q, c, 2, NULL);
	queue_return(q, &c[0], later, true);
	is_int(look(q), 0, "what backs off is nothing to claim");
	is_u64(queue_due(q), later, "but it says when it will be");
	queue_return(q, &c[1], clock_now(), true);
	is_int(look(q), 1, "when its time has come it is");
	is_int(queue_claim(q, c, 2, NULL), 1, "and a claim finds it");
	queue_ack(q, c, 1);
	host_drop(q);
}

static void written(void)
{
	struct queue *q = host_queue(SIZE, 0);
	struct record *first;
	struct record_word w = {.state = RECORD_BUSY,
				.slot = identity_slot(host_id),
				.generation = identity_generation(host_id)};
	uint64_t ready;

	push_text(q, 1, "one");
	push_text(q, 2, "two");
	first = ring_at(&q->ring, q->m.head);
	ready = first->state;
	first->since = clock_now();
	first->state = record_word(w);
	is_int(look(q), 0, "what is still being written holds back what is behind it");
	ok(queue_due(q) < NEVER, "but not for ever");
	first->since = 0;
	is_int(look(q), 1, "what is being written for too long does not");
	first->since = clock_now();
	w.generation++;
	first->state = record_word(w);
	is_int(look(q), 1, "nor what a dead process was writing");
	first->state = ready;
	host_drop(q);
}

static void damaged(void)
{
	struct queue *q = host_queue(SIZE, 0);

	push_text(q, 1, "one");
	ring_at(&q->ring, q->m.head)->mark ^= 1;
	is_int(look(q), -EBADMSG, "a damaged queue is told of");
	ring_at(&q->ring, q->m.head)->mark ^= 1;
	host_drop(q);
}

static void push_at(struct queue *q, uint64_t time_ns, size_t size)
{
	struct envelope e = {.id = 1, .emit_seq = 1, .time_ns = time_ns};
	static const char zeros[1024];

	must(queue_push(q, &e, zeros, size, &host_err) == 0);
}

static uint64_t oldest(void)
{
	uint64_t time_ns = 0, seq;
	int r = queue_oldest(host_dir, "q", &time_ns, &seq);

	return r < 0 ? (uint64_t)-r : time_ns;
}

static void ages(void)
{
	struct queue *q = host_queue(SIZE, 0);
	bool right = true;

	is_u64(oldest(), ENOENT, "an empty queue has no oldest message");
	push_at(q, 1001, 10);
	push_at(q, 1002, 20);
	is_u64(oldest(), 1001, "the oldest message is the first that was put");
	must(queue_claim(q, c, 2, &host_err) == 2);
	is_u64(oldest(), 1001, "also while it is under way");
	must(queue_ack(q, &c[1], 1) == 0);
	is_u64(oldest(), 1001, "and when a younger one is done");
	push_at(q, 1003, 30);
	must(queue_ack(q, &c[0], 1) == 0);
	is_u64(oldest(), 1003, "what is done does not count");
	for (uint64_t i = 0; i < 500; i++) {
		push_at(q, 2000 + i, 16 * (i % 61) + i % 7);
		must(queue_claim(q, c, 1, &host_err) == 1);
		must(queue_ack(q, c, 1) == 0);
		right = right && oldest() == 2000 + i;
	}
	ok(right, "all around the ring");
	host_drop(q);
	is_u64(oldest(), ENOENT, "a queue that is gone has none");
}

int main(void)
{
	host_begin();
	plain();
	parked();
	written();
	damaged();
	buf_done(&bytes);
	ages();
	host_end();
	return done();
}
