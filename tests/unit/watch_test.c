/* SPDX-License-Identifier: MIT */
/*
 * Watching a queue from outside: what is pushed is seen once, whole and in order,
 * whatever becomes of it; what was too fast is counted; and the queue never notices.
 */
#include "queue/watch.h"

#include "queue_host.h"

enum { SIZE = 65536, LARGE = 20000, MANY = 200000 };

static struct claim c[8], seen;

static struct watch *watch(void)
{
	struct watch *w;

	must(watch_open(host_dir, "q", &w, &host_err) == 0);
	return w;
}

static uint64_t next(struct watch *w)
{
	int r = watch_next(w, &seen, &host_err);

	return r < 0 ? (uint64_t)-r : r ? seen.envelope.id : 0;
}

static bool shows(const char *text)
{
	return seen.payload.size == strlen(text) &&
	       memcmp(seen.payload.data, text, strlen(text)) == 0;
}

static void plain(void)
{
	struct queue *q = host_queue(SIZE, 0);
	struct queue_counts before, after;
	struct watch *w;

	push_text(q, 7, "before");
	w = watch();
	is_u64(next(w), 0, "what was pushed before is not seen");
	push_text(q, 1, "one");
	push_text(q, 2, "two");
	before = counts_of(q);
	is_u64(next(w), 1, "what is pushed is seen");
	ok(shows("one"), "whole");
	is_u64(next(w), 2, "in order");
	is_u64(next(w), 0, "once");
	after = counts_of(q);
	ok(memcmp(&before, &after, sizeof(before)) == 0, "and the queue is as it was");
	push_text(q, 3, "three");
	must(queue_claim(q, c, 8, NULL) == 4 && queue_ack(q, c, 4) == 0);
	is_u64(next(w), 3, "what is done already is seen, too");
	is_u64(watch_missed(w), 0, "nothing was missed");
	ok(!watch_gone(w), "the queue is there");
	host_drop(q);
	ok(watch_gone(w), "until it is removed");
	watch_close(w);
}

static uint64_t again(struct watch *w)
{
	int r = watch_again(w, &seen, &host_err);

	return r < 0 ? (uint64_t)-r : r ? seen.envelope.id * 10 + seen.attempt : 0;
}

static void comes_again(void)
{
	struct queue *q = host_queue(SIZE, 0);
	struct watch *w = watch();

	push_text(q, 1, "one");
	push_text(q, 2, "two");
	is_u64(next(w) + next(w), 3, "both are seen");
	must(queue_claim(q, c, 2, NULL) == 2);
	is_u64(again(w), 0, "a first try comes not again");
	must(queue_return(q, &c[0], 0, true) == 0);
	must(queue_return(q, &c[1], 0, false) == 0);
	is_u64(again(w), 0, "nor does what waits to be tried");
	must(queue_claim(q, c, 2, NULL) == 2);
	is_u64(again(w), 12, "what is tried once more does, with its attempt");
	ok(shows("one"), "whole");
	is_u64(again(w), 0, "once, and what was only given back does not");
	must(queue_return(q, &c[0], 0, true) == 0);
	must(queue_claim(q, c, 1, NULL) == 1);
	is_u64(again(w), 13, "and a third time");
	is_u64(watch_missed(w), 0, "nothing was missed");
	for (unsigned i = 0; i < 3; i++) {
		must(queue_return(q, &c[0], 0, true) == 0);
		must(queue_claim(q, c, 1, NULL) == 1);
	}
	is_u64(again(w), 16, "of tries that were quicker the last is seen");
	is_u64(again(w) + again(w), 0, "alone");
	is_u64(watch_missed(w), 2, "and the others are counted");
	must(queue_ack(q, c, 2) == 0);
	is_u64(again(w), 0, "what is done does not come again");
	watch_close(w);
	host_drop(q);
}

static void lapped(void)
{
	struct queue *q = host_queue(SIZE, 0);
	struct watch *w = watch();
	uint64_t id, told = 0, last = 0;

	for (uint64_t i = 1; i <= 2000; i++) {
		must(push_size(q, i, 100) == 0);
		must(queue_claim(q, c, 1, NULL) == 1 && queue_ack(q, c, 1) == 0);
	}
	push_text(q, 2001, "the last");
	while ((id = next(w))) {
		told++;
		last = id;
	}
	is_u64(last, 2001, "one who was overtaken goes on with what is there");
	is_u64(told + watch_missed(w), 2001, "and knows how many were missed");
	watch_close(w);
	host_drop(q);
}

static void moved(void)
{
	struct queue *q = host_queue(SIZE, 0);
	struct watch *w = watch();
	uint64_t id, last = 0, told = 0;
	bool rising = true;

	push_text(q, 1, "stays");
	must(queue_claim(q, c, 1, NULL) == 1 && queue_unpin(q, c, 1) == 0);
	for (uint64_t i = 2; i < 2000; i++) {
		must(push_size(q, i, 100) == 0);
		must(queue_claim(q, c + 1, 1, NULL) == 1 &&
		     queue_ack(q, c + 1, 1) == 0);
		while ((id = next(w))) {
			rising = rising && id > last;
			last = id;
			told++;
		}
	}
	ok(rising, "what is moved to make room is not seen again");
	is_u64(told + watch_missed(w), 1999, "and all is seen, or counted");
	watch_close(w);
	host_drop(q);
}

static void large(void)
{
	struct queue *q = host_queue(SIZE, 0);
	struct watch *w = watch();
	struct record *r;
	uint64_t ready;

	push_size(q, 1, LARGE);
	push_text(q, 2, "two");
	r = ring_at(&q->ring, q->m.head);
	ready = r->state;
	r->state = RECORD_BUSY;
	r->since = clock_now();
	is_u64(next(w), 0, "what is still being written holds back what is behind it");
	r->state = ready;
	is_u64(next(w), 1, "until it is whole");
	ok(whole(&seen, 1, LARGE), "with all of its bytes");
	is_u64(next(w), 2, "and then comes the rest");
	push_text(q, 3, "three");
	push_text(q, 4, "four");
	must(queue_claim(q, c, 3, NULL) == 3 && queue_ack(q, c, 2) == 0);
	r = ring_at(&q->ring, q->m.head);
	must(r->seq == 2);
	((char *)(r + 1))[0] ^= 1;
	is_u64(next(w), 0, "what is not intact is no message");
	is_u64(watch_missed(w), 2, "and is passed over, and counted");
	push_text(q, 5, "five");
	is_u64(next(w), 5, "then it goes on");
	((char *)(r + 1))[0] ^= 1;
	watch_close(w);
	host_drop(q);
}

/* Pushes as fast as it can, and takes out as fast. */
static int hurry(struct queue *q)
{
	for (uint64_t i = 1; i <= MANY; i++) {
		if (push_size(q, i, i % 997) < 0)
			return 1;
		if (queue_claim(q, c, 8, NULL) < 1 || queue_ack(q, c, 1) < 0)
			return 2;
	}
	return 0;
}

static void raced(void)
{
	struct queue *q = host_queue(SIZE, 0);
	struct watch *w = watch();
	uint64_t id, last = 0, told = 0;
	bool intact = true;
	pid_t pid = fork();
	int status = -1;

	must(pid >= 0);
	if (!pid)
		_exit(in_child(2, hurry));
	do {
		bool ended = waitpid(pid, &status, WNOHANG) == pid;

		while ((id = next(w))) {
			intact = intact && id > last && whole(&seen, id, id % 997);
			last = id;
			told++;
		}
		if (ended)
			break;
	} while (true);
	is_int(status, 0, "a queue that is watched goes on as ever");
	ok(intact, "whatever is seen is whole, and in order");
	is_u64(told + watch_missed(w), MANY, "and all is seen, or counted");
	ok(told > 0, "some was seen");
	watch_close(w);
	host_drop(q);
}

int main(void)
{
	host_begin();
	plain();
	comes_again();
	lapped();
	moved();
	large();
	raced();
	host_end();
	return done();
}
