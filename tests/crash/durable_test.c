/* SPDX-License-Identifier: MIT */
/*
 * Processes that put into a durable queue and take out of it are killed at random, most
 * of them while they wait for the medium. Every message whose push had returned comes
 * out at least once, whole, also when the machine is started anew in between.
 */
#include <sys/mman.h>

#include "crash.h"
#include "queue/durable.h"
#include "queue/safe.h"

enum {
	PUSHERS = 4,
	WORKERS = 6, /* the others take out */
	ROUNDS = 4,
	KILLS = 40, /* of each round */
	SIZE = 1 << 17,
	EACH = 1 << 16, /* ids of one pusher */
	SEEN = 1,
	PROMISED = 2,
};

struct shared {
	uint32_t begun[PUSHERS]; /* how many, per pusher */
	uint8_t state[PUSHERS * EACH]; /* PROMISED, SEEN */
	uint64_t damaged, strange;
};

static struct shared *shared;
static char path[64], site[80], ring[96];
static int dir, checks, failures;

static void ok(bool held, const char *what)
{
	printf("%sok %d - %s\n", held ? "" : "not ", ++checks, what);
	failures += !held;
}

static void push_on(struct queue *q, unsigned who)
{
	for (;;) {
		uint32_t n = __atomic_load_n(&shared->begun[who], __ATOMIC_RELAXED);
		int r;

		if (n + 1 >= EACH)
			pause();
		__atomic_store_n(&shared->begun[who], n + 1, __ATOMIC_RELEASE);
		while ((r = crash_push(q, who * EACH + n, n % 3000)) == -EAGAIN)
			poll(NULL, 0, 1);
		if (r < 0)
			_exit(1);
		/* the ids of those who died in between stay in doubt */
		__atomic_or_fetch(&shared->state[who * EACH + n], PROMISED,
				  __ATOMIC_RELAXED);
	}
}

static void note(const struct claim *c)
{
	uint64_t id = c->envelope.id;

	if (id >= PUSHERS * EACH || id % EACH >= shared->begun[id / EACH])
		__atomic_add_fetch(&shared->strange, 1, __ATOMIC_RELAXED);
	else if (!crash_intact(c))
		__atomic_add_fetch(&shared->damaged, 1, __ATOMIC_RELAXED);
	else
		__atomic_or_fetch(&shared->state[id], SEEN, __ATOMIC_RELAXED);
}

/* Returns how many there were when there is nothing now. */
static unsigned take_all(struct queue *q)
{
	struct claim c[16];
	unsigned all = 0;
	int n;

	while ((n = queue_claim(q, c, 16, NULL)) > 0) {
		for (int i = 0; i < n; i++)
			note(&c[i]);
		if (queue_ack(q, c, (size_t)n) < 0)
			_exit(1);
		all += (unsigned)n;
	}
	return all;
}

static pid_t start(unsigned who)
{
	pid_t pid = fork();
	struct queue *q;

	CHECK(pid >= 0);
	if (pid)
		return pid;
	alarm(60);
	q = crash_open(dir, (int)who + 2);
	if (!q)
		_exit(1);
	if (who < PUSHERS)
		push_on(q, who);
	for (;;)
		if (!take_all(q))
			poll(&(struct pollfd){queue_data_fd(q), POLLIN, 0}, 1, 20);
}

/* Kills one after the other, at some moment, and starts it again. */
static bool rampage(unsigned kills)
{
	pid_t pids[WORKERS];
	bool clean = true;
	int status;

	for (unsigned i = 0; i < WORKERS; i++)
		pids[i] = start(i);
	for (unsigned k = 0; k < kills + WORKERS; k++) {
		/* at last the pushers, so that much is left in the queue */
		unsigned who = k < kills ? (unsigned)rand() % WORKERS
					 : WORKERS - 1 - (k - kills);

		usleep((unsigned)rand() % 6000);
		kill(pids[who], SIGKILL);
		CHECK(waitpid(pids[who], &status, 0) == pids[who]);
		clean = clean && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
		if (k < kills)
			pids[who] = start(who);
	}
	return clean;
}

static void create(void)
{
	struct queue_limits limits = {.size = SIZE, .site = site};
	struct sigslot_error err = {0};

	if (queue_create(dir, "q", &limits, &err) < 0)
		printf("# %s\n", err.text);
}

static void reboot(void)
{
	int fd = open(ring, O_WRONLY | O_CLOEXEC);

	CHECK(fd >= 0 && queue_leave(dir, "q", NULL) == 0);
	CHECK(pwrite(fd, "earlier", 8, RING_SAFE + 8) == 8);
	close(fd);
	create();
}

static bool drained(void)
{
	struct queue *q = crash_open(dir, 1);
	struct queue_counts n;
	bool booked;

	if (!q || queue_recover(q, 0, 0) < 0)
		return false;
	take_all(q);
	CHECK(queue_counts(q, &n) == 0);
	booked = crash_booked(q);
	queue_close(q);
	return n.records == 0 && crash_balanced(&n) && booked;
}

int main(void)
{
	uint64_t lost = 0, promised = 0;
	bool clean = true, whole = true;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(shared != MAP_FAILED);
	dir = crash_directory(path);
	snprintf(site, sizeof(site), "%s/site", path);
	snprintf(ring, sizeof(ring), "%s/ring", site);
	create();
	for (int i = 0; i < ROUNDS; i++) {
		clean = rampage(KILLS) && clean;
		reboot();
		whole = (i % 2 || drained()) && whole;
	}
	whole = drained() && whole;
	for (unsigned i = 0; i < PUSHERS * EACH; i++) {
		lost += shared->state[i] == PROMISED;
		promised += shared->state[i] >= PROMISED;
	}
	printf("# %d kills, %d reboots, %lu messages promised\n",
	       ROUNDS * (KILLS + WORKERS), ROUNDS, promised);
	ok(clean, "nobody but the killer ends a process");
	ok(whole, "after each reboot the queue can be emptied, and its counts add up");
	ok(lost == 0, "A11: every message whose push returned came out");
	ok(shared->damaged == 0 && shared->strange == 0, "whole, and none was made up");
	ok(promised > 20, "and they were many");
	crash_clean(dir, path);
	printf("1..%d\n", checks);
	return failures > 0;
}
