/* SPDX-License-Identifier: MIT */
/*
 * The queue against a plain ring. Both run in turns, the median of five counts. One
 * JSON line per row.
 */
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "plain.h"
#include "queue/queue.h"

enum {
	TURNS = 5,
	CAPACITY = 2 << 20,
	BATCH = 32,
	LARGEST = 65536,
	PINGS = 3000,
};

static char path[64];
static int dir;
static char bytes[LARGEST];

static void must(int good, const char *what)
{
	if (!good) {
		perror(what);
		exit(1);
	}
}

/* What is measured: so many messages of a size, from some producers to one consumer. */
struct load {
	unsigned producers;
	size_t size, batch;
	long messages; /* of each producer */
};

/* --- the plain ring --- */

static struct plain *plain;

static void plain_produce(const struct load *l)
{
	for (long n = 0; n < l->messages; n += (long)l->batch)
		plain_put(plain, bytes, l->size, l->batch);
}

static void plain_consume(const struct load *l)
{
	for (long n = 0; n < l->messages * l->producers;)
		n += (long)plain_get(plain, l->batch);
}

/* --- ours --- */

static struct queue *open_queue(void)
{
	struct sigslot_error err;
	struct identity *id;
	struct queue *q;

	if (identity_open(dir, -1, &id, &err) < 0 ||
	    queue_open(dir, "q", id, &q, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
	return q;
}

static void wait_readable(int fd, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	poll(&p, 1, ms);
}

static void ring_produce(const struct load *l)
{
	struct queue *q = open_queue();
	struct payload p[BATCH];

	for (size_t i = 0; i < l->batch; i++)
		p[i] = (struct payload){bytes, l->size};
	for (long n = 0; n < l->messages;) {
		size_t done;

		if (queue_push_many(q, &(struct envelope){0}, p, l->batch, &done,
				    NULL) == -EAGAIN)
			wait_readable(queue_space_fd(q), 100);
		n += (long)done;
	}
	queue_close(q);
}

static void ring_consume(const struct load *l)
{
	struct queue *q = open_queue();
	struct claim c[BATCH];
	int held = 0;

	for (long n = 0; n < l->messages * l->producers; n += held) {
		held = queue_turn(q, c, (size_t)held, c, l->batch, NULL);
		must(held >= 0, "queue_turn");
		if (!held)
			wait_readable(queue_data_fd(q), -1);
	}
	queue_ack(q, c, (size_t)held);
	queue_close(q);
}

/* --- measuring --- */

struct kind {
	void (*produce)(const struct load *l);
	void (*consume)(const struct load *l);
};

static const struct kind plain_kind = {plain_produce, plain_consume};
static const struct kind ring_kind = {ring_produce, ring_consume};

/* Messages per second. */
static double measure(const struct kind *k, const struct load *l)
{
	int gate[2];
	uint64_t started, took;
	char c;

	plain = plain_new(CAPACITY);
	must(queue_create(dir, "q", &(struct queue_limits){.size = CAPACITY}, NULL) ==
		     0,
	     "queue_create");
	must(pipe(gate) == 0, "pipe");
	for (unsigned i = 0; i < l->producers; i++)
		if (fork() == 0) {
			close(gate[1]);
			if (read(gate[0], &c, 1) == 0)
				k->produce(l);
			_exit(0);
		}
	usleep(20000);
	started = clock_now();
	close(gate[1]);
	k->consume(l);
	took = clock_now() - started;
	close(gate[0]);
	while (wait(NULL) > 0)
		;
	plain_free(plain);
	must(queue_remove(dir, "q", NULL) == 0, "queue_remove");
	return (double)l->messages * l->producers * 1e9 / (double)took;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values)
{
	qsort(values, TURNS, sizeof(*values), compare);
	return values[TURNS / 2];
}

static void print(const char *bench, double value, const char *unit, double anchor,
		  double goal)
{
	printf("{\"bench\":\"%s\",\"value\":%.4g,\"unit\":\"%s\",\"anchor\":%.4g,"
	       "\"ratio\":%.3f,\"goal\":%.3g}\n",
	       bench, value, unit, anchor, value / anchor, goal);
	fflush(stdout);
}

/* Ours against `factor` times the plain ring under the anchor's own load. */
static void row(const char *bench, struct load l, size_t anchor_batch, double factor,
		double goal)
{
	struct load anchor_load = l;
	double ours[TURNS], theirs[TURNS];

	anchor_load.batch = anchor_batch;
	for (int i = 0; i < TURNS; i++) {
		theirs[i] = measure(&plain_kind, &anchor_load);
		ours[i] = measure(&ring_kind, &l);
	}
	print(bench, median(ours), "messages/s", median(theirs) * factor, goal);
}

/* Push, claim and acknowledge in one process, nobody else there; ns each. */
static double alone(void)
{
	enum { ROUNDS = 300000 };
	struct queue *q = open_queue();
	struct claim c;
	uint64_t started;

	started = clock_now();
	for (int i = 0; i < ROUNDS; i++) {
		queue_push(q, &(struct envelope){0}, bytes, 64, NULL);
		queue_turn(q, &c, i > 0, &c, 1, NULL);
	}
	started = clock_now() - started;
	queue_ack(q, &c, 1);
	queue_close(q);
	return (double)started / ROUNDS;
}

static void row_alone(void)
{
	double ns[TURNS];

	must(queue_create(dir, "q", &(struct queue_limits){.size = CAPACITY}, NULL) ==
		     0,
	     "queue_create");
	for (int i = 0; i < TURNS; i++)
		ns[i] = alone();
	queue_remove(dir, "q", NULL);
	print("push, claim and acknowledge 64 B alone", median(ns), "ns", 150, 1);
}

/* --- waking a sleeper --- */

struct ping {
	uint32_t word;
	uint64_t sent, took[PINGS];
};

static struct ping *ping;

static void futex_pong(struct queue *unused)
{
	(void)unused;
	for (uint32_t i = 0; i < PINGS; i++) {
		while (__atomic_load_n(&ping->word, __ATOMIC_ACQUIRE) == i)
			syscall(SYS_futex, &ping->word, FUTEX_WAIT, i, NULL, NULL, 0);
		ping->took[i] = clock_now() - ping->sent;
	}
}

static void futex_ping(struct queue *unused)
{
	(void)unused;
	__atomic_add_fetch(&ping->word, 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, &ping->word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void queue_pong(struct queue *q)
{
	struct claim c;
	int held = 0;

	for (int i = 0; i < PINGS; i += held) {
		held = queue_turn(q, &c, (size_t)held, &c, 1, NULL);
		if (!held)
			wait_readable(queue_data_fd(q), -1);
		else
			ping->took[i] = clock_now() - ping->sent;
	}
	queue_ack(q, &c, 1);
}

static void queue_ping(struct queue *q)
{
	queue_push(q, &(struct envelope){0}, bytes, 64, NULL);
}

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* The median of the ns from before the send to after the wake. */
static double wake(void (*send)(struct queue *q), void (*receive)(struct queue *q))
{
	struct queue *q;
	pid_t pid;

	ping->word = 0;
	pid = fork();
	if (!pid) {
		receive(open_queue());
		_exit(0);
	}
	q = open_queue();
	for (int i = 0; i < PINGS; i++) {
		usleep(150);
		ping->sent = clock_now();
		send(q);
	}
	waitpid(pid, NULL, 0);
	queue_close(q);
	qsort(ping->took, PINGS, sizeof(*ping->took), compare_u64);
	return (double)ping->took[PINGS / 2];
}

static void row_wake(void)
{
	double ours[TURNS], theirs[TURNS];

	must(queue_create(dir, "q", &(struct queue_limits){.size = CAPACITY}, NULL) ==
		     0,
	     "queue_create");
	for (int i = 0; i < TURNS; i++) {
		theirs[i] = wake(futex_ping, futex_pong);
		ours[i] = wake(queue_ping, queue_pong);
	}
	queue_remove(dir, "q", NULL);
	print("wake a sleeper, p50", median(ours), "ns", median(theirs), 1.25);
}

static void *share(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);

	must(at != MAP_FAILED, "mmap");
	return at;
}

int main(void)
{
	snprintf(path, sizeof(path), "/tmp/sigslot-bench-XXXXXX");
	must(mkdtemp(path) != NULL, "mkdtemp");
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(dir >= 0 && identity_create(dir, NULL) == 0, "identity_create");
	ping = share(sizeof(*ping));
	row("1x1, 64 B, one at a time", (struct load){1, 64, 1, 1000000}, 1, 0.73, 1);
	row("4x1, 64 B, one at a time", (struct load){4, 64, 1, 250000}, 1, 0.62, 1);
	row("1x1, 64 B, batches", (struct load){1, 64, BATCH, 4000000}, 1, 0.88, 1.5);
	row("4x1, 64 B, batches", (struct load){4, 64, BATCH, 1000000}, 1, 1.51, 1.5);
	row("1x1, 64 KiB", (struct load){1, 65536, 1, 60000}, 1, 1, 1.5);
	row("4x1, 64 KiB", (struct load){4, 65536, 1, 15000}, 1, 1, 1.5);
	row_alone();
	row_wake();
	unlinkat(dir, "id", 0);
	return rmdir(path);
}
