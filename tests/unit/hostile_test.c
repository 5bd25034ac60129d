/* SPDX-License-Identifier: MIT */
/*
 * Rings that a broken process wrote into: whatever stands in them, every operation ends
 * soon, in a result or in an error, and touches nothing beyond the ring.
 *
 * Each round damages a few places of a ring with some life in it, in a child that then
 * does everything there is to do. SEED=n repeats a run, ROUNDS=n makes it longer.
 */
#include <sys/mman.h>

#include "queue_host.h"

enum { SIZE = 65536, SECONDS = 8 };

static struct claim c[64], held[8];

static void live(struct queue *q)
{
	for (uint64_t id = 1; id <= 24; id++)
		push_size(q, id, id * 67 % 900);
	queue_claim(q, held, 8, NULL);
	queue_unpin(q, held + 4, 2);
	queue_return(q, &held[6], clock_now() + NS_PER_S, true);
	queue_ack(q, held, 2);
}

static uint64_t nasty(uint64_t was)
{
	static const uint64_t favourites[] = {0, 1, UINT64_MAX, 1ull << 31, 1ull << 63};

	switch (random() % 4) {
	case 0:
		return was ^ 1ull << random() % 64;
	case 1:
		return favourites[(size_t)random() % ARRAY_LEN(favourites)];
	case 2:
		return was + (uint64_t)random() % 4096 - 2048;
	default:
		return (uint64_t)random() << 32 ^ (uint64_t)random();
	}
}

/* With a right checksum, so that the other checks have something to do. */
static void reseal(struct ring_meta *m)
{
	m->crc = 0;
	m->crc = crc32c_lanes(m, sizeof(*m));
}

static void damage(struct queue *q)
{
	struct ring_head *head = q->ring.head;
	struct ring_meta *m = &head->meta[head->idx & 1];
	uint64_t *at;

	switch (random() % 4) {
	case 0: /* a meta block that adds up */
		at = (uint64_t *)m + random() % 24;
		*at = nasty(*at);
		reseal(m);
		return;
	case 1: /* a word of the shared line */
		at = (uint64_t *)&head->latch + random() % 5;
		*at = nasty(*at);
		return;
	case 2: /* near a record */
		at = (uint64_t *)ring_at(&q->ring, m->head & ~15ull) + random() % 400;
		*at = nasty(*at);
		return;
	default:
		at = (uint64_t *)q->ring.data + random() % (SIZE / 8);
		*at = nasty(*at);
	}
}

/* Everything there is to do. Returns whether damage was noticed. */
static bool use(struct queue *q)
{
	static char text[3000];
	bool noticed = false;
	int n;

	queue_return(q, &held[2], 0, true);
	queue_bury(q, &held[3]);
	queue_ack(q, held + 4, 2);
	for (uint64_t id = 1; id < 40 && !noticed; id++) {
		noticed = queue_push(q, &(struct envelope){.id = id}, text,
				     (size_t)id * 70, NULL) == -EBADMSG;
		n = queue_claim(q, c, 3, NULL);
		for (int i = 0; i < n; i++)
			noticed = memchr(c[i].payload.data, 7, c[i].payload.size) &&
				  c[i].payload.size > SIZE;
		if (n > 0)
			queue_unpin(q, c, 1);
		if (n > 1)
			queue_ack(q, c + 1, (size_t)n - 1);
		noticed = noticed || n == -EBADMSG;
	}
	queue_due(q);
	noticed = queue_recover(q, 0, 0) == -EBADMSG || noticed;
	noticed = queue_purge(q) == -EBADMSG || noticed;
	return counts_of(q).damaged || noticed;
}

static int round_of(unsigned seed)
{
	struct queue_limits limits = {.size = SIZE};
	struct identity *id;
	struct queue *q;
	struct queue_counts n;
	bool noticed;

	srandom(seed);
	alarm(SECONDS);
	if (identity_open(host_dir, 2, &id, NULL) < 0 ||
	    queue_create(host_dir, "q", &limits, NULL) < 0 ||
	    queue_open(host_dir, "q", id, &q, NULL) < 0)
		return 9;
	live(q);
	for (long i = random() % 6; i >= 0; i--)
		damage(q);
	if (queue_counts(q, &n) < 0)
		return 1;
	noticed = use(q);
	queue_close(q);
	if (queue_open(host_dir, "q", id, &q, NULL) == 0)
		queue_close(q);
	return noticed;
}

static long number(const char *name, long otherwise)
{
	return getenv(name) ? atol(getenv(name)) : otherwise;
}

/* One bit of one payload, or several. Returns which message that was. */
static uint64_t flip(struct queue *q)
{
	uint64_t nth = 1 + (uint64_t)random() % 20, at = q->m.head;
	struct entry e;

	must(section_enter(q, NULL) == 0);
	at = q->m.head;
	for (uint64_t n = 0; n < nth; n++) {
		must(section_look(q, at, &e) == 1);
		at = e.end;
	}
	section_leave(q);
	for (long bits = 1 + random() % 3; bits > 0; bits--) {
		unsigned char *byte =
			(unsigned char *)(e.record + 1) + (size_t)random() % e.size;

		*byte ^= (unsigned char)(1u << (bits + random() / 8) % 8);
	}
	return nth;
}

static void test_payloads(void)
{
	long flips = number("ROUNDS", 1200), unnoticed = 0, lost = 0;

	for (long i = 0; i < flips; i++) {
		struct queue *q = host_queue(SIZE, 0);
		uint64_t hit, came = 0;
		struct claim one;

		for (uint64_t id = 1; id <= 20; id++)
			push_size(q, id, 1 + id * 53);
		hit = flip(q);
		while (queue_claim(q, &one, 1, NULL) == 1) {
			unnoticed +=
				!whole(&one, one.envelope.id, 1 + one.envelope.id * 53);
			came += one.envelope.id != hit;
			queue_ack(q, &one, 1);
		}
		lost += came != 19 ||
			(counts_of(q).damaged != 1 && counts_of(q).acked != 20);
		host_drop(q);
	}
	is_int(unnoticed, 0, "G2: of %ld payloads with flipped bits none is given out",
	       flips);
	is_int(lost, 0, "G2: and all the others are");
}

int main(void)
{
	unsigned seed = (unsigned)number("SEED", getpid());
	long rounds = number("ROUNDS", 1200), crashed = 0, hung = 0, noticed = 0;

	host_begin();
	for (long i = 0; i < rounds; i++) {
		pid_t pid = fork();
		int status;

		must(pid >= 0);
		if (!pid)
			_exit(round_of(seed + (unsigned)i));
		must(waitpid(pid, &status, 0) == pid);
		must(queue_remove(host_dir, "q", &host_err) == 0);
		if (!WIFSIGNALED(status)) {
			noticed += WEXITSTATUS(status);
			continue;
		}
		hung += WTERMSIG(status) == SIGALRM;
		crashed += WTERMSIG(status) != SIGALRM;
		printf("# SEED=%ld ROUNDS=1: signal %d\n", seed + i, WTERMSIG(status));
	}
	is_int(crashed, 0, "G1: of %ld damaged rings none crashes who uses it", rounds);
	is_int(hung, 0, "G1: and nobody hangs");
	ok(noticed > rounds / 10,
	   "G1: much of the damage is noticed: in %ld%% of the rings",
	   noticed * 100 / rounds);
	test_payloads();
	host_end();
	return done();
}
