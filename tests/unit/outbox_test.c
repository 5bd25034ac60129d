/* SPDX-License-Identifier: MIT */
/*
 * The outbox in front of real queues: what it puts in and in which order, how it waits,
 * and what it tells of every copy.
 */
#include <malloc.h>

#include "loop/loop.h"
#include "queue_host.h"
#include "route/build.h"
#include "worker/outbox.h"

/* The signals, by their index in the plan, and whom they reach. */
enum { TO_A, TO_BOTH, TO_NOBODY, TO_TINY, TO_ABSENT, SIGNALS };
enum { QUEUES = 4, LIMIT = 10, TINY = 65536, ROOMY = 4 << 20 };

static const char *const names[QUEUES] = {"a", "b", "tiny", "absent"};
static const struct {
	uint32_t queues[2];
	unsigned len;
} reach[SIGNALS] = {
	[TO_A] = {{0}, 1},
	[TO_BOTH] = {{0, 1}, 2},
	[TO_TINY] = {{1, 2}, 2},
	[TO_ABSENT] = {{1, 3}, 2},
};

static struct loop loop;
static struct world world;
static struct outbox box;
static struct queue *readers[QUEUES];
static uint32_t ids[SIGNALS], object;

/* What left() told. */
static struct told {
	unsigned copies, shut, failed;
	size_t bytes;
	void *from, *origin;
} told;

static void left(struct outbox *o, void *from, void *origin, size_t size, int code)
{
	must(o == &box);
	told.copies += code == 0;
	told.shut += code == -ESHUTDOWN;
	told.failed += code < 0 && code != -ESHUTDOWN;
	told.bytes += size;
	told.from = from;
	told.origin = origin;
}

static void make_routes(void)
{
	struct route_build b;

	must(route_build_start(&b, NULL) == 0);
	for (unsigned q = 0; q < QUEUES; q++)
		must(route_build_queue(&b, names[q], q == 2 ? TINY : ROOMY, 0) == q);
	object = (uint32_t)route_build_name(&b, ROUTE_OBJECT, "o", "", "any", 0);
	for (unsigned s = 0; s < SIGNALS; s++) {
		ids[s] = (uint32_t)route_build_name(&b, ROUTE_SIGNAL, "o",
						    (char[]){'a' + (char)s, 0}, "any",
						    ROUTE_NOWHERE);
		b.names.at[ids[s]].object = object;
	}
	for (unsigned s = 0; s < SIGNALS; s++)
		for (unsigned i = 0; i < reach[s].len; i++)
			must(route_build_target(
				     &b, ids[s],
				     (struct route_target){.queue = reach[s].queues[i],
							   .via = ids[s]}) == 0);
	must(route_build_write(&b, host_dir, &host_err) == 0);
	route_build_done(&b);
	must(routes_open(host_dir, &world.routes, &host_err) == 0);
}

/* `a` takes so many messages; 0: as many as fit. */
static void begin(uint64_t most)
{
	for (unsigned q = 0; q < QUEUES - 1; q++) {
		struct queue_limits limits = {.size = q == 2 ? TINY : ROOMY,
					      .messages = q ? 0 : most};

		must(queue_create(host_dir, names[q], &limits, &host_err) == 0);
		must(queue_open(host_dir, names[q], host_id, &readers[q], &host_err) ==
		     0);
	}
	box = (struct outbox){.left = left};
	told = (struct told){0};
	outbox_init(&box, &world, &loop, host_id);
}

static void end(void)
{
	outbox_done(&box);
	for (unsigned q = 0; q < QUEUES - 1; q++) {
		queue_close(readers[q]);
		must(queue_remove(host_dir, names[q], &host_err) == 0);
	}
}

static int emit(uint32_t signal, unsigned number)
{
	char text[16];
	struct payload p = {text, (size_t)snprintf(text, sizeof(text), "%u", number)};

	return outbox_emit(&box, signal, &p, &loop, &world, &host_err);
}

/* Takes one message out of a queue. Returns its number, -1 if there is none. */
static int take(unsigned queue, struct envelope *ret)
{
	char text[16] = "";
	struct claim c;

	if (queue_claim(readers[queue], &c, 1, &host_err) != 1)
		return -1;
	must(c.payload.size < sizeof(text));
	memcpy(text, c.payload.data, c.payload.size);
	if (ret)
		*ret = c.envelope;
	must(queue_ack(readers[queue], &c, 1) == 0);
	return atoi(text);
}

/* Whether the queue holds exactly from .. to - 1, in order. */
static bool holds(unsigned queue, int from, int to)
{
	while (from < to)
		if (take(queue, NULL) != from++)
			return false;
	return true;
}

static void nothing(struct later *l)
{
	(void)l;
}

/* A round that does not sleep. */
static void round_now(void)
{
	struct later awake = {0};

	loop_later(&loop, &awake, nothing);
	must(loop_round(&loop) == 0);
}

static void test_order(void)
{
	struct envelope a, b;
	uint64_t seq = 0;
	bool rising = true, alike = true;
	size_t bytes = 0;

	begin(0);
	ok(outbox_empty(&box), "an outbox begins empty");
	for (unsigned i = 0; i < 2000; i++) {
		int copies = emit(i % 3 ? TO_BOTH : TO_A, i);

		must(copies == (i % 3 ? 2 : 1));
		bytes += (size_t)copies * (i < 10 ? 1 : i < 100 ? 2 : i < 1000 ? 3 : 4);
	}
	is_int(take(0, NULL), -1, "nothing goes out while the round goes on");
	ok(!outbox_empty(&box) && !told.copies, "it waits, and nobody is told");
	round_now();
	ok(outbox_empty(&box), "at the end of the round all of it goes out");
	is_u64(told.copies, 667 + 2 * 1333, "each copy is told of");
	is_u64(told.bytes, bytes, "with its size");
	ok(told.from == &loop && told.origin == &world, "from, and on behalf of, whom");
	for (unsigned i = 0; i < 2000; i++) {
		if (take(0, &a) != (int)i)
			break;
		rising = rising && (i == 0 || a.emit_seq > seq);
		seq = a.emit_seq;
		alike = alike && a.signal == ids[i % 3 ? TO_BOTH : TO_A];
		if (i % 3)
			alike = alike && take(1, &b) == (int)i && b.id == a.id;
	}
	is_u64(seq, 1999, "one receiver gets all messages in the order of emitting");
	ok(rising, "their numbers rise");
	ok(alike, "another one gets its own, in order, with the same id and signal");
	ok(a.sender == object && a.generation == 1 && a.connection == 0,
	   "a message says who emitted it, and when");
	ok(clock_wall() - a.time_ns < 60 * NS_PER_S, "also by the clock on the wall");
	ok(take(0, NULL) < 0 && take(1, NULL) < 0, "and nothing arrives twice");
	end();
}

static void test_too_big(void)
{
	static char bytes[TINY + 1];
	struct payload p = {bytes, queue_largest(TINY)};

	begin(0);
	memset(bytes, '1', sizeof(bytes));
	is_int(outbox_emit(&box, TO_TINY, &p, NULL, NULL, &host_err), 2,
	       "the largest that fits everywhere is taken");
	round_now();
	is_u64(told.copies, 2, "and arrives");
	queue_purge(readers[1]);
	p.size++;
	host_err.text[0] = '\0';
	is_int(outbox_emit(&box, TO_TINY, &p, NULL, NULL, &host_err), -EMSGSIZE,
	       "what is too big for one receiver is an error at once");
	ok(strstr(host_err.text, "queue 'tiny'"), "the message names the queue");
	round_now();
	is_int(take(1, NULL), -1, "and no other receiver gets it");
	ok(outbox_empty(&box) && told.copies == 2, "nothing waits, nobody is told");
	end();
}

static void test_full(void)
{
	const char *full[2] = {"", ""};

	begin(LIMIT);
	for (unsigned i = 0; i < 45; i++)
		must(emit(TO_BOTH, i) == 2);
	round_now();
	is_u64(told.copies, LIMIT + 45, "what fits into a full queue is in it");
	is_u64(outbox_blocked(&box, full, 2), 1, "one queue is full");
	is_str(full[0], "a", "and named");
	is_u64(outbox_blocked(&box, full, 0), 0, "if there is room for the name");
	ok(holds(1, 0, 45), "the other queue flows");
	emit(TO_BOTH, 45);
	round_now();
	ok(holds(1, 45, 46), "and goes on flowing");
	ok(!outbox_empty(&box), "the rest waits");
	for (unsigned i = 0; i < 46; i++) {
		must(take(0, NULL) == (int)i);
		while (told.copies < 46 + (i < 35 ? LIMIT + i + 1 : 46))
			must(loop_round(&loop) == 0);
	}
	ok(take(0, NULL) < 0, "all arrives in order as room is made, nothing twice");
	is_u64(told.copies, 46 * 2, "and each is told of");
	is_u64(outbox_blocked(&box, full, 2), 0, "then no queue is full");
	ok(outbox_empty(&box), "and nothing waits any more");
	is_u64(timers_next(&loop.timers), NEVER, "not even for another try");
	emit(TO_A, 7);
	round_now();
	is_int(take(0, NULL), 7, "it goes out at once again");
	for (unsigned i = 0; i < LIMIT + 5; i++)
		emit(TO_A, i);
	round_now();
	ok(!outbox_empty(&box), "an outbox may be given up while it waits");
	end();
}

/* Takes the ring's bytes away, or gives them back: as if there were none left. */
static void set_length(const char *ring, uint64_t data)
{
	int fd = openat(host_dir, ring, O_WRONLY | O_CLOEXEC);

	must(fd >= 0 && ftruncate(fd, (off_t)(RING_DATA + data)) == 0);
	close(fd);
}

static void test_no_place(void)
{
	begin(0);
	emit(TO_BOTH, 9);
	round_now();
	must(take(0, NULL) == 9 && take(1, NULL) == 9);
	set_length("a/ring", 0);
	readers[0]->ring.head->reserved = 0;
	told = (struct told){0};
	for (unsigned i = 0; i < 3; i++)
		must(emit(TO_BOTH, i) == 2);
	round_now();
	ok(holds(1, 0, 3), "where the file system is full the other queue flows");
	is_u64(told.copies, 3, "and the rest waits");
	is_u64(told.failed, 0, "nothing is dropped");
	set_length("a/ring", ROOMY);
	while (told.copies < 6)
		must(loop_round(&loop) == 0);
	ok(holds(0, 0, 3), "it goes out when there is room again");
	end();
}

static void set_flags(struct queue *q, uint32_t flags)
{
	must(section_enter(q, &host_err) == 0);
	q->m.flags = flags;
	section_commit(q);
	section_leave(q);
}

static void test_no_medium(void)
{
	begin(0);
	set_flags(readers[0], RING_FAILED);
	for (unsigned i = 0; i < 3; i++)
		must(emit(TO_BOTH, i) == 2);
	round_now();
	ok(holds(1, 0, 3),
	   "where the medium of a queue has failed the other one flows");
	is_u64(told.copies, 3, "and what is for it stays");
	is_u64(told.failed, 0, "nothing of it is dropped");
	set_flags(readers[0], 0);
	while (told.copies < 6)
		must(loop_round(&loop) == 0);
	ok(holds(0, 0, 3), "it goes out when the queue takes messages again");
	end();
}

static void test_shut(void)
{
	begin(0);
	must(queue_shut(readers[0], true) == 0);
	for (unsigned i = 0; i < 300; i++)
		emit(TO_BOTH, i);
	round_now();
	is_u64(told.shut, 300, "what goes to a closed queue is dropped, and told of");
	is_u64(told.copies, 300, "its other receiver has it");
	ok(outbox_empty(&box), "and nothing waits for ever");
	must(queue_shut(readers[0], false) == 0);
	emit(TO_A, 300);
	round_now();
	is_int(take(0, NULL), 300, "an opened one is filled again");
	end();
}

static void test_absent(void)
{
	begin(0);
	is_int(emit(TO_NOBODY, 1), 0, "a signal that nobody hears makes no copies");
	ok(outbox_empty(&box), "and nothing waits");
	is_int(emit(TO_ABSENT, 1), -ENOENT, "a queue that is not there is an error");
	round_now();
	ok(outbox_empty(&box) && take(1, NULL) < 0, "and no other receiver gets it");
	end();
}

static size_t in_use(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

/* Emits a large message that tells its number in every byte, and puts it out. */
static void emit_large(unsigned number)
{
	static char bytes[256 * 1024];
	struct payload p = {bytes, sizeof(bytes)};

	memset(bytes, (int)number, sizeof(bytes));
	must(outbox_emit(&box, TO_A, &p, NULL, NULL, &host_err) == 1);
	round_now();
}

static bool take_large(unsigned number)
{
	struct claim c;
	bool good;

	must(queue_claim(readers[0], &c, 1, &host_err) == 1);
	good = memchr(c.payload.data, (int)number, 1) != NULL &&
	       memcmp(c.payload.data, (char *)c.payload.data + 1, 262143) == 0;
	must(queue_ack(readers[0], &c, 1) == 0);
	return good;
}

/* A queue of which always `behind` messages are taken too late. */
static void test_memory(unsigned behind, const char *how)
{
	size_t most = 0, before;
	bool good = true;

	begin(2);
	before = in_use();
	for (unsigned i = 0; i < 100; i++) {
		emit_large(i);
		if (i < behind)
			continue;
		good = take_large(i - behind) && good;
		while (told.copies < (behind < 2 ? i : i - 1))
			must(loop_round(&loop) == 0);
		if (in_use() - before > most)
			most = in_use() - before;
	}
	ok(good, "every byte arrives, %s", how);
	ok(most < 8 << 20, "what was sent is let go of, %s", how);
	end();
}

static int hold_latch(void)
{
	struct identity *id;
	struct queue *q;

	alarm(30);
	if (identity_open(host_dir, 2, &id, NULL) < 0 ||
	    queue_open(host_dir, "a", id, &q, NULL) < 0 || section_enter(q, NULL) < 0)
		return 1;
	raise(SIGSTOP);
	section_leave(q);
	return 0;
}

static void test_stopped(void)
{
	const char *full[2];
	int status;
	pid_t pid;

	begin(0);
	must(emit(TO_BOTH, 0) == 2);
	round_now();
	must(holds(0, 0, 1) && holds(1, 0, 1));
	pid = fork();
	must(pid >= 0);
	if (!pid)
		_exit(hold_latch());
	must(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status));
	for (unsigned i = 0; i < 5; i++)
		must(emit(TO_BOTH, i) == 2);
	round_now();
	is_u64(told.failed, 0, "a stopped process in the way costs no message");
	ok(holds(1, 0, 5), "and holds up no other queue");
	is_u64(outbox_blocked(&box, full, 2), 1, "the queue counts as full");
	kill(pid, SIGCONT);
	must(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	while (!outbox_empty(&box))
		must(loop_round(&loop) == 0);
	ok(holds(0, 0, 5) && told.copies == 12, "all of it arrives when that goes on");
	end();
}

int main(void)
{
	alarm(120);
	host_begin();
	must(loop_init(&loop) == 0);
	make_routes();
	world.queues = host_dir;
	world.signal_ids = ids;
	test_order();
	test_too_big();
	test_full();
	test_no_place();
	test_no_medium();
	test_shut();
	test_absent();
	test_memory(1, "when all is sent");
	test_memory(4, "also when something always waits");
	test_stopped();
	routes_close(world.routes);
	unlinkat(host_dir, "routes", 0);
	loop_done(&loop);
	host_end();
	return done();
}
