/* SPDX-License-Identifier: MIT */
/*
 * What `full:` does in a queue: whose messages make way, which stay, and that the
 * counts say where each one went.
 */
#include "queue/drop.h"

#include "queue_host.h"

enum { SIZE = 65536, OURS = 5, OTHERS = 6, BIG = 6000 };

static struct claim c[64];

static int push(struct queue *q, uint32_t signal, uint64_t id, size_t size)
{
	static char bytes[SIZE / 2];
	struct envelope e = {.id = id, .signal = signal};

	return queue_push(q, &e, bytes, size, &host_err);
}

/* As an emitter does it. Returns 1 if it went in, 0 if it was dropped. */
static int push_full(struct queue *q, enum queue_full full, uint64_t id, size_t size)
{
	int r;

	while ((r = push(q, OURS, id, size)) == -EAGAIN) {
		r = queue_relieve(q, full, OURS, size);
		if (r != 1)
			return r;
	}
	if (full == QUEUE_LATEST)
		queue_supersede(q, OURS);
	return r == 0;
}

static bool balanced(const struct queue *q)
{
	struct queue_counts n = counts_of(q);

	return n.pushed == n.acked + n.faulted + n.voided + n.dropped + n.dead +
				   n.damaged + n.evicted + n.outdated + n.records;
}

/* The ids that come out, as text. */
static const char *ids(struct queue *q)
{
	static char text[256];
	int n = queue_claim(q, c, 64, NULL), at = 0;

	*text = '\0';
	for (int i = 0; i < n; i++)
		at += snprintf(text + at, sizeof(text) - (size_t)at, "%s%llu",
			       i ? " " : "", (unsigned long long)c[i].envelope.id);
	queue_ack(q, c, (size_t)n);
	return text;
}

static void drop_new(void)
{
	struct queue *q = host_queue(SIZE, 3);

	for (uint64_t id = 1; id <= 5; id++)
		push_full(q, QUEUE_DROP_NEW, id, 10);
	is_u64(counts_of(q).refused, 2, "drop-new: what has no room is counted");
	ok(balanced(q), "and was never pushed");
	is_str(ids(q), "1 2 3", "the old ones stay");
	host_drop(q);
}

static void drop_old(void)
{
	struct queue *q = host_queue(SIZE, 4);

	push(q, OTHERS, 100, 10);
	for (uint64_t id = 1; id <= 6; id++)
		push_full(q, QUEUE_DROP_OLD, id, 10);
	is_u64(counts_of(q).evicted, 3, "drop-old: as many as must make way");
	ok(balanced(q), "the counts balance");
	is_str(ids(q), "100 4 5 6", "the oldest of the signal go, others stay");
	host_drop(q);
}

static void only_waiting(void)
{
	struct queue *q = host_queue(SIZE, 3);

	for (uint64_t id = 1; id <= 3; id++)
		push(q, OURS, id, 10);
	must(queue_claim(q, c + 32, 1, NULL) == 1);
	push_full(q, QUEUE_DROP_OLD, 4, 10);
	is_u64(counts_of(q).leased, 1, "what is in flight is not touched");
	is_str(ids(q), "3 4", "the oldest that waits goes instead");
	must(queue_ack(q, c + 32, 1) == 0);
	host_drop(q);
}

static void nobody_else(void)
{
	struct queue *q = host_queue(SIZE, 2);

	push(q, OTHERS, 1, 10);
	push(q, OTHERS, 2, 10);
	is_int(push_full(q, QUEUE_DROP_OLD, 3, 10), 0,
	       "where only others wait the new one goes");
	is_u64(counts_of(q).refused, 1, "and is counted as refused");
	is_str(ids(q), "1 2", "the others stay");
	host_drop(q);
}

static void by_bytes(void)
{
	struct queue *q = host_queue(SIZE, 0);
	uint64_t id = 1;

	push(q, OTHERS, 100, 10);
	while (push(q, OURS, id, BIG) == 0)
		id++;
	is_int(push_full(q, QUEUE_DROP_OLD, id, BIG), 1,
	       "room in bytes is made, also behind a message of others");
	is_u64(counts_of(q).evicted, 1, "by one of the same size");
	must(queue_claim(q, c + 32, 1, NULL) == 1 && c[32].envelope.id == 100);
	is_int(push_full(q, QUEUE_DROP_OLD, id + 1, BIG), 0,
	       "but not past one that somebody reads in place");
	is_u64(counts_of(q).evicted, 1, "and then none is lost for nothing");
	must(queue_ack(q, c + 32, 1) == 0 && balanced(q));
	host_drop(q);
}

static void latest(void)
{
	struct queue *q = host_queue(SIZE, 0);

	push(q, OTHERS, 100, 10);
	for (uint64_t id = 1; id <= 4; id++)
		push_full(q, QUEUE_LATEST, id, 10);
	push(q, OTHERS, 101, 10);
	is_u64(counts_of(q).outdated, 3, "latest: the older ones are counted");
	ok(balanced(q), "the counts balance");
	is_str(ids(q), "100 4 101", "only the newest waits, also where there is room");
	push(q, OURS, 5, 10);
	must(queue_claim(q, c + 32, 1, NULL) == 1);
	push_full(q, QUEUE_LATEST, 6, 10);
	is_str(ids(q), "6", "one that is in flight is done all the same");
	must(queue_ack(q, c + 32, 1) == 0);
	host_drop(q);
}

static void fail_and_block(void)
{
	struct queue *q = host_queue(SIZE, 1);

	push(q, OURS, 1, 10);
	is_int(push_full(q, QUEUE_FAIL, 2, 10), -EAGAIN, "fail: the emitter is told");
	is_u64(counts_of(q).failed, 1, "and it is counted");
	is_int(push_full(q, QUEUE_BLOCK, 2, 10), -EAGAIN, "block: it is to wait");
	is_u64(counts_of(q).refused + counts_of(q).failed, 1, "and nothing is counted");
	is_str(ids(q), "1", "what was in stays");
	host_drop(q);
}

/* One that drops asks for no space: it would be kept free for nobody. */
static void leaves_room_to_waiters(void)
{
	struct queue *q = host_queue(SIZE, 0);
	struct ring_want *want = &q->ring.head->want;

	while (push(q, OURS, 1, BIG) == 0)
		;
	push_full(q, QUEUE_DROP_NEW, 2, BIG);
	is_u64(want->room, 0, "who drops does not wait for space");
	want->room = record_room(BIG);
	want->who = 77;
	want->since = clock_now();
	is_int(push_full(q, QUEUE_DROP_OLD, 3, BIG), 1,
	       "who evicts makes room for one who waits, too");
	is_u64(counts_of(q).evicted, 2, "by one more");
	host_drop(q);
}

static int from_outside(struct queue *q, enum queue_full full, size_t size)
{
	static char bytes[SIZE / 2];
	struct envelope e = {.id = 1, .signal = OURS};
	struct payload p = {bytes, size};
	struct queue_batch b = {&e, &p, 1, true};
	size_t done;

	return queue_push_full(q, full, &b, &done, &host_err);
}

static void leaves_half(void)
{
	struct queue *q = host_queue(SIZE, 0);
	uint64_t half;
	int n;

	must(from_outside(q, QUEUE_BLOCK, queue_largest(SIZE)) == 0);
	must(queue_claim(q, c, 64, NULL) == 1 && queue_ack(q, c, 1) == 0);
	ok(counts_of(q).used == 0,
	   "from outside of a circle the largest message goes in");
	while (from_outside(q, QUEUE_BLOCK, BIG) == 0)
		;
	half = counts_of(q).used;
	ok(half <= SIZE / 2, "and no more than half of the ring is taken");
	is_int(push(q, OURS, 2, BIG), 0, "what goes round has the rest");
	is_int(from_outside(q, QUEUE_DROP_NEW, BIG), 0, "and so has who does not wait");
	is_u64(counts_of(q).refused, 0, "who is not refused");
	is_int(from_outside(q, QUEUE_BLOCK, 1), -EAGAIN, "who waits, waits");
	ok(!readable(queue_space_fd(q)), "for a bell that is silent");
	n = queue_claim(q, c, 64, NULL);
	queue_ack(q, c, (size_t)n);
	ok(readable(queue_space_fd(q)), "until half is free");
	while (push(q, OURS, 3, BIG) == 0)
		;
	is_u64(q->ring.head->want.room, record_room(BIG), "who goes round waits, too");
	is_int(from_outside(q, QUEUE_BLOCK, BIG), -EAGAIN, "others do as well,");
	is_u64(q->ring.head->want.room, record_room(BIG), "and not before it");
	host_drop(q);
}

static void leaves_half_of_few(void)
{
	struct queue *q = host_queue(SIZE, 5);

	for (int i = 0; i < 3; i++)
		is_int(from_outside(q, QUEUE_BLOCK, 1), 0, "of five, message %d",
		       i + 1);
	is_int(from_outside(q, QUEUE_BLOCK, 1), -EAGAIN, "and then no more");
	is_int(push(q, OURS, 2, 1), 0, "but what goes round");
	host_drop(q);
	q = host_queue(SIZE, 1);
	is_int(from_outside(q, QUEUE_BLOCK, 1), 0,
	       "where there is one place, it is taken");
	host_drop(q);
}

static int to_tap(struct queue *q, uint32_t signal, uint64_t id, size_t size,
		  size_t *ret_done)
{
	static char bytes[SIZE];
	struct envelope e = {.id = id, .signal = signal};
	struct payload p = {bytes, size};

	return queue_push_full(q, QUEUE_TAP, &(struct queue_batch){&e, &p, 1, false},
			       ret_done, &host_err);
}

static void for_taps(void)
{
	struct queue *q = host_queue(SIZE, 0);
	bool all = true;
	size_t done;

	host_err = (struct sigslot_error){0};
	for (uint64_t id = 1; id <= 100; id++)
		all = all && to_tap(q, OTHERS, id, 1000, &done) == 0 && done == 1;
	ok(all, "a queue for taps takes as many as come");
	ok(to_tap(q, OURS, 101, 10, &done) == 0 && done == 1 && counts_of(q).evicted,
	   "whose messages make way does not matter there");
	is_u64(counts_of(q).refused, 0, "and all went in");
	is_int(to_tap(q, OURS, 102, SIZE / 2, &done), 0,
	       "one that is too big for it is no error");
	ok(done == 1 && counts_of(q).refused == 1, "but is counted");
	ok(balanced(q), "the counts balance");
	queue_shut(q, true);
	ok(to_tap(q, OURS, 103, 10, &done) == 0 && done == 1,
	   "nor is it one that nobody taps any more");
	is_int(host_err.code, 0, "of all that nothing is said");
	host_drop(q);
}

static void names(void)
{
	is_str(queue_full_text(QUEUE_DROP_OLD), "drop-old", "a policy has a name");
	ok(!queue_full_text(QUEUE_FULLS), "what is none has none");
}

int main(void)
{
	host_begin();
	drop_new();
	drop_old();
	only_waiting();
	nobody_else();
	by_bytes();
	latest();
	fail_and_block();
	leaves_room_to_waiters();
	leaves_half();
	leaves_half_of_few();
	for_taps();
	names();
	host_end();
	return done();
}
