/* SPDX-License-Identifier: MIT */
/*
 * Producers and consumers of one queue, interleaved at every access to the ring and
 * every system call by a seeded scheduler, killed and stopped anywhere: what stepping,
 * which has one process move at a time, cannot see. After each schedule a model says
 * what must have come out: every committed message once, one in doubt at most once,
 * nothing that was refused, leases exclusive, nobody asleep beside work, counts that
 * balance.
 *
 *   weave_test [SCENE]     ROUNDS=n: so many schedules; CRASH_SECONDS=n: for so long;
 *                          STOP=1: until the first failure; SEED=n: that schedule
 */
#include "machine.h"
#include "queue/drop.h"

#include "../unit/tap.h"

enum {
	LANES = 4,
	MOST = 16, /* messages of a lane */
	CAPACITY = 65536,
	LARGE = 15000,
	CONSUMER = 10, /* places: producers below */
	REAPER = 20,
	JUDGE = 21,
	FAILURES = 3, /* of a scene, until it is given up */
	TURN = 2000, /* schedules of a scene, then of the next */
};

enum habit {
	LATE = 1, /* producers commit late */
	BATCHES = 2, /* and push several at once */
	FICKLE = 4, /* consumers give back, park, unpin, bury */
	LEAVING = 8, /* and close, to come back */
	BULKY = 16, /* most messages fill a quarter of the ring */
	GREEDY = 64, /* the first producer's messages make way for newer ones */
	ORDERED = 32, /* one consumer: without kills the order must hold */
};

struct scene {
	const char *name;
	unsigned producers, consumers, sends, kills, stops;
	unsigned habits;
	uint64_t messages; /* the limit of the queue */
};

static const struct scene scenes[] = {
	{"two producers, one consumer", 2, 1, 3, 2, 0, ORDERED, 0},
	{"one producer, two consumers", 1, 2, 4, 2, 0, 0, 0},
	{"late commits", 2, 1, 2, 2, 0, LATE | ORDERED, 0},
	{"a full queue", 2, 1, 4, 2, 0, BATCHES | ORDERED, 2},
	{"consumers that change their mind", 1, 2, 4, 2, 0, FICKLE | BATCHES, 0},
	{"consumers that leave", 1, 2, 4, 2, 0, FICKLE | LEAVING, 3},
	{"heads that slide", 2, 1, 6, 2, 0, FICKLE | BULKY, 0},
	{"messages that make way", 2, 1, 4, 2, 0, GREEDY | LATE, 2},
	{"places used again", 1, 1, 4, 4, 0, LATE | BATCHES, 2},
	{"stopped processes", 2, 1, 3, 1, 2, LATE, 0},
};

enum sent { NOT_SENT, DOUBT, SENT };
enum done { NOT_DONE, DONE_IN_DOUBT, DONE };

struct message {
	enum sent sent;
	enum done done;
	unsigned holder; /* process + 1 */
};

enum role { NOBODY, PRODUCE, CONSUME, REAP };

/* What a process is there for. */
struct part {
	enum role role;
	unsigned argument;
};

/* One schedule. */
static struct {
	const struct scene *scene;
	uint64_t salt; /* so that no message looks like one of the last schedule */
	struct message messages[LANES][MOST];
	unsigned next[LANES]; /* of the messages of a lane */
	unsigned last[LANES], given_back; /* order: the last one seen */
	struct part parts[PROCESSES];
	unsigned left; /* consumers that left */
	unsigned deaths[PROCESSES], deaths_len, reaped; /* places, for the reaper */
	bool supervised;
	uint64_t sent, in_doubt, missing;
} run;

static unsigned char *ring;

static void start(enum role role, unsigned argument);

static void fail_if(bool wrong, enum verdict v)
{
	if (wrong)
		machine_end(v);
}

/* --- messages --- */

static uint64_t id_of(unsigned lane, unsigned n)
{
	return run.salt << 16 | lane << 8 | n;
}

static size_t size_of(unsigned n)
{
	return run.scene->habits & BULKY && n > 1 ? LARGE : 8 + n * 8;
}

static void fill(uint64_t *to, uint64_t id, size_t size)
{
	for (size_t i = 0; i < size / 8; i++)
		to[i] = id * 0x9e3779b97f4a7c15 + i;
}

static struct message *message_of(const struct claim *c)
{
	uint64_t id = c->envelope.id;
	unsigned lane = id >> 8 & 255, n = id & 255;
	const uint64_t *at = c->payload.data;

	fail_if(id >> 16 != run.salt || lane >= LANES || n >= MOST, CORRUPT);
	fail_if(c->payload.size != size_of(n), CORRUPT);
	for (size_t i = 0; i < c->payload.size / 8; i++)
		fail_if(at[i] != id * 0x9e3779b97f4a7c15 + i, CORRUPT);
	return &run.messages[lane][n];
}

/* --- roles --- */

static struct queue *arrive(unsigned slot)
{
	struct identity *id = machine_identity(slot);
	struct queue *q;
	int r;

	do
		r = queue_open(0, "q", id, &q, NULL);
	while (r == -ETIMEDOUT);
	fail_if(r < 0, CORRUPT);
	if (run.scene->habits & LATE)
		q->inline_max = 8;
	return q;
}

static void settle(unsigned lane, unsigned first, unsigned len, size_t done)
{
	for (unsigned i = 0; i < len; i++)
		run.messages[lane][first + i].sent = i < done ? SENT : NOT_SENT;
	run.next[lane] = first + (unsigned)done;
}

/* Returns how many are in. */
static size_t push(struct queue *q, unsigned lane, unsigned len)
{
	uint64_t bytes[3][LARGE / 8 + 1];
	unsigned first = run.next[lane];
	struct envelope e = {.id = id_of(lane, first), .signal = lane};
	struct payload p[3];
	size_t done;
	int r;

	for (unsigned i = 0; i < len; i++) {
		p[i] = (struct payload){bytes[i], size_of(first + i)};
		fill(bytes[i], id_of(lane, first + i), p[i].size);
		run.messages[lane][first + i].sent = DOUBT;
	}
	run.next[lane] = first + len;
	r = queue_push_many(q, &e, p, len, &done, NULL);
	fail_if(r < 0 && r != -EAGAIN && r != -ETIMEDOUT, CORRUPT);
	fail_if(r == 0 && done != len, LOST);
	settle(lane, first, len, done);
	return done;
}

static bool greedy(unsigned lane)
{
	return run.scene->habits & GREEDY && lane == 0;
}

static void wait_for_room(struct queue *q, unsigned lane)
{
	int r = 0;

	if (greedy(lane))
		r = queue_relieve(q, QUEUE_DROP_OLD, lane, size_of(run.next[lane]));
	fail_if(r < 0 && r != -ETIMEDOUT, CORRUPT);
	if (r != 1)
		machine_poll(queue_space_fd(q), machine_now() + NS_PER_S / 10);
}

static void produce(unsigned lane)
{
	struct queue *q = arrive(1 + lane);

	while (run.next[lane] < run.scene->sends) {
		unsigned left = run.scene->sends - run.next[lane], len = 1;

		if (run.scene->habits & BATCHES)
			len += machine_roll(left < 3 ? left : 3);
		if (!push(q, lane, len))
			wait_for_room(q, lane);
	}
	queue_close(q);
}

static bool calm(void)
{
	return !machine.kills && !machine.stops && !run.given_back;
}

static void check_order(const struct claim *c)
{
	unsigned lane = c->envelope.id >> 8 & 255, n = c->envelope.id & 255;

	fail_if(run.scene->habits & ORDERED && calm() && n < run.last[lane], CORRUPT);
	run.last[lane] = n;
}

static void receive(const struct claim *c)
{
	struct message *m = message_of(c);

	fail_if(m->sent == NOT_SENT || m->done == DONE, TWICE);
	fail_if(m->holder && machine_alive(m->holder - 1), TWICE);
	fail_if(c->attempt > 1 + machine.kills + run.given_back, TWICE);
	m->holder = machine.self + 1;
	check_order(c);
}

static void acknowledge(struct queue *q, const struct claim *c, size_t len,
			struct message **m)
{
	int r;

	for (size_t i = 0; i < len; i++)
		m[i]->done = DONE_IN_DOUBT;
	do
		r = len == 1 && machine_roll(8) == 0 && run.scene->habits & FICKLE
			    ? queue_bury(q, c)
			    : queue_ack(q, c, len);
	while (r == -ETIMEDOUT);
	fail_if(r < 0, r == -ESTALE ? LOST : CORRUPT);
	for (size_t i = 0; i < len; i++) {
		m[i]->done = DONE;
		m[i]->holder = 0;
	}
}

static void give_back(struct queue *q, struct claim *c, struct message *m)
{
	uint64_t due =
		machine_roll(2) ? machine_now() + machine_roll(200) * 1000000 : 0;
	bool attempted = machine_roll(2);
	int r;

	if (machine_roll(2))
		fail_if(queue_unpin(q, c, 1) == -ESTALE, LOST);
	run.given_back++;
	m->holder = 0;
	do
		r = queue_return(q, c, due, attempted);
	while (r == -ETIMEDOUT);
	fail_if(r < 0, r == -ESTALE ? LOST : CORRUPT);
}

/* Some end differently at each of two slots, some are in no account. */
static void judge_end(struct claim *c, uint32_t account)
{
	c->end = c->seq % QUEUE_ENDS;
	if (c->seq % 3 == 0)
		return;
	c->account = account;
	c->split = 1;
	c->ends[0] = c->ends[1] = 0;
	queue_end_note(c->ends, c->seq & 1, c->end);
}

static void work(struct queue *q, struct claim *c, size_t len, uint32_t account)
{
	struct message *m[4];

	for (size_t i = 0; i < len; i++) {
		m[i] = message_of(&c[i]);
		receive(&c[i]);
		judge_end(&c[i], account);
	}
	if (run.scene->habits & FICKLE && machine_roll(3) == 0) {
		len--;
		give_back(q, &c[len], m[len]);
	}
	if (len)
		acknowledge(q, c, len, m);
}

/* Leaves with what it has claimed: that is given back. Another takes the place. */
static void leave(struct queue *q, const struct claim *c, size_t len, unsigned n)
{
	for (size_t i = 0; i < len; i++)
		message_of(&c[i])->holder = 0;
	run.given_back += (unsigned)len;
	run.left++;
	queue_close(q);
	start(CONSUME, n);
}

static void consume(unsigned n)
{
	bool leaving = run.scene->habits & LEAVING;
	static const struct account_key slots[] = {{1, 5}, {1, 6}};
	struct queue *q = arrive(CONSUMER + n);
	uint32_t account = account_find(q, slots, 2);
	struct claim c[4];

	for (;;) {
		int got = queue_claim(q, c, 1 + machine_roll(3), NULL);

		fail_if(got < 0 && got != -ETIMEDOUT, CORRUPT);
		if (got > 0 && leaving && run.left < 3 && !machine_roll(3)) {
			leave(q, c, (size_t)got, n);
			return;
		}
		if (got > 0)
			work(q, c, (size_t)got, account);
		else if (!got)
			machine_poll(queue_data_fd(q), queue_due(q));
	}
}

/* A supervisor: has the queue open all the time, and gives back what the dead had. */
static void reap(unsigned unused)
{
	struct queue *q = arrive(REAPER);

	(void)unused;
	for (;;) {
		while (run.reaped < run.deaths_len) {
			int r = queue_recover(q, run.deaths[run.reaped], 0);

			fail_if(r < 0 && r != -ETIMEDOUT, CORRUPT);
			run.reaped += !r;
		}
		machine_hear();
	}
}

static void start(enum role role, unsigned argument)
{
	static void (*const roles[])(unsigned) = {
		[PRODUCE] = produce,
		[CONSUME] = consume,
		[REAP] = reap,
	};

	run.parts[machine_spawn(roles[role], argument)] = (struct part){role, argument};
}

static unsigned living_consumers(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < PROCESSES; i++)
		n += run.parts[i].role == CONSUME && machine_alive(i);
	return n;
}

/* A dead producer may be noticed by nobody; a dead consumer is, by its supervisor. */
static void died(unsigned process)
{
	struct part p = run.parts[process];

	if (p.role == REAP)
		start(REAP, 0);
	else if (p.role == PRODUCE && machine_roll(3))
		start(PRODUCE, p.argument);
	else if (p.role == CONSUME && living_consumers() && run.supervised) {
		run.deaths[run.deaths_len++] = CONSUMER + p.argument;
		machine_tell();
	} else if (p.role == CONSUME)
		start(CONSUME, p.argument);
}

/* --- the judge --- */

/* Reserved by a producer that died, which nobody has noticed: no message, no harm. */
static bool abandoned(const struct entry *e)
{
	unsigned slot = record_parts(e->word).slot;

	return e->state == RECORD_BUSY && !machine_holds(slot);
}

static enum verdict look_around(void)
{
	struct queue watcher = {.ring = {.head = (void *)ring,
					 .data = ring + RING_DATA,
					 .capacity = CAPACITY,
					 .mask = CAPACITY - 1}};
	struct entry e;
	uint64_t at;

	watcher.ring.key = watcher.ring.head->fixed.key;
	if (ring_load(&watcher.ring, &watcher.m) < 0)
		return CORRUPT;
	for (at = watcher.m.head; section_look(&watcher, at, &e) > 0; at = e.end)
		if (!record_gone(e.state) && !abandoned(&e))
			return e.state == RECORD_READY ? WAKEUP : STUCK;
	return FINE;
}

static enum verdict account(void)
{
	for (unsigned lane = 0; lane < LANES; lane++)
		for (unsigned n = 0; n < MOST; n++) {
			const struct message *m = &run.messages[lane][n];

			if (m->sent == SENT && m->done == NOT_DONE && !greedy(lane))
				return LOST;
			run.missing += m->sent == SENT && m->done == NOT_DONE;
			run.sent += m->sent == SENT;
			run.in_doubt += m->sent == DOUBT;
		}
	return FINE;
}

static enum verdict round_trip(struct queue *q)
{
	struct claim c;

	run.messages[0][0] = (struct message){0};
	run.next[0] = 0;
	if (push(q, 0, 1) != 1)
		return STUCK;
	if (!machine_rung(queue_data_fd(q)))
		return WAKEUP;
	if (queue_claim(q, &c, 1, NULL) != 1)
		return STUCK;
	message_of(&c);
	return queue_ack(q, &c, 1) == 0 ? FINE : STUCK;
}

static void judge(unsigned unused)
{
	struct queue *q = arrive(JUDGE);
	struct queue_counts n;

	(void)unused;
	fail_if(queue_recover(q, 0, 0) < 0 || queue_counts(q, &n) < 0, CORRUPT);
	fail_if(!crash_balanced(&n) || n.records || n.used || n.damaged, UNBALANCED);
	fail_if(!crash_booked(q), UNBALANCED);
	fail_if(run.missing > n.evicted, LOST);
	fail_if(n.pushed - n.voided < run.sent ||
			n.pushed - n.voided > run.sent + run.in_doubt,
		UNBALANCED);
	machine_end(round_trip(q));
}

/* --- schedules --- */

static void lay_out(const struct scene *s)
{
	struct ring_head *head = (void *)ring;
	uint64_t at = (uint64_t)machine_roll(1u << 31) * RECORD_ALIGN;
	struct ring_meta m = {.due = NEVER, .head = at, .next = at, .tail = at};

	memset(head, 0, sizeof(*head));
	head->fixed = (struct ring_static){
		.version = RING_VERSION,
		.record_size = sizeof(struct record),
		.data = RING_DATA,
		.capacity = CAPACITY,
		.messages = s->messages,
		.key = machine_roll(UINT32_MAX),
	};
	memcpy(head->fixed.magic, "SIGSLOTQ", 8);
	head->fixed.crc = crc32c(0, &head->fixed, offsetof(struct ring_static, crc));
	head->reserved = CAPACITY;
	m.crc = crc32c_lanes(&m, sizeof(m));
	head->meta[0] = head->meta[1] = m;
}

static enum verdict schedule(const struct scene *s, const struct weather *w)
{
	enum verdict v;

	machine_begin(w);
	memset(&run, 0, sizeof(run));
	run.scene = s;
	run.salt = (uint64_t)machine_roll(1u << 31) << 16 | machine_roll(1u << 16);
	lay_out(s);
	run.supervised = machine_roll(2);
	if (run.supervised)
		start(REAP, 0);
	for (unsigned i = 0; i < s->producers; i++)
		start(PRODUCE, i);
	for (unsigned i = 0; i < s->consumers; i++)
		start(CONSUME, i);
	v = machine_run();
	v = v == FINE ? look_around() : v;
	v = v == FINE ? account() : v;
	if (v != FINE)
		return v;
	machine_alone(true);
	machine_spawn(judge, 0);
	v = machine_run();
	machine_alone(false);
	return v;
}

struct tally {
	uint64_t span, schedules, points, kills, stops;
	long bad, by[VERDICTS];
};

static uint64_t seed;
static const struct scene *now;

static void crashed(int signal)
{
	printf("# SEED=%llu weave_test '%s': signal %d\n", (unsigned long long)seed,
	       now->name, signal);
	printf("not ok %d - %s\n1..%d\n", tap_count + 1, now->name, tap_count + 1);
	fflush(stdout);
	_exit(1);
}

static void one(const struct scene *s, uint64_t span, struct tally *t)
{
	struct weather w = {
		.seed = seed,
		.kills = s->kills,
		.stops = s->stops,
		.span = span,
		.keeper = seed & 1,
	};
	enum verdict v = schedule(s, &w);

	t->schedules++;
	t->points += machine.points;
	t->kills += machine.kills;
	t->stops += machine.stops;
	t->by[v]++;
	if (v == FINE)
		return;
	t->bad++;
	printf("# SEED=%llu weave_test '%s': %s\n", (unsigned long long)seed, s->name,
	       verdict_names[v]);
	fflush(stdout);
	if (crash_number("STOP", 0)) {
		printf("not ok 1 - %s\n1..1\n", s->name);
		exit(1);
	}
}

/* How many points there are when nothing goes wrong; the same each time. */
static uint64_t span_of(const struct scene *s)
{
	struct weather w = {.seed = 1, .span = 1, .keeper = true};

	return schedule(s, &w) == FINE ? machine.points : 1000;
}

/* Some schedules of a scene, unless it has failed often enough. */
static void play(const struct scene *s, uint64_t first, uint64_t rounds,
		 struct tally *t)
{
	now = s;
	seed = 1;
	if (!t->span)
		t->span = span_of(s);
	for (uint64_t n = 0; n < rounds && t->bad < FAILURES; n++) {
		seed = first + n;
		one(s, t->span, t);
	}
}

static void conclude(const struct scene *s, const struct tally *t, struct tally *total)
{
	ok(t->bad == 0,
	   "A1-A4: %s: %llu schedules, %llu kills, %llu stops at any of %llu points",
	   s->name, (unsigned long long)t->schedules, (unsigned long long)t->kills,
	   (unsigned long long)t->stops, (unsigned long long)t->points);
	total->schedules += t->schedules;
	total->points += t->points;
	total->kills += t->kills;
	for (int i = 0; i < VERDICTS; i++)
		total->by[i] += t->by[i];
}

static bool wanted(const struct scene *s, const char *name)
{
	return !name || strstr(s->name, name);
}

/* All scenes in turn, a few schedules at a time. */
static void play_all(const char *name, uint64_t first, uint64_t rounds,
		     struct tally *tallies)
{
	uint64_t end =
		clock_now() + (uint64_t)crash_number("CRASH_SECONDS", 0) * NS_PER_S;

	for (uint64_t n = 0; n < rounds || clock_now() < end; n += TURN) {
		uint64_t len = rounds > n && rounds - n < TURN ? rounds - n : TURN;

		for (size_t i = 0; i < ARRAY_LEN(scenes); i++)
			if (wanted(&scenes[i], name))
				play(&scenes[i], first + n, len, &tallies[i]);
	}
}

int main(int argc, char **argv)
{
	const char *name = argc < 2 ? NULL : argv[1];
	bool repeat = crash_number("SEED", 0) != 0;
	uint64_t first = repeat ? (uint64_t)crash_number("SEED", 0) : clock_wall();
	uint64_t rounds = (uint64_t)crash_number("ROUNDS", 1000000);
	struct tally tallies[ARRAY_LEN(scenes)] = {0}, total = {0};

	signal(SIGSEGV, crashed);
	signal(SIGABRT, crashed);
	machine.died = died;
	ring = machine_ring(CAPACITY);
	rounds = repeat ? 1 : name ? rounds : rounds / ARRAY_LEN(scenes) + 1;
	play_all(name, first, rounds, tallies);
	for (size_t i = 0; i < ARRAY_LEN(scenes); i++)
		if (wanted(&scenes[i], name))
			conclude(&scenes[i], &tallies[i], &total);
	printf("# %llu schedules, %llu points\n", (unsigned long long)total.schedules,
	       (unsigned long long)total.points);
	crash_row("interleaved", total.kills, total.by);
	return done();
}
