/* SPDX-License-Identifier: MIT */
/*
 * Producers and consumers that are killed and stopped at random while they work. In
 * the end everything must drain without help: nothing that was committed is lost,
 * nothing is acknowledged twice or corrupt, nobody is stuck. Consumers sleep without a
 * time-out, so a lost wake-up shows as a queue that does not drain.
 *
 *   storm_test      CRASH_SECONDS=n or CRASH_LONG=1 (240 s): how long in all; else 60 s
 */
#include <sys/mman.h>
#include <sys/prctl.h>

#include "base/vec.h"
#include "crash.h"

#include "../unit/tap.h"

enum {
	MOST = 8, /* producers, consumers */
	MESSAGES = 1 << 26, /* per producer, at most */
	MANAGER = 900, /* places */
	PRODUCER = 1,
	CONSUMER = 101,
	BATCH = 16,
	DRAIN_MS = 20000,
};

/* What is known of a message. */
enum { COMMITTED = 1, IN_DOUBT = 2, DELIVERED = 4, ACKED = 8 };

/* Shared by all; written so that a kill between two stores leaves it meaningful. */
struct books {
	uint64_t intended[MOST], settled[MOST]; /* per producer: numbers of messages */
	uint64_t twice, corrupt, foreign, redelivered, returned, stale;
	bool stop;
};

static int dir;
static struct books *account;
static uint64_t all_kills;
static long all[VERDICTS]; /* what went wrong, over all mixes */
static unsigned char *known[MOST];

static unsigned roll(unsigned sides)
{
	return (unsigned)random() % sides;
}

static void mark(unsigned producer, uint64_t n, unsigned char what)
{
	__atomic_fetch_or(&known[producer][n], what, __ATOMIC_RELAXED);
}

/* --- producers --- */

static size_t some_size(void)
{
	return roll(100) < 3 ? 4000 + roll(12000) : 8 + roll(120);
}

static void settle_doubt(unsigned me)
{
	uint64_t n = account->settled[me];

	for (; n < account->intended[me]; n++)
		mark(me, n, IN_DOUBT);
	account->settled[me] = n;
}

static size_t push_batch(struct queue *q, unsigned me, uint64_t n)
{
	static unsigned char bytes[BATCH][16384];
	struct payload p[BATCH];
	size_t done = 0, len = roll(4) ? 1 : 1 + roll(BATCH), size = some_size();
	struct envelope e = {.id = (uint64_t)me << 32 | n, .reply_to = size};

	for (size_t i = 0; i < len; i++) {
		crash_fill(bytes[i], e.id + i, size);
		p[i] = (struct payload){bytes[i], size};
	}
	__atomic_store_n(&account->intended[me], n + len, __ATOMIC_SEQ_CST);
	queue_push_many(q, &e, p, len, &done, NULL);
	for (size_t i = 0; i < done; i++)
		mark(me, n + i, COMMITTED);
	__atomic_store_n(&account->settled[me], n + done, __ATOMIC_SEQ_CST);
	__atomic_store_n(&account->intended[me], n + done, __ATOMIC_SEQ_CST);
	return done;
}

static void produce(unsigned me)
{
	struct queue *q = crash_open(dir, PRODUCER + (int)me);

	CHECK(q);
	settle_doubt(me);
	while (!account->stop && account->settled[me] < MESSAGES - BATCH) {
		struct pollfd p = {.fd = queue_space_fd(q), .events = POLLIN};

		if (!push_batch(q, me, account->settled[me]))
			poll(&p, 1, 100);
		if (roll(1000) == 0)
			usleep(roll(2000));
	}
	_exit(0);
}

/* --- consumers --- */

static void take(const struct claim *c)
{
	uint64_t producer = c->envelope.id >> 32, n = c->envelope.id & 0xffffffff;

	if (producer >= MOST || n >= MESSAGES) {
		__atomic_fetch_add(&account->foreign, 1, __ATOMIC_RELAXED);
		return;
	}
	if (!crash_intact(c))
		__atomic_fetch_add(&account->corrupt, 1, __ATOMIC_RELAXED);
	if (known[producer][n] & ACKED)
		__atomic_fetch_add(&account->twice, 1, __ATOMIC_RELAXED);
	if (c->attempt > 1)
		__atomic_fetch_add(&account->redelivered, 1, __ATOMIC_RELAXED);
	mark((unsigned)producer, n, DELIVERED);
}

static void acknowledge(struct queue *q, const struct claim *c, size_t len)
{
	if (queue_ack(q, c, len) < 0) {
		__atomic_fetch_add(&account->stale, 1, __ATOMIC_RELAXED);
		return;
	}
	for (size_t i = 0; i < len; i++)
		mark((unsigned)(c[i].envelope.id >> 32), c[i].envelope.id & 0xffffffff,
		     ACKED);
}

static void refuse(struct queue *q, struct claim *c)
{
	__atomic_fetch_add(&account->returned, 1, __ATOMIC_RELAXED);
	if (roll(2))
		queue_unpin(q, c, 1);
	queue_return(q, c, roll(2) ? clock_now() + roll(3000000) : 0, roll(2));
}

static void work(struct queue *q, struct claim *c, size_t len)
{
	for (size_t i = 0; i < len; i++)
		take(&c[i]);
	if (roll(50) == 0)
		usleep(roll(300));
	if (roll(20) == 0) {
		refuse(q, &c[len - 1]);
		len--;
	}
	if (len)
		acknowledge(q, c, len);
}

static void consume(unsigned me)
{
	struct queue *q = crash_open(dir, CONSUMER + (int)me);
	struct claim c[BATCH];

	CHECK(q);
	for (;;) {
		struct pollfd p = {.fd = queue_data_fd(q), .events = POLLIN};
		int n = queue_claim(q, c, 1 + roll(BATCH), NULL);

		CHECK(n >= 0);
		if (n)
			work(q, c, (size_t)n);
		else
			poll(&p, 1, clock_poll_ms(clock_now(), queue_due(q)));
	}
}

/* --- the manager --- */

struct storm {
	unsigned producers, consumers;
	struct queue *q;
	pid_t pids[2 * MOST];
	long kills, stops, in_doubt, lost, committed, acked;
	bool drained;
};

static pid_t start(const struct storm *s, unsigned i)
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	srandom((unsigned)(clock_now() ^ (uint64_t)getpid() << 12));
	if (i < s->producers)
		produce(i);
	consume(i - s->producers);
	_exit(0);
}

/* The kernel says that it is dead; half of the time its place is simply reused. */
static void bury(struct storm *s, unsigned i)
{
	int slot = i < s->producers ? PRODUCER + (int)i
				    : CONSUMER + (int)(i - s->producers);

	CHECK(waitpid(s->pids[i], NULL, 0) == s->pids[i]);
	if (roll(2))
		CHECK(queue_recover(s->q, (unsigned)slot, 0) == 0);
}

static void strike(struct storm *s)
{
	unsigned i = roll(s->producers + s->consumers);

	if (roll(10) == 0) {
		s->stops++;
		kill(s->pids[i], SIGSTOP);
		usleep(roll(20000));
		kill(s->pids[i], SIGCONT);
		return;
	}
	s->kills++;
	kill(s->pids[i], SIGKILL);
	bury(s, i);
	s->pids[i] = start(s, i);
}

static bool empty(struct queue *q)
{
	struct queue_counts n;

	CHECK(queue_counts(q, &n) == 0);
	return n.records == 0;
}

static void wait_for_drain(struct storm *s)
{
	account->stop = true;
	for (unsigned i = 0; i < s->producers; i++)
		CHECK(waitpid(s->pids[i], NULL, 0) == s->pids[i]);
	for (int ms = 0; ms < DRAIN_MS && !empty(s->q); ms += 5)
		usleep(5000);
	s->drained = empty(s->q);
	for (unsigned i = s->producers; i < s->producers + s->consumers; i++) {
		kill(s->pids[i], SIGKILL);
		CHECK(waitpid(s->pids[i], NULL, 0) == s->pids[i]);
	}
	for (unsigned i = 0; i < s->producers; i++)
		settle_doubt(i);
}

static void audit(struct storm *s)
{
	for (unsigned p = 0; p < s->producers; p++)
		for (uint64_t n = 0; n < account->settled[p]; n++) {
			unsigned char k = known[p][n];

			s->committed += k & COMMITTED;
			s->in_doubt += !(k & COMMITTED);
			s->acked += (k & ACKED) != 0;
			s->lost += k & COMMITTED && !(k & DELIVERED);
		}
}

static void report(const struct storm *s, const struct queue_counts *n)
{
	printf("# P/C %u/%u kills %ld stops %ld messages %ld in doubt %ld lost %ld "
	       "acked twice %" PRIu64 " corrupt %" PRIu64 " stuck %d takeovers %" PRIu64
	       " redelivered %" PRIu64 " returned %" PRIu64 "\n",
	       s->producers, s->consumers, s->kills, s->stops, s->committed,
	       s->in_doubt, s->lost, account->twice,
	       account->corrupt + account->foreign, !s->drained, n->takeovers,
	       account->redelivered, account->returned);
}

static void sum_up(const struct storm *s, const struct queue_counts *n)
{
	bool asleep = n->ready && !crash_readable(queue_data_fd(s->q));

	all_kills += (uint64_t)s->kills;
	all[LOST] += s->lost + (long)account->stale;
	all[TWICE] += (long)account->twice;
	all[CORRUPT] += (long)(account->corrupt + account->foreign + n->damaged);
	all[UNBALANCED] += !crash_balanced(n) || !crash_booked(s->q);
	all[asleep ? WAKEUP : STUCK] += !s->drained;
}

static void judge(struct storm *s)
{
	struct queue_counts n;
	long pushed;

	CHECK(queue_recover(s->q, 0, 0) == 0);
	CHECK(queue_counts(s->q, &n) == 0);
	audit(s);
	report(s, &n);
	ok(s->drained,
	   "A4: %u producers, %u consumers: after %ld kills the queue drains "
	   "without help",
	   s->producers, s->consumers, s->kills);
	if (!s->drained)
		printf("# records %" PRIu64 " ready %" PRIu64 " leased %" PRIu64
		       " token %d due %" PRIu64 "\n",
		       n.records, n.ready, n.leased,
		       crash_readable(queue_data_fd(s->q)), queue_due(s->q));
	is_int(s->lost, 0, "of %ld committed messages none is lost", s->committed);
	is_u64(account->twice, 0, "nothing comes back after its acknowledgement");
	is_u64(account->corrupt + account->foreign, 0, "nothing is corrupt");
	is_u64(account->stale, 0, "nobody who lives loses a lease");
	ok(crash_balanced(&n), "the counts balance: %" PRIu64 " pushed", n.pushed);
	pushed = (long)(n.pushed - n.voided);
	ok(pushed >= s->committed && pushed <= s->committed + s->in_doubt,
	   "what was pushed is what was committed, give or take what is in doubt");
	is_u64(n.damaged + n.dead + n.dropped, 0, "nothing left in another way");
	sum_up(s, &n);
}

static void run(unsigned producers, unsigned consumers, uint64_t seconds)
{
	struct storm s = {.producers = producers, .consumers = consumers};
	struct queue_limits limits = {.size = 256 * 1024};
	uint64_t end = clock_now() + seconds * NS_PER_S;

	memset(account, 0, sizeof(*account));
	for (unsigned i = 0; i < producers; i++)
		CHECK(madvise(known[i], MESSAGES, MADV_REMOVE) == 0);
	CHECK(queue_create(dir, "q", &limits, NULL) == 0);
	s.q = crash_open(dir, MANAGER);
	CHECK(s.q);
	for (unsigned i = 0; i < producers + consumers; i++)
		s.pids[i] = start(&s, i);
	while (clock_now() < end) {
		usleep(1000 + roll(2000));
		strike(&s);
	}
	wait_for_drain(&s);
	judge(&s);
	queue_close(s.q);
	CHECK(queue_remove(dir, "q", NULL) == 0);
}

static void *share(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	CHECK(at != MAP_FAILED);
	return at;
}

int main(void)
{
	static const unsigned mixes[][2] = {{3, 3}, {1, 4}, {5, 1}, {2, 2}};
	const char *text = getenv("CRASH_SECONDS");
	uint64_t seconds = text && *text	  ? strtoull(text, NULL, 10)
			   : getenv("CRASH_LONG") ? 240
						  : 60;
	char path[64];

	dir = crash_directory(path);
	srandom((unsigned)clock_now());
	account = share(sizeof(*account));
	for (int i = 0; i < MOST; i++)
		known[i] = share(MESSAGES);
	for (size_t i = 0; i < ARRAY_LEN(mixes); i++)
		run(mixes[i][0], mixes[i][1], (seconds + 3) / ARRAY_LEN(mixes));
	crash_row("storm", all_kills, all);
	crash_clean(dir, path);
	return done();
}
