/* SPDX-License-Identifier: MIT */
/*
 * What if a process stops, and goes on much later? A victim is stopped after every
 * single instruction of an operation, and others use the queue each time, unless they
 * would have to wait for its lock. In the end every message came out once. And three
 * places are looked at closely: the gap between reserving and committing, the lock, and
 * a lease.
 *
 *   pause_test      CRASH_SECONDS=n: for so long; else each operation a few times
 */
#include <sys/mman.h>
#include <sys/ptrace.h>

#include "crash.h"
#include "queue/latch.h"

#include "../unit/tap.h"

enum {
	VICTIM = 7, /* places */
	OTHER = 8,
	IDS = 1 << 20,
	FIRST = 16, /* id of what others push */
	TIMES = 6, /* each operation is stepped through */
	SMALL = 24,
};

/* What is known of a message; shared with the victim. */
enum { SENT = 1, TAKEN = 2, ACKED = 4 };

static int dir;
static unsigned char *known;
static long *wrong; /* by verdict; shared as well */
static long stops;
static struct queue *q;
static uint64_t next_id;

static void count(enum verdict v, long n)
{
	__atomic_fetch_add(&wrong[v], n, __ATOMIC_SEQ_CST);
}

/* --- messages --- */

static int push(struct queue *to, uint64_t id)
{
	int r = crash_push(to, id, SMALL);

	if (r == 0)
		__atomic_fetch_or(&known[id], SENT, __ATOMIC_SEQ_CST);
	return r;
}

static void take(const struct claim *c)
{
	uint64_t id = c->envelope.id;

	if (id >= IDS || !crash_intact(c)) {
		count(CORRUPT, 1);
		return;
	}
	count(TWICE, (known[id] & TAKEN) != 0);
	__atomic_fetch_or(&known[id], TAKEN, __ATOMIC_SEQ_CST);
}

static void acknowledge(struct queue *from, const struct claim *c, size_t len)
{
	if (len && queue_ack(from, c, len) < 0)
		count(LOST, 1);
	for (size_t i = 0; i < len; i++)
		__atomic_fetch_or(&known[c[i].envelope.id], ACKED, __ATOMIC_SEQ_CST);
}

/* Claims and acknowledges what there is. Returns how many. */
static int consume(struct queue *from, size_t max)
{
	struct claim c[8];
	int n = queue_claim(from, c, max, NULL);

	for (int i = 0; i < n; i++)
		take(&c[i]);
	if (n > 0)
		acknowledge(from, c, (size_t)n);
	return n;
}

/* --- operations of the victim --- */

static void push_one(struct queue *v)
{
	push(v, 1);
}

static void push_late(struct queue *v)
{
	v->inline_max = 8;
	push(v, 1);
}

static void claim_two(struct queue *v)
{
	consume(v, 2);
}

static void give_back(struct queue *v)
{
	struct claim c;

	if (queue_claim(v, &c, 1, NULL) == 1)
		queue_return(v, &c, 0, true);
}

static void park(struct queue *v)
{
	struct claim c;

	if (queue_claim(v, &c, 1, NULL) != 1)
		return;
	queue_unpin(v, &c, 1);
	queue_return(v, &c, clock_now() + NS_PER_MS, true);
}

static void recover(struct queue *v)
{
	queue_recover(v, 0, 0);
}

static const struct {
	const char *name;
	void (*operate)(struct queue *v);
} operations[] = {
	{"push", push_one},
	{"push with a late commit", push_late},
	{"claim and acknowledge", claim_two},
	{"claim and return", give_back},
	{"claim and park", park},
	{"recover", recover},
};

/* --- the victim --- */

static pid_t start(void (*operate)(struct queue *v))
{
	pid_t pid = fork();
	int status;

	CHECK(pid >= 0);
	if (!pid) {
		struct queue *v = crash_open(dir, VICTIM);

		CHECK(v && ptrace(PTRACE_TRACEME, 0, 0, 0) == 0);
		raise(SIGSTOP);
		operate(v);
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
	return pid;
}

/* One instruction. Returns false if the victim was at its end. */
static bool step(pid_t pid)
{
	int status = 0;

	CHECK(ptrace(PTRACE_SINGLESTEP, pid, 0, 0) == 0);
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFSTOPPED(status) || WIFEXITED(status));
	return WIFSTOPPED(status);
}

static void let_run(pid_t pid)
{
	CHECK(ptrace(PTRACE_DETACH, pid, 0, 0) == 0);
	CHECK(waitpid(pid, NULL, 0) == pid);
}

static bool victim_locks(void)
{
	return latch_slot(__atomic_load_n(&q->ring.head->latch, __ATOMIC_SEQ_CST)) ==
	       VICTIM;
}

static bool busy_at_head(void)
{
	struct entry e;
	bool found;

	if (victim_locks() || section_enter(q, NULL) < 0)
		return false;
	found = section_look(q, q->m.head, &e) == 1 && e.state == RECORD_BUSY;
	section_leave(q);
	return found;
}

/* Steps until the victim stands where it is wanted. */
static pid_t stop_where(void (*operate)(struct queue *v), bool (*there)(void))
{
	pid_t pid = start(operate);

	while (!there())
		CHECK(step(pid));
	stops++;
	return pid;
}

/* --- every instruction --- */

static void begin(void)
{
	CHECK(queue_create(dir, "q", &(struct queue_limits){.size = 65536}, NULL) == 0);
	q = crash_open(dir, OTHER);
	CHECK(q);
	memset(known, 0, IDS);
	next_id = FIRST;
}

static void end(void)
{
	struct queue_counts n;

	while (consume(q, 8) > 0 || queue_due(q) != NEVER)
		usleep(100);
	for (uint64_t id = 0; id < next_id; id++)
		wrong[LOST] += known[id] & SENT && !(known[id] & ACKED);
	CHECK(queue_counts(q, &n) == 0);
	wrong[UNBALANCED] += !crash_balanced(&n) || !crash_booked(q) || n.records;
	queue_close(q);
	CHECK(queue_remove(dir, "q", NULL) == 0);
}

/* What others do while the victim stands still. */
static void work(void)
{
	if (victim_locks() || next_id == IDS)
		return;
	if (random() % 2 && push(q, next_id) == 0) {
		next_id++;
		wrong[WAKEUP] += !crash_readable(queue_data_fd(q));
	}
	if (random() % 2)
		consume(q, 1 + (size_t)random() % 3);
}

static void step_through(void (*operate)(struct queue *v))
{
	pid_t pid;

	begin();
	for (int i = 0; i < 4; i++)
		push(q, next_id++);
	pid = start(operate);
	while (step(pid)) {
		stops++;
		work();
	}
	end();
}

static long bad(void)
{
	long n = 0;

	for (int i = LOST; i < VERDICTS; i++)
		n += wrong[i];
	return n;
}

static void test_every_instruction(size_t which, uint64_t until)
{
	long before = stops, bad_before = bad();

	for (int i = 0; i < TIMES || clock_now() < until; i++)
		step_through(operations[which].operate);
	is_int(bad() - bad_before, 0,
	       "B1-B3: a stop at any instruction of: %s, harms nobody (%ld stops)",
	       operations[which].name, stops - before);
}

/* --- three places --- */

static void test_gap(void)
{
	uint64_t began;
	struct claim c;
	pid_t pid;

	begin();
	pid = stop_where(push_late, busy_at_head);
	CHECK(push(q, 2) == 0);
	is_int(queue_claim(q, &c, 1, NULL), 0,
	       "B1: a producer that stops between reserving and committing keeps its "
	       "turn for a while");
	began = clock_now();
	while (queue_claim(q, &c, 1, NULL) == 0 && clock_now() - began < 10 * NS_PER_S)
		usleep(5000);
	is_u64(c.envelope.id, 2, "B1: then others go past it");
	ok(clock_now() - began < 5 * NS_PER_S, "B1: within seconds");
	take(&c);
	acknowledge(q, &c, 1);
	is_int(queue_recover(q, 0, 0), 0, "B1: what lives is not voided");
	let_run(pid);
	is_int(queue_claim(q, &c, 1, NULL), 1, "B1: its message comes when it goes on");
	is_u64(c.envelope.id, 1, "B1: whole");
	take(&c);
	acknowledge(q, &c, 1);
	is_int(queue_claim(q, &c, 1, NULL), 0, "B1: and once");
	end();
}

static void test_lock(void)
{
	struct sigslot_error err = {0};
	char said[64];
	pid_t pid;

	begin();
	pid = stop_where(push_one, victim_locks);
	is_int(queue_push(q, &(struct envelope){.id = 2}, "x", 1, &err), -ETIMEDOUT,
	       "B2: nobody waits for ever for who stops while it holds the lock");
	snprintf(said, sizeof(said), "is locked by process %d (", (int)pid);
	ok(strstr(err.text, said) != NULL, "B2: it is named");
	let_run(pid);
	is_int(push(q, 3), 0, "B2: when it goes on so do the others");
	end();
}

/* It keeps its lease while it is stopped. */
static void claim_stop_acknowledge(struct queue *v)
{
	struct claim c;

	CHECK(queue_claim(v, &c, 1, NULL) == 1);
	take(&c);
	raise(SIGSTOP);
	acknowledge(v, &c, 1);
	_exit(wrong[LOST] != 0);
}

static void test_lease(void)
{
	struct claim c;
	int status;
	pid_t pid;

	begin();
	push(q, 1);
	pid = start(claim_stop_acknowledge);
	CHECK(ptrace(PTRACE_CONT, pid, 0, 0) == 0);
	CHECK(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
	stops++;
	CHECK(queue_recover(q, 0, 0) == 0 && queue_recover(q, VICTIM, 0) == 0);
	is_int(queue_claim(q, &c, 1, NULL), 0,
	       "B3: what a stopped consumer has leased is given to nobody else");
	CHECK(ptrace(PTRACE_DETACH, pid, 0, 0) == 0);
	CHECK(waitpid(pid, &status, 0) == pid);
	is_int(status, 0, "B3: and it acknowledges it when it goes on");
	is_int(queue_claim(q, &c, 1, NULL), 0, "B3: so that it came once");
	end();
}

static void *share(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);

	CHECK(at != MAP_FAILED);
	return at;
}

int main(void)
{
	uint64_t seconds = (uint64_t)crash_number("CRASH_SECONDS", 0);
	uint64_t share_ns = seconds * NS_PER_S / ARRAY_LEN(operations);
	char path[64];

	alarm(300 + (unsigned)seconds * 2);
	dir = crash_directory(path);
	srandom((unsigned)clock_now());
	known = share(IDS);
	wrong = share(VERDICTS * sizeof(*wrong));
	test_gap();
	test_lock();
	test_lease();
	for (size_t i = 0; i < ARRAY_LEN(operations); i++)
		test_every_instruction(i, clock_now() + share_ns);
	crash_row("paused", (uint64_t)stops, wrong);
	crash_clean(dir, path);
	return done();
}
