/* SPDX-License-Identifier: MIT */
/*
 * What if a process dies after any single instruction of an operation on a queue?
 * Nobody may hang, every committed message comes out exactly once, the one in doubt
 * once or not at all and whole, the counts balance, the queue works on, and nothing is
 * claimable while the bell is silent.
 *
 * A dead process leaves nothing but the bytes of the file and the tokens in the FIFOs.
 * So each operation is stepped through once, and what would be left is copied after
 * every instruction that changed it: each such state is judged by fresh processes.
 * Beside that, real processes are killed at some of the points; with CRASH_LONG=1 at
 * every single one, if there is time.
 *
 * The four ways to judge: those who come afterwards reuse the dead one's place or not;
 * one who had the queue open all the time pushes first, or not.
 *
 *   step_test [SCENARIO]       STOP=1: until the first failure; KILLS=n: so many real
 *                              kills for each scenario; CRASH_SECONDS=n: for so long
 */
#include <limits.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>

#include "base/vec.h"
#include "crash.h"
#include "queue/drop.h"
#include "queue/lease.h"
#include "queue/whole.h"

#include "../unit/tap.h"

enum {
	VICTIM = 7, /* places of the instance */
	OTHER = 8,
	JUDGE = 9,
	GHOST = 10,
	IDS = 4096,
	PROBE = 4000, /* ids of the messages of those who come afterwards */
	ROUNDS = 3000,
	DEADLINE_MS = 4000,
	SMALL = 24,
	SIZE = 65536, /* of the ring */
	STRIDE = 7919,
	SIGNAL = 5, /* one that may drop its own messages */
};

enum fate { ABSENT, CERTAIN, DOUBT };

struct scenario {
	const char *name;
	void (*ghost)(struct queue *q); /* one that dies before */
	void (*other)(struct queue *q); /* one that lives on */
	void (*before)(struct queue *q); /* the victim, unharmed */
	void (*operate)(struct queue *q); /* the victim, stepped */
	unsigned short doubt[2]; /* ids, from and to, that the operation may change */
};

static int dir;
static unsigned char *fates; /* what must come out, by id; shared by all processes */
static struct claim kept[64];
static bool together; /* those in doubt come all, or none */

/* --- steps of scenarios --- */

static void put(struct queue *q, int id, size_t size)
{
	CHECK(crash_push(q, (uint64_t)id, size) == 0);
	fates[id] = CERTAIN;
}

static void put_four(struct queue *q)
{
	for (int id = 1; id <= 4; id++)
		put(q, id, SMALL);
}

static void hush(struct queue *q)
{
	CHECK(queue_claim(q, kept + 60, 1, NULL) == 0);
}

static void take(struct queue *q, size_t len)
{
	CHECK(queue_claim(q, kept, len, NULL) == (int)len);
}

static void take_and_drop(struct queue *q)
{
	take(q, 1);
	fates[kept[0].envelope.id] = ABSENT;
	CHECK(queue_ack(q, kept, 1) == 0);
}

static void sleep_on_empty(struct queue *q)
{
	put(q, 20, SMALL);
	take_and_drop(q);
	hush(q);
}

/* As if nothing of it had been reserved. */
static void sleep_on_unreserved(struct queue *q)
{
	sleep_on_empty(q);
	q->ring.head->reserved = 0;
}

static void take_two_of_four(struct queue *q)
{
	put_four(q);
	take(q, 2);
}

static void take_all_and_sleep(struct queue *q)
{
	put_four(q);
	take(q, 4);
	hush(q);
}

static void empty_but_rung(struct queue *q)
{
	put(q, 20, SMALL);
	take_and_drop(q);
}

/* Pushes as long as there is room without any sliding. */
static int fill_with(struct queue *q, int id, size_t size)
{
	while (section_enter(q, NULL) == 0) {
		bool fits = section_fits(q, record_room(size));

		section_leave(q);
		if (!fits)
			break;
		put(q, id++, size);
	}
	return id;
}

/* Two unpinned leases at the head, dead bytes behind them, the ring full. */
static void fill(struct queue *q)
{
	int id = 100;

	put(q, 1, SMALL);
	put(q, 2, SMALL);
	take(q, 2);
	CHECK(queue_unpin(q, kept, 2) == 0);
	for (int i = 0; i < 15; i++) {
		struct claim c;

		put(q, id, i < 10 ? 3000 : SMALL);
		CHECK(queue_claim(q, &c, 1, NULL) == 1 && queue_ack(q, &c, 1) == 0);
		fates[id++] = ABSENT;
	}
	id = fill_with(q, id, 3000);
	fill_with(q, id, SMALL);
}

/* Room for two of three, nobody awake: the third one asks for space. */
static void nearly_fill_and_sleep(struct queue *q)
{
	int id = 100;

	while (section_enter(q, NULL) == 0) {
		bool fits = section_fits(q, 3 * record_room(SMALL));

		section_leave(q);
		if (!fits)
			break;
		put(q, id++, SMALL);
	}
	CHECK(queue_claim(q, kept, ARRAY_LEN(kept), NULL) > 0);
	while (queue_claim(q, kept, ARRAY_LEN(kept), NULL) > 0)
		;
	CHECK(!crash_readable(queue_data_fd(q)));
}

static void leave_leases(struct queue *q)
{
	take_all_and_sleep(q);
}

/* A record that was reserved, and whose owner dies before it is whole. */
static void leave_busy(struct queue *q)
{
	struct record_word w = {
		.state = RECORD_BUSY,
		.slot = identity_slot(q->id),
		.generation = identity_generation(q->id),
	};
	struct entry e;

	take_two_of_four(q);
	CHECK(section_enter(q, NULL) == 0);
	CHECK(section_look(q, q->m.next, &e) == 1);
	fates[3] = ABSENT;
	section_set(q, &e, record_word(w));
	section_commit(q);
	section_leave(q);
}

static void leave_latched(struct queue *q)
{
	take_two_of_four(q);
	CHECK(section_enter(q, NULL) == 0);
	CHECK(section_look(q, q->m.next, &(struct entry){0}) == 1);
	ring_at(&q->ring, q->m.next)->state = RECORD_ACKED; /* and not yet counted */
	fates[3] = ABSENT;
}

static int push_signal(struct queue *q, uint64_t id)
{
	unsigned char bytes[SMALL];
	struct envelope e = {.id = id, .reply_to = SMALL, .signal = SIGNAL};

	crash_fill(bytes, id, SMALL);
	return queue_push(q, &e, bytes, SMALL, NULL);
}

/* Messages of the signal behind one of another. */
static void put_signals(struct queue *q)
{
	put(q, 1, SMALL);
	for (int id = 2; id <= 4; id++) {
		CHECK(push_signal(q, (uint64_t)id) == 0);
		fates[id] = CERTAIN;
	}
}

static void put_signals_and_fill(struct queue *q)
{
	put_signals(q);
	fill_with(q, fill_with(q, 100, 3000), SMALL);
}

/* --- operations --- */

static void push(struct queue *q)
{
	crash_push(q, 9, SMALL);
}

static void push_late(struct queue *q)
{
	q->inline_max = 8;
	crash_push(q, 9, SMALL);
}

static const struct envelope first_of_three = {.id = 9, .reply_to = SMALL};

static void fill_three(unsigned char bytes[3][SMALL], struct payload p[3])
{
	for (unsigned i = 0; i < 3; i++) {
		crash_fill(bytes[i], 9 + i, SMALL);
		p[i] = (struct payload){bytes[i], SMALL};
	}
}

static void push_three(struct queue *q)
{
	unsigned char bytes[3][SMALL];
	struct payload p[3];
	size_t n;

	fill_three(bytes, p);
	queue_push_many(q, &first_of_three, p, 3, &n, NULL);
}

static void push_whole_three(struct queue *q)
{
	unsigned char bytes[3][SMALL];
	struct payload p[3];

	fill_three(bytes, p);
	queue_push_whole(q, &first_of_three, p, 3, NULL);
}

static void claim_two(struct queue *q)
{
	queue_claim(q, kept, 2, NULL);
}

static void turn(struct queue *q)
{
	queue_turn(q, kept, 2, kept + 8, 2, NULL);
}

static void ack_two(struct queue *q)
{
	queue_ack(q, kept, 2);
}

static void ack_ends(struct queue *q)
{
	kept[0].end = QUEUE_RETRIED;
	kept[1].end = QUEUE_CUT_OFF;
	queue_ack(q, kept, 2);
}

static void adopt(struct queue *q)
{
	struct lease l = lease_of(q, &kept[0]);

	lease_adopt(q, &l);
}

static void settle_by_name(struct queue *q)
{
	struct lease l = lease_of(q, &kept[0]);

	lease_done(q, &l);
}

static void return_by_name(struct queue *q)
{
	struct lease l = lease_of(q, &kept[0]);

	lease_return(q, &l, 0, true);
}

static void give_back(struct queue *q)
{
	queue_return(q, &kept[0], 0, true);
}

static void park(struct queue *q)
{
	queue_return(q, &kept[0], clock_now() + NS_PER_MS, false);
}

static void bury(struct queue *q)
{
	queue_bury(q, &kept[0]);
}

static void unpin(struct queue *q)
{
	queue_unpin(q, kept, 2);
}

static void purge(struct queue *q)
{
	queue_purge(q);
}

static void shut(struct queue *q)
{
	queue_shut(q, true);
	queue_shut(q, false);
}

static void recover(struct queue *q)
{
	queue_recover(q, GHOST, 0);
}

static void open_again(struct queue *q)
{
	struct queue *second;

	if (queue_open(dir, "q", q->id, &second, NULL) == 0)
		queue_close(second);
}

static void push_evicting(struct queue *q)
{
	if (queue_relieve(q, QUEUE_DROP_OLD, SIGNAL, SMALL) == 1)
		push_signal(q, 9);
}

static void refuse(struct queue *q)
{
	queue_relieve(q, QUEUE_DROP_NEW, SIGNAL, SMALL);
}

static void supersede(struct queue *q)
{
	queue_supersede(q, SIGNAL);
}

static void claim_none(struct queue *q)
{
	queue_claim(q, kept, 1, NULL);
}

static const struct scenario scenarios[] = {
	{"push to a sleeper", NULL, NULL, sleep_on_empty, push, {9, 9}},
	{"push when the bell has rung", NULL, NULL, put_four, push, {9, 9}},
	{"push with a late commit", NULL, NULL, sleep_on_empty, push_late, {9, 9}},
	{"push that reserves", NULL, NULL, sleep_on_unreserved, push, {9, 9}},
	{"late push that reserves", NULL, NULL, sleep_on_unreserved, push_late, {9, 9}},
	{"push of three", NULL, NULL, sleep_on_empty, push_three, {9, 11}},
	{"push of more than fits",
	 NULL,
	 NULL,
	 nearly_fill_and_sleep,
	 push_three,
	 {9, 11}},
	{"push of three as one", NULL, NULL, sleep_on_empty, push_whole_three, {9, 11}},
	{"push of three as one that slides",
	 NULL,
	 fill,
	 NULL,
	 push_whole_three,
	 {9, 11}},
	{"push that slides the head", NULL, fill, NULL, push, {9, 9}},
	{"push that takes over", leave_latched, NULL, NULL, push, {9, 9}},
	{"late push after a claim", NULL, NULL, take_all_and_sleep, push_late, {9, 9}},
	{"claim", NULL, NULL, put_four, claim_two, {0, 0}},
	{"claim past the unfinished", leave_busy, NULL, NULL, claim_two, {0, 0}},
	{"claim when empty", NULL, NULL, empty_but_rung, claim_none, {0, 0}},
	{"turn", NULL, NULL, take_two_of_four, turn, {1, 2}},
	{"acknowledge", NULL, NULL, take_all_and_sleep, ack_two, {1, 2}},
	{"acknowledge what ended otherwise",
	 NULL,
	 NULL,
	 take_all_and_sleep,
	 ack_ends,
	 {1, 2}},
	{"return", NULL, NULL, take_all_and_sleep, give_back, {0, 0}},
	{"return for later", NULL, NULL, take_all_and_sleep, park, {0, 0}},
	{"bury", NULL, NULL, take_all_and_sleep, bury, {1, 1}},
	{"adopt", NULL, NULL, take_all_and_sleep, adopt, {0, 0}},
	{"settle by name", NULL, NULL, take_all_and_sleep, settle_by_name, {1, 1}},
	{"return by name", NULL, NULL, take_all_and_sleep, return_by_name, {0, 0}},
	{"unpin", NULL, NULL, take_all_and_sleep, unpin, {0, 0}},
	{"recover leases", leave_leases, NULL, NULL, recover, {0, 0}},
	{"recover the unfinished", leave_busy, NULL, NULL, recover, {0, 0}},
	{"purge", NULL, NULL, put_four, purge, {1, 4}},
	{"shut and reopen", NULL, NULL, put_four, shut, {0, 0}},
	{"push that evicts", NULL, NULL, put_signals_and_fill, push_evicting, {2, 9}},
	{"refuse", NULL, NULL, put_signals_and_fill, refuse, {0, 0}},
	{"supersede", NULL, NULL, put_signals, supersede, {2, 3}},
	{"open and close", leave_leases, NULL, NULL, open_again, {0, 0}},
	{"close with leases", NULL, NULL, take_all_and_sleep, queue_close, {0, 0}},
};

/* --- the judge --- */

/* Claims and acknowledges all there is. Returns FINE or CORRUPT. */
static enum verdict drain(struct queue *q, unsigned char *seen)
{
	struct claim c[3];

	for (;;) {
		int n = queue_claim(q, c, 3, NULL);

		for (int i = 0; i < n; i++) {
			if (!crash_intact(&c[i]) || c[i].envelope.id >= IDS)
				return CORRUPT;
			seen[c[i].envelope.id]++;
		}
		if (n > 0 && queue_ack(q, c, (size_t)n) < 0)
			return STUCK;
		if (n > 0)
			continue;
		if (n < 0)
			return CORRUPT;
		if (queue_due(q) == NEVER)
			return FINE;
		usleep(500);
	}
}

static enum verdict compare(const unsigned char *seen)
{
	if (together && (seen[9] != seen[10] || seen[10] != seen[11]))
		return LOST;
	for (int id = 0; id < IDS; id++) {
		if (seen[id] > 1)
			return TWICE;
		if (fates[id] == CERTAIN && !seen[id])
			return LOST;
		if (fates[id] == ABSENT && seen[id])
			return TWICE;
	}
	return FINE;
}

static enum verdict round_trips(struct queue *q)
{
	for (int i = 0; i < 50; i++) {
		struct claim c;

		if (crash_push(q, (uint64_t)(ROUNDS + i), SMALL) < 0)
			return STUCK;
		if (!crash_readable(queue_data_fd(q)))
			return WAKEUP;
		if (queue_claim(q, &c, 1, NULL) != 1 ||
		    c.envelope.id != (uint64_t)(ROUNDS + i) || !crash_intact(&c) ||
		    queue_turn(q, &c, 1, &c, 1, NULL) != 0)
			return STUCK;
		if (crash_readable(queue_data_fd(q)))
			return STUCK;
	}
	return FINE;
}

static enum verdict judge(int slot)
{
	struct queue *q = crash_open(dir, slot);
	unsigned char seen[IDS] = {0};
	struct queue_counts n;
	enum verdict v;

	if (!q || queue_recover(q, 0, 0) < 0 || queue_shut(q, false) < 0)
		return CORRUPT;
	v = drain(q, seen);
	if (v == FINE)
		v = compare(seen);
	if (v != FINE)
		return v;
	if (queue_counts(q, &n) < 0 || n.damaged)
		return CORRUPT;
	if (!crash_balanced(&n) || !crash_booked(q) || n.records || n.used || n.ready ||
	    n.leased)
		return UNBALANCED;
	return round_trips(q);
}

/* --- what a kill leaves --- */

struct remains {
	struct ring_head head;
	unsigned char data[SIZE];
	int tokens[2];
	unsigned char probed; /* the fate of the probe */
	long steps;
};

/* The parent's own look at the ring, which nobody notices; it keeps the FIFOs open. */
static struct queue watcher;

static void watch(void)
{
	int at = openat(dir, "q", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = openat(at, "ring", O_RDWR | O_CLOEXEC);

	CHECK(fd >= 0 && ring_map(fd, &watcher.ring, "q", NULL) == 0);
	watcher.data_fd = openat(at, "data", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	watcher.space_fd = openat(at, "space", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	CHECK(watcher.data_fd >= 0 && watcher.space_fd >= 0);
	close(fd);
	close(at);
}

static void unwatch(void)
{
	ring_unmap(&watcher.ring);
	close(watcher.data_fd);
	close(watcher.space_fd);
}

static int tokens_in(int fd)
{
	int n = 0;

	CHECK(ioctl(fd, FIONREAD, &n) == 0);
	return n;
}

static void save(struct remains *r)
{
	r->head = *watcher.ring.head;
	memcpy(r->data, watcher.ring.data, SIZE);
	r->tokens[0] = tokens_in(watcher.data_fd);
	r->tokens[1] = tokens_in(watcher.space_fd);
	r->probed = fates[PROBE];
}

static bool changed(const struct remains *r)
{
	return memcmp(&r->head, watcher.ring.head, sizeof(r->head)) != 0 ||
	       memcmp(r->data, watcher.ring.data, SIZE) != 0 ||
	       r->tokens[0] != tokens_in(watcher.data_fd) ||
	       r->tokens[1] != tokens_in(watcher.space_fd);
}

static void refill(int fd, int tokens)
{
	char c[64];

	while (read(fd, c, sizeof(c)) > 0)
		;
	for (; tokens > 0; tokens--)
		CHECK(write(fd, "!", 1) == 1);
}

static void restore(const struct remains *r)
{
	*watcher.ring.head = r->head;
	memcpy(watcher.ring.data, r->data, SIZE);
	refill(watcher.data_fd, r->tokens[0]);
	refill(watcher.space_fd, r->tokens[1]);
	fates[PROBE] = r->probed;
}

static bool claimable(void)
{
	struct entry e;
	uint64_t at;

	CHECK(ring_load(&watcher.ring, &watcher.m) == 0);
	for (at = watcher.m.next; section_look(&watcher, at, &e) > 0; at = e.end)
		if (e.state == RECORD_READY)
			return true;
	return false;
}

/* --- the others --- */

static void be_other(const struct scenario *s, int in, int out)
{
	struct queue *q = crash_open(dir, OTHER);
	char c;

	CHECK(q);
	if (s->other)
		s->other(q);
	CHECK(write(out, "r", 1) == 1);
	while (read(in, &c, 1) == 1) {
		int r = crash_push(q, PROBE, SMALL);

		c = r == 0 ? 'y' : r == -ESHUTDOWN || r == -EAGAIN ? 's' : 'n';
		CHECK(write(out, &c, 1) == 1);
	}
	_exit(0);
}

static pid_t start_other(const struct scenario *s, int *ret_fd)
{
	int to[2], from[2];
	pid_t pid;
	char c;

	CHECK(pipe2(to, O_CLOEXEC) == 0 && pipe2(from, O_CLOEXEC) == 0);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		close(to[1]);
		be_other(s, to[0], from[1]);
	}
	close(to[0]);
	close(from[1]);
	CHECK(read(from[0], &c, 1) == 1);
	ret_fd[0] = from[0];
	ret_fd[1] = to[1];
	return pid;
}

static void stop_other(pid_t pid, const int fd[2])
{
	kill(pid, SIGKILL);
	CHECK(waitpid(pid, NULL, 0) == pid);
	close(fd[0]);
	close(fd[1]);
}

static enum verdict probe(const int fd[2])
{
	struct pollfd p = {.fd = fd[0], .events = POLLIN};
	char c = 'p';

	CHECK(write(fd[1], &c, 1) == 1);
	if (poll(&p, 1, DEADLINE_MS) != 1 || read(fd[0], &c, 1) != 1)
		return HUNG;
	if (c == 'n')
		return CORRUPT;
	if (c == 's')
		return FINE;
	fates[PROBE] = CERTAIN;
	return crash_readable(watcher.data_fd) ? FINE : WAKEUP;
}

static void run_ghost(const struct scenario *s)
{
	pid_t pid;

	if (!s->ghost)
		return;
	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		struct queue *q = crash_open(dir, GHOST);

		CHECK(q);
		s->ghost(q);
		_exit(0);
	}
	CHECK(waitpid(pid, NULL, 0) == pid);
}

static pid_t start_victim(const struct scenario *s)
{
	pid_t pid = fork();
	int status;

	CHECK(pid >= 0);
	if (!pid) {
		struct queue *q = crash_open(dir, VICTIM);

		CHECK(q);
		if (s->before)
			s->before(q);
		CHECK(ptrace(PTRACE_TRACEME, 0, 0, 0) == 0);
		raise(SIGSTOP);
		s->operate(q);
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
	return pid;
}

static enum verdict ask_judge(int slot)
{
	pid_t pid = fork();
	int status;

	CHECK(pid >= 0);
	if (!pid) {
		alarm(DEADLINE_MS / 1000);
		_exit(judge(slot));
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGALRM ? HUNG : CORRUPT;
	CHECK(WEXITSTATUS(status) < VERDICTS);
	return WEXITSTATUS(status);
}

static enum verdict silent(void)
{
	return claimable() && !crash_readable(watcher.data_fd) ? WAKEUP : FINE;
}

/* --- a stage: all who take part, up to the operation --- */

struct stage {
	pid_t other, victim;
	int fd[2];
};

static void set_up(const struct scenario *s, struct stage *st)
{
	struct sigslot_error err = {0};

	memset(fates, 0, IDS);
	if (queue_create(dir, "q", &(struct queue_limits){.size = SIZE}, &err) < 0) {
		printf("# %s\n", err.text);
		CHECK(!"queue_create");
	}
	watch();
	run_ghost(s);
	st->other = start_other(s, st->fd);
	st->victim = start_victim(s);
	for (int id = s->doubt[0]; s->doubt[0] && id <= s->doubt[1]; id++)
		fates[id] = DOUBT;
}

static void tear_down(void)
{
	unwatch();
	CHECK(queue_remove(dir, "q", NULL) == 0);
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

/* --- real kills --- */

/* Kills after that many steps. Returns false if the operation was over before. */
static bool kill_after(const struct scenario *s, long steps, unsigned way,
		       enum verdict *ret)
{
	struct stage st;
	bool on = true;

	set_up(s, &st);
	while (on && steps-- > 0)
		on = step(st.victim);
	if (on) {
		kill(st.victim, SIGKILL);
		CHECK(waitpid(st.victim, NULL, 0) == st.victim);
	}
	*ret = silent();
	if (*ret == FINE && way & 1)
		*ret = probe(st.fd);
	stop_other(st.other, st.fd);
	if (*ret == FINE)
		*ret = ask_judge(way & 2 ? VICTIM : JUDGE);
	tear_down();
	return on;
}

/* --- all states --- */

struct album {
	VEC(struct remains) left; /* by the victim; then what the probe made of it */
	VEC(enum verdict) verdicts;
	long steps;
};

static struct remains *add(struct album *a, long steps)
{
	struct remains *r = vec_add(&a->left);

	CHECK(r && vec_add(&a->verdicts));
	save(r);
	r->steps = steps;
	return r;
}

static void step_through(pid_t victim, struct album *a)
{
	add(a, 0);
	while (step(victim)) {
		a->steps++;
		if (changed(&a->left.at[a->left.len - 1]))
			add(a, a->steps);
	}
}

static void look_before_probe(struct album *a, const int fd[2])
{
	size_t len = a->left.len;

	for (size_t i = 0; i < len; i++) {
		enum verdict v;

		restore(&a->left.at[i]);
		v = silent();
		a->verdicts.at[i] = v;
		v = v == FINE ? probe(fd) : v;
		add(a, a->left.at[i].steps);
		a->verdicts.at[a->left.len - 1] = v;
		if (v == HUNG)
			return; /* the other will not answer any more */
	}
}

static void photograph(const struct scenario *s, struct album *a)
{
	struct stage st;

	set_up(s, &st);
	step_through(st.victim, a);
	look_before_probe(a, st.fd);
	stop_other(st.other, st.fd);
}

/* --- the sum --- */

struct tally {
	long points, states, judged, kills, bad, by[VERDICTS];
};

static void count(const struct scenario *s, long n, const char *how, enum verdict v,
		  struct tally *t)
{
	t->by[v]++;
	if (v == FINE)
		return;
	if (t->bad++ < 10) {
		printf("# %s: after %ld steps, %s: %s\n", s->name, n, how,
		       verdict_names[v]);
		fflush(stdout);
	}
	if (crash_number("STOP", 0)) {
		printf("not ok 1 - %s\n1..1\n", s->name);
		exit(1);
	}
}

static void judge_all(const struct scenario *s, struct tally *t)
{
	struct album a = {0};

	photograph(s, &a);
	for (size_t i = 0; i < a.left.len; i++)
		for (int slot = VICTIM; slot <= JUDGE; slot += JUDGE - VICTIM) {
			const struct remains *r = &a.left.at[i];
			enum verdict v = a.verdicts.at[i];

			if (v == FINE) {
				restore(r);
				v = ask_judge(slot);
			}
			t->judged++;
			count(s, r->steps,
			      slot == VICTIM ? "place reused" : "taken over", v, t);
		}
	tear_down();
	t->points += a.steps;
	t->states += (long)a.left.len / 2;
	vec_done(&a.left);
	vec_done(&a.verdicts);
}

/*
 * Real kills: at random points; with CRASH_LONG=1 at every one, as long as there is
 * time. The stride is prime, so that what there is time for is spread over all.
 */
static void kill_some(const struct scenario *s, long points, struct tally *t)
{
	bool all = crash_number("CRASH_LONG", 0);
	long share_ms = crash_number("CRASH_SECONDS", 0) * 1000 / ARRAY_LEN(scenarios);
	uint64_t end = share_ms ? clock_now() + (uint64_t)share_ms * NS_PER_MS : NEVER;
	long most = all ? points : share_ms ? LONG_MAX : crash_number("KILLS", 10);
	enum verdict v;

	for (long i = 0; i < most && clock_now() < end; i++) {
		long n = all ? i * STRIDE % points : 1 + random() % points;
		unsigned way = (unsigned)random() % 4;

		t->kills += kill_after(s, n, way, &v);
		count(s, n, "killed", v, t);
	}
}

/* Of the catalogue of faults: producers, consumers, and those who recover. */
static const char *row_of(const struct scenario *s)
{
	if (s->ghost)
		return "A3";
	return strstr(s->name, "push") ? "A1" : "A2";
}

static void run(const struct scenario *s, struct tally *total)
{
	struct tally t = {0};

	together = s->operate == push_whole_three;
	judge_all(s, &t);
	kill_some(s, t.points, &t);
	ok(t.bad == 0,
	   "%s: a kill at any of %ld instructions of: %s, harms nobody "
	   "(%ld states, %ld judged, %ld real kills)",
	   row_of(s), t.points, s->name, t.states, t.judged, t.kills);
	total->points += t.points;
	total->states += t.states;
	total->judged += t.judged;
	total->kills += t.kills;
	for (int i = 0; i < VERDICTS; i++)
		total->by[i] += t.by[i];
}

int main(int argc, char **argv)
{
	struct tally t = {0};
	char path[64];

	dir = crash_directory(path);
	srandom((unsigned)clock_now());
	fates = mmap(NULL, IDS, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	CHECK(fates != MAP_FAILED);
	for (size_t i = 0; i < ARRAY_LEN(scenarios); i++)
		if (argc < 2 || strstr(scenarios[i].name, argv[1]))
			run(&scenarios[i], &t);
	printf("# instructions stepped %ld, states %ld, judged %ld, real kills %ld:",
	       t.points, t.states, t.judged, t.kills);
	for (int i = LOST; i < VERDICTS; i++)
		printf(" %s %ld%s", verdict_names[i], t.by[i], i < HUNG ? "," : "\n");
	crash_row("stepped", (uint64_t)(t.judged + t.kills), t.by);
	crash_clean(dir, path);
	return done();
}
