/* SPDX-License-Identifier: MIT */
/*
 * sigslot_bench_queue(): producers and consumers on a queue of their own, which push,
 * claim, acknowledge and sleep as workers do, and count what arrived.
 *
 * The queue loses its name as soon as everybody has it open, and signals wait until
 * then: whoever is ended at whatever moment, nothing is left. The producers and
 * consumers die with their parent.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/fd.h"
#include "queue/traffic.h"
#include "state/lock.h"
#include "state/runtime.h"

enum {
	MOST_WORKERS = 256, /* of a kind */
	MOST_BATCH = 1024,
	MOST_BYTES = 64 << 20, /* of a batch */
	QUEUE_SIZE = 2 << 20,
};

static const char queue_name[] = "queue";

/* What producers and consumers leave behind when they end. */
struct outcome {
	struct traffic_tally all;
	uint32_t failed; /* whether somebody has taken err for himself */
	struct sigslot_error err;
};

struct bench {
	const struct sigslot_bench *load;
	struct traffic traffic; /* of this load */
	struct outcome *outcome; /* shared */
	int runtime, dir, lock;
	char name[32]; /* of dir in runtime */
	int attached[2]; /* a pipe: a byte from everybody who has opened the queue */
	sigset_t mask; /* the caller's */
	pid_t *pids; /* the producers, then the consumers; 0: ended */
	struct pollfd *ends; /* of the same */
	unsigned len;
	uint64_t sleeps;
};

/* --- producers and consumers --- */

static void add(struct traffic_tally *all, const struct traffic_tally *more)
{
	__atomic_add_fetch(&all->received, more->received, __ATOMIC_RELAXED);
	__atomic_add_fetch(&all->wrong, more->wrong, __ATOMIC_RELAXED);
	__atomic_add_fetch(&all->sum, more->sum, __ATOMIC_RELAXED);
}

static int work(const struct bench *b, unsigned index, struct sigslot_error *err)
{
	struct traffic_tally tally = {0};
	struct identity *id;
	struct queue *q;
	int r = identity_open(b->dir, -1, &id, err);

	if (r == 0)
		r = queue_open(b->dir, queue_name, id, &q, err);
	if (r < 0)
		return r;
	if (write(b->attached[1], "!", 1) != 1)
		return fail_errno(err, "cannot tell the parent");
	close(b->attached[1]);
	if (index < b->load->producers)
		r = traffic_produce(q, &b->traffic, index, err);
	else
		r = traffic_consume(q, &b->traffic, &tally, err);
	add(&b->outcome->all, &tally);
	queue_close(q);
	return r;
}

/* --- the parent --- */

static _Noreturn void live(struct bench *b, unsigned index, pid_t parent)
{
	struct sigslot_error err = {0};
	int r = -ECHILD;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigprocmask(SIG_SETMASK, &b->mask, NULL);
	close(b->attached[0]);
	if (getppid() == parent)
		r = work(b, index, &err);
	if (r < 0 && !__atomic_exchange_n(&b->outcome->failed, 1, __ATOMIC_RELAXED))
		b->outcome->err = err;
	_exit(r < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}

static int fork_all(struct bench *b, struct sigslot_error *err)
{
	pid_t parent = getpid();

	for (; b->len < b->load->producers + b->load->consumers; b->len++) {
		pid_t pid = fork();

		if (pid == 0)
			live(b, b->len, parent);
		if (pid < 0)
			return fail_errno(err, "cannot start process %u", b->len + 1);
		b->pids[b->len] = pid;
		b->ends[b->len].events = POLLIN;
		b->ends[b->len].fd = pidfd_open(pid, 0);
		if (b->ends[b->len].fd < 0) {
			b->len++;
			return fail_errno(err, "cannot watch process %u", b->len);
		}
	}
	return 0;
}

static void kill_all(const struct bench *b)
{
	for (unsigned i = 0; i < b->len; i++)
		if (b->pids[i])
			kill(b->pids[i], SIGKILL);
}

/* Returns 0, or why it did not end well. */
static int reap(struct bench *b, unsigned index, struct sigslot_error *err)
{
	struct rusage usage = {0};
	int status = 0;

	while (wait4(b->pids[index], &status, 0, &usage) < 0 && errno == EINTR)
		;
	b->pids[index] = 0;
	fd_close(&b->ends[index].fd);
	b->sleeps += (uint64_t)usage.ru_nvcsw;
	if (status == 0)
		return 0;
	if (WIFSIGNALED(status))
		return fail(err, -ECHILD, "a %s was ended by SIG%s",
			    index < b->load->producers ? "producer" : "consumer",
			    sigabbrev_np(WTERMSIG(status)));
	if (err)
		*err = b->outcome->err;
	return b->outcome->err.code ?: -ECHILD;
}

/*
 * Waits for all, and shuts the queue behind the last producer. One that does not end
 * well ends the others, and its reason counts.
 */
static int watch(struct bench *b, struct queue *q, struct sigslot_error *err)
{
	unsigned producing = b->load->producers, living = b->len;
	int r = 0;

	while (living) {
		poll(b->ends, b->len, -1);
		for (unsigned i = 0; i < b->len; i++) {
			bool producer = i < b->load->producers;

			if (b->ends[i].fd < 0 || !b->ends[i].revents)
				continue;
			living--;
			producing -= producer;
			if (r < 0) {
				reap(b, i, NULL);
				continue;
			}
			r = reap(b, i, err);
			if (r == 0 && producer && !producing)
				r = queue_shut(q, true);
			if (r < 0)
				kill_all(b);
		}
	}
	return r;
}

static int make_queue(struct bench *b, struct sigslot_error *err)
{
	const struct sigslot_bench *l = b->load;
	struct queue_limits limits = {.size = l->queue_size};
	int r;

	if (!limits.size)
		limits.size = l->size > QUEUE_SIZE / 4 ? 4 * l->size : QUEUE_SIZE;
	snprintf(b->name, sizeof(b->name), "bench-%d", (int)getpid());
	r = runtime_subdir(b->runtime, b->name, true, &b->dir, err);
	if (r == 0)
		r = b->lock =
			lock_take(b->dir, b->name, err); /* not to be cleaned up */
	if (r >= 0)
		r = identity_create(b->dir, err);
	return r < 0 ? r : queue_create(b->dir, queue_name, &limits, err);
}

/* Until everybody who has not died has opened it. */
static void remove_name(struct bench *b)
{
	char bytes[64];

	fd_close(&b->attached[1]);
	while (read(b->attached[0], bytes, sizeof(bytes)) > 0)
		;
	runtime_remove(b->runtime, b->name);
	sigprocmask(SIG_SETMASK, &b->mask, NULL);
}

static int measure(struct bench *b, struct queue_counts *ret_counts,
		   struct sigslot_error *err)
{
	struct identity *id = NULL;
	struct queue *q = NULL;
	int r = make_queue(b, err);

	if (r == 0)
		r = fork_all(b, err);
	/* not before the last fork: it would be of no use in a child */
	if (r == 0)
		r = identity_open(b->dir, -1, &id, err);
	if (r == 0)
		r = queue_open(b->dir, queue_name, id, &q, err);
	if (r < 0)
		kill_all(b);
	remove_name(b);
	if (r == 0)
		r = watch(b, q, err);
	if (r == 0)
		r = queue_counts(q, ret_counts);
	for (unsigned i = 0; i < b->len; i++)
		if (b->pids[i])
			reap(b, i, NULL);
	queue_close(q);
	identity_close(id);
	return r;
}

static int check(const struct sigslot_bench *l, struct sigslot_error *err)
{
	if (!l->producers || !l->consumers || l->producers > MOST_WORKERS ||
	    l->consumers > MOST_WORKERS)
		return fail(err, -EINVAL,
			    "there must be 1 to %d producers, and 1 to %d consumers",
			    MOST_WORKERS, MOST_WORKERS);
	if (!l->batch || l->batch > MOST_BATCH)
		return fail(err, -EINVAL, "a batch has 1 to %d messages", MOST_BATCH);
	if (l->size < TRAFFIC_LEAST || l->size > MOST_BYTES / l->batch)
		return fail(err, -EINVAL,
			    "a message has at least %d bytes, a batch at most %d",
			    TRAFFIC_LEAST, MOST_BYTES);
	return 0;
}

static int prepare(struct bench *b, struct sigslot_error *err)
{
	unsigned len = b->load->producers + b->load->consumers;
	sigset_t all;

	b->pids = calloc(len, sizeof(*b->pids));
	b->ends = calloc(len, sizeof(*b->ends));
	if (!b->pids || !b->ends)
		return fail(err, -ENOMEM, "out of memory");
	b->outcome = mmap(NULL, sizeof(*b->outcome), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (b->outcome == MAP_FAILED)
		return fail_errno(err, "cannot map a page");
	if (pipe2(b->attached, O_CLOEXEC) < 0)
		return fail_errno(err, "cannot make a pipe");
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &b->mask);
	return 0;
}

static void dispose(struct bench *b)
{
	if (b->outcome != MAP_FAILED)
		munmap(b->outcome, sizeof(*b->outcome));
	for (int i = 0; i < 2; i++)
		fd_close(&b->attached[i]);
	fd_close(&b->lock);
	fd_close(&b->dir);
	fd_close(&b->runtime);
	free(b->pids);
	free(b->ends);
}

int sigslot_bench_queue(const struct sigslot_bench *load,
			struct sigslot_bench_result *ret, struct sigslot_error *err)
{
	struct bench b = {.load = load,
			  .traffic = {load->producers, load->batch, load->messages,
				      load->size},
			  .outcome = MAP_FAILED,
			  .runtime = -1,
			  .dir = -1,
			  .lock = -1,
			  .attached = {-1, -1}};
	struct queue_counts counts = {0};
	uint64_t started = clock_now();
	int r = check(load, err);

	if (r == 0)
		r = runtime_open(true, &b.runtime, err);
	if (r == 0)
		r = prepare(&b, err);
	if (r == 0)
		r = measure(&b, &counts, err);
	started = clock_now() - started;
	if (r == 0)
		*ret = (struct sigslot_bench_result){
			.ns = started,
			.received = b.outcome->all.received,
			.intact = traffic_whole(&b.traffic, &b.outcome->all),
			.redelivered = counts.redelivered,
			.sleeps = b.sleeps,
		};
	dispose(&b);
	return r;
}
