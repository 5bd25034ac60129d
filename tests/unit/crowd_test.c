/* SPDX-License-Identifier: MIT */
/*
 * Many processes with one queue: at once, one after the other's death, after fork().
 */
#include <sys/mman.h>

#include "queue_host.h"

enum { MESSAGES = 200000, CROWD = 300, BATCH = 16 };

static struct claim c[64];

static void wait_for(int fd, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	poll(&p, 1, ms);
}

static int produce(struct queue *q)
{
	for (uint64_t id = 1; id <= MESSAGES;) {
		int r = push_size(q, id, id % 200);

		if (r == -EAGAIN)
			wait_for(queue_space_fd(q), 100);
		else if (r < 0)
			return 1;
		id += r == 0;
	}
	return 0;
}

static bool consume(struct queue *q)
{
	uint64_t next = 1;
	int held = 0;

	while (next <= MESSAGES) {
		held = queue_turn(q, c, (size_t)held, c, BATCH, NULL);
		if (held < 0)
			return false;
		for (int i = 0; i < held; i++, next++)
			if (!whole(&c[i], next & ~0ull, next % 200))
				return false;
		if (!held)
			wait_for(queue_data_fd(q), -1);
	}
	return queue_ack(q, c, (size_t)held) == 0;
}

static void two(void)
{
	struct queue *q = host_queue(65536, 0);
	pid_t pid = fork();
	int status;

	must(pid >= 0);
	if (!pid) {
		struct identity *id;
		struct queue *mine;

		must(identity_open(host_dir, 2, &id, NULL) == 0);
		must(queue_open(host_dir, "q", id, &mine, NULL) == 0);
		_exit(produce(mine));
	}
	ok(consume(q), "%d messages cross between two processes in order", MESSAGES);
	must(waitpid(pid, &status, 0) == pid);
	is_int(status, 0, "and the other one thinks so, too");
	is_u64(counts_of(q).acked, MESSAGES, "all are acknowledged");
	host_drop(q);
}

static int push_one(struct queue *q)
{
	int r = push_text(q, (uint64_t)getpid(), "me");

	queue_close(q);
	return r ? 1 : 0;
}

static void crowd(void)
{
	struct queue *q = host_queue(1 << 20, 0);
	pid_t pids[CROWD];
	int gate[2], failed = 0, status, n = 0, got;

	must(pipe(gate) == 0);
	for (int i = 0; i < CROWD; i++) {
		pids[i] = fork();
		must(pids[i] >= 0);
		if (pids[i])
			continue;
		close(gate[1]);
		if (read(gate[0], c, 1) != 0)
			_exit(101);
		struct identity *id;
		struct queue *mine;

		if (identity_open(host_dir, -1, &id, NULL) < 0 ||
		    queue_open(host_dir, "q", id, &mine, NULL) < 0)
			_exit(100);
		_exit(push_one(mine));
	}
	close(gate[1]);
	for (int i = 0; i < CROWD; i++) {
		must(waitpid(pids[i], &status, 0) == pids[i]);
		failed += status != 0;
	}
	close(gate[0]);
	is_int(failed, 0, "%d processes attach and push at once", CROWD);
	while ((got = queue_claim(q, c, 64, NULL)) > 0) {
		queue_ack(q, c, (size_t)got);
		n += got;
	}
	is_int(n, CROWD, "and each of their messages is there");
	host_drop(q);
}

static int take_and_die(struct queue *q)
{
	if (queue_claim(q, c, 2, NULL) != 2)
		return 1;
	raise(SIGKILL);
	return 2;
}

static void deaths(void)
{
	struct queue *q = host_queue(65536, 0);

	for (uint64_t id = 1; id <= 4; id++)
		push_text(q, id, "x");
	is_int(in_child(3, take_and_die), 128 + SIGKILL, "a process dies with leases");
	is_u64(counts_of(q).leased, 2, "they are still counted");
	is_int(queue_claim(q, c, 8, NULL), 2, "others get the rest");
	is_int(queue_recover(q, 3, 0), 0, "the dead one is recovered");
	ok(readable(queue_data_fd(q)), "which rings");
	is_int(queue_claim(q, c + 2, 8, NULL), 2, "its messages come back");
	ok(c[2].attempt == 2 && c[3].attempt == 2, "as second attempts");
	is_int(queue_recover(q, 1, 0), 0, "who lives is not recovered");
	is_int(queue_ack(q, c, 4), 0, "and keeps its leases");
	push_text(q, 1, "x");
	push_text(q, 2, "x");
	in_child(3, take_and_die);
	is_int(queue_recover(q, 0, 0), 0, "all who are dead can be recovered at once");
	is_int(queue_claim(q, c, 8, NULL), 2, "and their messages come back");
	queue_ack(q, c, 2);
	push_text(q, 1, "x");
	push_text(q, 2, "x");
	in_child(3, take_and_die);
	is_int(in_child(3, take_and_die), 128 + SIGKILL,
	       "who takes a dead one's place finds its messages claimable");
	host_drop(q);
}

static struct queue *inherited;

static int after_fork(struct queue *unused)
{
	int good = 0;

	queue_close(unused);
	good += push_text(inherited, 1, "x") == -EINVAL;
	good += queue_claim(inherited, c, 1, NULL) == -EINVAL;
	good += queue_ack(inherited, c, 1) == -EINVAL;
	good += queue_return(inherited, c, 0, true) == -EINVAL;
	good += queue_counts(inherited, &(struct queue_counts){0}) == -EINVAL;
	good += queue_due(inherited) == NEVER;
	good += queue_recover(inherited, 0, 0) == -EINVAL;
	good += queue_purge(inherited) == -EINVAL;
	queue_close(inherited);
	return good;
}

static void forks(void)
{
	inherited = host_queue(65536, 0);
	is_int(in_child(3, after_fork), 8,
	       "F9: in a child every call on an inherited handle is refused");
	is_int(push_text(inherited, 1, "x"), 0, "the parent goes on");
	host_drop(inherited);
}

/* Enters a section and stays in it. */
static int stop_inside(struct queue *q)
{
	if (section_enter(q, NULL) < 0)
		return 1;
	raise(SIGSTOP);
	section_leave(q);
	return 0;
}

static void stopped(void)
{
	struct queue *q = host_queue(65536, 0);
	uint64_t before = clock_now();
	int status;
	char who[32];
	pid_t pid = fork();

	must(pid >= 0);
	if (!pid) {
		struct identity *id;
		struct queue *mine;

		must(identity_open(host_dir, 4, &id, NULL) == 0);
		must(queue_open(host_dir, "q", id, &mine, NULL) == 0);
		_exit(stop_inside(mine));
	}
	must(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status));
	is_int(push_text(q, 1, "x"), -ETIMEDOUT,
	       "a stopped holder of the latch is not robbed, but is named");
	snprintf(who, sizeof(who), "process %d ", (int)pid);
	ok(strstr(host_err.text, who) != NULL, "as: %s", host_err.text);
	ok(clock_now() - before < 15 * NS_PER_S, "within some seconds");
	kill(pid, SIGKILL);
	must(waitpid(pid, &status, 0) == pid);
	is_int(push_text(q, 1, "x"), 0, "a killed one is, at once");
	is_u64(counts_of(q).takeovers, 1, "which is counted");
	host_drop(q);
}

/* --- a producer in the middle of a large payload --- */

static char *half; /* its second half cannot be read at first */

enum { LARGE = 24576 };

static void stop_here(int signal)
{
	(void)signal;
	raise(SIGSTOP);
	mprotect(half + LARGE / 2, LARGE / 2, PROT_READ | PROT_WRITE);
}

static pid_t start_half(void)
{
	int status;
	pid_t pid = fork();

	must(pid >= 0);
	if (!pid) {
		struct identity *id;
		struct queue *mine;

		half = mmap(NULL, LARGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		memset(half, 1, LARGE);
		mprotect(half + LARGE / 2, LARGE / 2, PROT_NONE);
		signal(SIGSEGV, stop_here);
		must(identity_open(host_dir, 4, &id, NULL) == 0);
		must(queue_open(host_dir, "q", id, &mine, NULL) == 0);
		_exit(queue_push(mine, &(struct envelope){.id = 1}, half, LARGE, NULL));
	}
	must(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status));
	return pid;
}

static int claim_soon(struct queue *q, uint64_t patience_ns)
{
	uint64_t end = clock_now() + patience_ns;
	int n;

	while ((n = queue_claim(q, c, 8, NULL)) == 0 && clock_now() < end)
		wait_for(queue_data_fd(q), clock_poll_ms(clock_now(), queue_due(q)));
	return n;
}

static void half_way(void)
{
	struct queue *q = host_queue(65536, 0);
	uint64_t before = clock_now();
	pid_t pid = start_half();
	int status;

	push_size(q, 2, 10);
	is_int(queue_claim(q, c, 8, NULL), 0, "what is not whole yet keeps its turn");
	ok(queue_due(q) != NEVER, "the next look has a time");
	is_int(claim_soon(q, 15 * NS_PER_S), 1, "but not for ever");
	ok(c[0].envelope.id == 2 && clock_now() - before > NS_PER_S,
	   "after a second others pass a stopped producer");
	queue_ack(q, c, 1);
	is_u64(counts_of(q).voided, 0, "what it began is left to it");
	kill(pid, SIGCONT);
	is_int(claim_soon(q, 15 * NS_PER_S), 1, "when it goes on, its message comes");
	ok(whole(c, 1, LARGE), "whole");
	queue_ack(q, c, 1);
	must(waitpid(pid, &status, 0) == pid);
	is_int(status, 0, "and it is told so");
	pid = start_half();
	push_size(q, 2, 10);
	is_int(queue_claim(q, c, 8, NULL), 0, "another one is half way");
	kill(pid, SIGKILL);
	must(waitpid(pid, &status, 0) == pid);
	is_int(claim_soon(q, NS_PER_S), 1, "when it is killed, others come at once");
	ok(c[0].envelope.id == 2 && counts_of(q).voided == 1, "and its part is void");
	queue_ack(q, c, 1);
	is_u64(counts_of(q).used, 0, "nothing is left of it");
	host_drop(q);
}

int main(void)
{
	host_begin();
	half_way();
	two();
	crowd();
	deaths();
	forks();
	stopped();
	host_end();
	return done();
}
