/* SPDX-License-Identifier: MIT */
/*
 * Records that stay long at the head of a ring: they are moved over what is finished
 * behind them, unless somebody holds a pointer into them.
 */
#include "queue_host.h"

enum { SIZE = 65536, PART = 4000 };

static struct claim c[256], held[64];

/* Fills the ring; returns the last id that went in. */
static uint64_t fill(struct queue *q, uint64_t id)
{
	while (push_size(q, id, PART) == 0)
		id++;
	return id - 1;
}

static bool finish(struct queue *q, int n)
{
	return queue_claim(q, c, (size_t)n, NULL) == n &&
	       queue_ack(q, c, (size_t)n) == 0;
}

static void pinned(void)
{
	struct queue *q = host_queue(SIZE, 0);
	uint64_t last = fill(q, 1);

	queue_claim(q, held, 1, NULL);
	finish(q, 6);
	is_int(push_size(q, 90, PART), -EAGAIN, "a pinned record keeps the head");
	ok(whole(&held[0], 1, PART), "and stays where it is");
	is_int(queue_unpin(q, held, 1), 0, "it is unpinned");
	is_int(push_size(q, 90, PART), 0, "then it moves, and there is room");
	is_int(queue_claim(q, c, 64, NULL), (int)(last - 7 + 1),
	       "what was behind it is all there");
	ok(whole(&c[0], 8, PART) && whole(&c[last - 7], 90, PART), "and whole");
	is_int(queue_return(q, &held[0], 0, true), 0,
	       "the moved one is known by its number and lease");
	is_int(queue_claim(q, held, 1, NULL), 1, "it is claimed again");
	ok(whole(&held[0], 1, PART), "and whole");
	is_int(queue_ack(q, held, 1), 0, "and acknowledged");
	queue_ack(q, c, (size_t)(last - 6));
	is_u64(counts_of(q).used, 0, "in the end the ring is empty");
	host_drop(q);
}

static void parked(void)
{
	struct queue *q = host_queue(SIZE, 0);
	bool good = true;
	int pushed = 0;

	for (uint64_t id = 1; id <= 20; id++)
		push_size(q, id, 10 * id);
	queue_claim(q, held, 20, NULL);
	for (int i = 0; i < 20; i++)
		queue_return(q, &held[i], clock_now() + 3600 * NS_PER_S, true);
	for (uint64_t id = 100; id < 400; id++) {
		pushed += push_size(q, id & 255, PART) == 0;
		good = good && queue_claim(q, c, 1, NULL) == 1 &&
		       whole(c, id & 255, PART) && queue_ack(q, c, 1) == 0;
	}
	ok(good && pushed == 300, "many laps pass a crowd that backs off");
	is_u64(counts_of(q).records, 20, "and leave it in the queue");
	is_int((int)queue_purge(q), 20, "from which it can be taken");
	is_u64(counts_of(q).used, 0, "wholly");
	host_drop(q);
}

static void mixed(void)
{
	struct queue *q = host_queue(SIZE, 0);
	uint64_t at[16];
	bool good = true;

	for (uint64_t id = 1; id <= 16; id++)
		push_size(q, id, 50 + id);
	queue_claim(q, held, 16, NULL);
	queue_unpin(q, held, 16);
	for (int i = 0; i < 16; i++)
		at[i] = held[i].seq;
	for (uint64_t id = 20; id < 120; id++)
		good = good && push_size(q, id, PART) == 0 && finish(q, 1);
	ok(good, "leases that are not pinned let the others pass");
	for (int i = 0; i < 16; i += 2)
		good = good && queue_ack(q, &held[i], 1) == 0;
	for (int i = 1; i < 16; i += 2)
		good = good && queue_return(q, &held[i], 0, true) == 0;
	ok(good, "all are found again after they moved");
	good = queue_claim(q, c, 64, NULL) == 8;
	for (int i = 0; i < 8; i++)
		good = good && c[i].seq == at[2 * i + 1] &&
		       whole(&c[i], (uint64_t)(2 * i + 2), (size_t)(52 + 2 * i));
	ok(good, "and come back in order, whole");
	queue_ack(q, c, 8);
	is_u64(counts_of(q).used, 0, "in the end the ring is empty");
	host_drop(q);
}

/* Records of random sizes are leased, parked, returned and finished at random. */
static void chaos(void)
{
	enum { STEPS = 40000 };
	struct queue *q = host_queue(SIZE, 0);
	uint64_t id = 1;
	int len = 0, out = 0;
	bool good = true;

	srandom(7);
	for (int i = 0; i < STEPS && good; i++) {
		int r = push_size(q, id, (size_t)random() % (i % 50 ? 300 : 9000));

		id += r == 0;
		if (r == -EAGAIN || random() % 2) {
			int n = queue_claim(q, held + len, 1, NULL);

			if (n)
				queue_unpin(q, held + len, (size_t)(random() % 2));
			len += n;
		}
		while (len > (i % 1000 ? 30 : 0)) {
			struct claim *one = &held[random() % len];

			r = random() % 3 ? queue_ack(q, one, 1)
					 : queue_return(q, one, 0, true);
			good = good && r == 0;
			*one = held[--len];
			out++;
		}
		if (i % 5000 == 0)
			good = good && counts_of(q).records < 5000;
	}
	queue_ack(q, held, (size_t)len);
	while ((len = queue_claim(q, c, 256, NULL)) > 0)
		queue_ack(q, c, (size_t)len);
	ok(good && out > 1000 && len == 0, "a random life of %d steps does no harm",
	   STEPS);
	is_u64(counts_of(q).acked, id - 1, "every message came out");
	is_u64(counts_of(q).used, 0, "and the ring is empty");
	host_drop(q);
}

int main(void)
{
	host_begin();
	pinned();
	parked();
	mixed();
	chaos();
	host_end();
	return done();
}
