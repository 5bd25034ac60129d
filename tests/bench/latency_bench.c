/* SPDX-License-Identifier: MIT */
/*
 * How long one message takes: between processes that look all the time, to one that
 * sleeps, and to several queues; and that a sleeping consumer is not woken for nothing.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "bench.h"
#include "load.h"
#include "plain.h"

enum {
	SIZE = 64,
	CAPACITY = 2 << 20,
	SPINS = 5000,
	PINGS = 300,
	MOST = 4, /* queues */
	FANNED = 200000,
	ENOUGH_S = 2,
	WATCH_S = 2,
};

static int dir;
static const char *const names[MOST] = {"q0", "q1", "q2", "q3"};

/* --- queues of our own --- */

static void make_queues(unsigned len)
{
	for (unsigned i = 0; i < len; i++) {
		const struct queue_limits limits = {.size = CAPACITY};

		load_must(queue_create(dir, names[i], &limits, NULL) == 0,
			  "queue_create");
	}
}

static void remove_queues(unsigned len)
{
	for (unsigned i = 0; i < len; i++)
		load_must(queue_remove(dir, names[i], NULL) == 0, "queue_remove");
}

static struct queue *open_queue(unsigned index)
{
	struct sigslot_error err = {0};
	struct identity *id;
	struct queue *q;

	load_must(identity_open(dir, -1, &id, &err) == 0 &&
			  queue_open(dir, names[index], id, &q, &err) == 0,
		  err.text);
	return q;
}

static void sleep_on(int fd, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	poll(&p, 1, ms);
}

/* Pushes one, whatever it takes. */
static void push(struct queue *q)
{
	while (queue_push(q, &(struct envelope){0}, load_bytes, SIZE, NULL) == -EAGAIN)
		sleep_on(queue_space_fd(q), 100);
}

/* --- one way --- */

/* A way to get one message across. */
struct way {
	void (*send)(void);
	void (*receive)(void); /* returns when there is one */
};

static struct track {
	uint32_t word, seen;
	uint64_t sent, took[SPINS];
} * track;

static struct queue *queue;
static struct claim held;
static size_t held_len;
static int ends[2];

static void send_word(void)
{
	__atomic_add_fetch(&track->word, 1, __ATOMIC_RELEASE);
}

static void spin_on_word(void)
{
	while (__atomic_load_n(&track->word, __ATOMIC_ACQUIRE) == track->seen)
		;
}

static void send_message(void)
{
	push(queue);
}

static bool turn(void)
{
	int r = queue_turn(queue, &held, held_len, &held, 1, NULL);

	load_must(r >= 0, "queue_turn");
	held_len = (size_t)r;
	return r;
}

static void spin_on_queue(void)
{
	while (!turn())
		;
}

static void sleep_on_queue(void)
{
	while (!turn())
		sleep_on(queue_data_fd(queue), -1);
}

static void send_to_pipe(void)
{
	load_must(write(ends[1], load_bytes, SIZE) == SIZE, "write");
}

static void sleep_on_pipe(void)
{
	char out[SIZE];

	load_must(read(ends[0], out, SIZE) == SIZE, "read");
}

static pid_t start_receiver(const struct way *w, unsigned messages)
{
	pid_t pid = fork();

	load_must(pid >= 0, "fork");
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	queue = open_queue(0);
	for (unsigned i = 0; i < messages; i++) {
		w->receive();
		track->took[i] = clock_now() - track->sent;
		__atomic_add_fetch(&track->seen, 1, __ATOMIC_RELEASE);
	}
	if (held_len)
		queue_ack(queue, &held, 1);
	_exit(0);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/*
 * The median of the ns from before a send to after its receipt. Where others want the
 * processors, fewer messages have to do.
 */
static double one_way(const struct way *w, unsigned messages, useconds_t pause_us)
{
	uint64_t deadline = clock_now() + ENOUGH_S * NS_PER_S;
	unsigned len = 0;
	pid_t pid;

	make_queues(1);
	load_must(pipe(ends) == 0, "pipe");
	memset(track, 0, sizeof(*track));
	pid = start_receiver(w, messages);
	queue = open_queue(0);
	for (; len < messages && clock_now() < deadline; len++) {
		if (pause_us)
			usleep(pause_us);
		track->sent = clock_now();
		w->send();
		while (__atomic_load_n(&track->seen, __ATOMIC_ACQUIRE) == len)
			if (pause_us)
				usleep(pause_us / 10);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	queue_close(queue);
	close(ends[0]);
	close(ends[1]);
	remove_queues(1);
	qsort(track->took, len, sizeof(*track->took), compare);
	return (double)track->took[len / 2];
}

static double spin_raw(void)
{
	return one_way(&(struct way){send_word, spin_on_word}, SPINS, 0);
}

static double spin_ours(void)
{
	return one_way(&(struct way){send_message, spin_on_queue}, SPINS, 0);
}

static double wake_pipe(void)
{
	return one_way(&(struct way){send_to_pipe, sleep_on_pipe}, PINGS, 1000);
}

static double wake_ours(void)
{
	return one_way(&(struct way){send_message, sleep_on_queue}, PINGS, 1000);
}

/* --- one message to several queues --- */

static struct plain *rings[MOST];

static void begin_rings(const struct load *l)
{
	for (unsigned i = 0; i < l->consumers; i++)
		rings[i] = plain_new(CAPACITY);
}

static void produce_rings(const struct load *l, unsigned index)
{
	(void)index;
	for (long n = 0; n < l->messages; n++)
		for (unsigned i = 0; i < l->consumers; i++)
			plain_put(rings[i], load_bytes, l->size, 1);
}

static void consume_ring(const struct load *l, unsigned index)
{
	for (long n = 0; n < l->messages;)
		n += (long)plain_get(rings[index], 1);
}

static void end_rings(void)
{
	for (unsigned i = 0; i < MOST && rings[i]; i++) {
		plain_free(rings[i]);
		rings[i] = NULL;
	}
}

static const struct anchor fan_plain = {
	.name = "mutex rings",
	.begin = begin_rings,
	.produce = produce_rings,
	.consume = consume_ring,
	.end = end_rings,
};

static unsigned fanned;

static void begin_queues(const struct load *l)
{
	fanned = l->consumers;
	make_queues(fanned);
}

static void produce_queues(const struct load *l, unsigned index)
{
	struct queue *queues[MOST];

	(void)index;
	for (unsigned i = 0; i < l->consumers; i++)
		queues[i] = open_queue(i);
	for (long n = 0; n < l->messages; n++)
		for (unsigned i = 0; i < l->consumers; i++)
			push(queues[i]);
}

static void consume_queue(const struct load *l, unsigned index)
{
	queue = open_queue(index);
	for (long n = 0; n < l->messages; n++)
		sleep_on_queue();
	queue_ack(queue, &held, 1);
}

static void end_queues(void)
{
	remove_queues(fanned);
}

static const struct anchor fan_ours = {
	.name = "our queues",
	.begin = begin_queues,
	.produce = produce_queues,
	.consume = consume_queue,
	.end = end_queues,
};

static const struct load *load;

static double fan_out_ours(void)
{
	return load_measure(&fan_ours, load);
}

static double fan_out_plain(void)
{
	return load_measure(&fan_plain, load);
}

static void fan_row(unsigned consumers)
{
	const struct load l = {1, consumers, SIZE, 1, FANNED, 0};
	char name[64];

	snprintf(name, sizeof(name), "fan-out of 64 B to %u queues", consumers);
	load = &l;
	bench_row(&(struct bench_row){name, "messages/s", "mutex rings", fan_out_ours,
				      fan_out_plain, 1, false, NULL});
}

/* --- asleep --- */

static double sleeps_of(pid_t pid)
{
	char path[64], line[256];
	double n = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "r");
	load_must(f != NULL, path);
	while (fgets(line, sizeof(line), f))
		sscanf(line, "voluntary_ctxt_switches: %lf", &n);
	fclose(f);
	return n;
}

static void idle_row(void)
{
	const struct bench_row row = {.bench = "wake-ups of a sleeping consumer",
				      .unit = "1/s",
				      .anchor = "none:",
				      .at_most = true};
	double before;
	pid_t pid;

	make_queues(1);
	memset(track, 0, sizeof(*track));
	pid = start_receiver(&(struct way){NULL, sleep_on_queue}, 1);
	sleep(1); /* until it sleeps */
	before = sleeps_of(pid);
	sleep(WATCH_S);
	bench_print(&row, (sleeps_of(pid) - before) / WATCH_S, 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	remove_queues(1);
}

static const struct bench_row rows[] = {
	{"both spinning, 64 B one way, p50", "ns", "a word in shared memory", spin_ours,
	 spin_raw, 5, true, NULL},
	{"a message each ms to a sleeper, p50", "ns", "pipe", wake_ours, wake_pipe,
	 1.25, true, NULL},
};

int main(void)
{
	bench_begin();
	dir = open(bench_path("."), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	load_must(dir >= 0 && identity_create(dir, NULL) == 0, "identity_create");
	track = mmap(NULL, sizeof(*track), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	load_must(track != MAP_FAILED, "mmap");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		bench_row(&rows[i]);
	fan_row(2);
	fan_row(4);
	idle_row();
	return 0;
}
