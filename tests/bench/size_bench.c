/* SPDX-License-Identifier: MIT */
/*
 * How long a topology takes until it is ready, what its idle processes cost in memory,
 * and that they do not wake up.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "bench.h"

enum { MANY = 100, LOOPS = 1000, PROCESSES = 10, PIDS = 256, WATCH_S = 3 };

static pid_t pids[PIDS];

/* --- forks that do nothing --- */

/* Makes `len` children that say that they are there. Returns how long it took. */
static uint64_t fork_many(pid_t *children, int len)
{
	uint64_t started = clock_now();
	int ready[2], up = 0;
	char bytes[MANY];

	if (pipe(ready) < 0)
		exit(71);
	for (int i = 0; i < len; i++) {
		children[i] = fork();
		if (children[i] < 0)
			exit(71);
		if (children[i] == 0) {
			if (write(ready[1], "!", 1) == 1)
				pause();
			_exit(0);
		}
	}
	while (up < len)
		up += (int)read(ready[0], bytes, sizeof(bytes));
	started = clock_now() - started;
	close(ready[0]);
	close(ready[1]);
	return started;
}

static void end_many(const pid_t *children, int len)
{
	for (int i = 0; i < len; i++)
		kill(children[i], SIGKILL);
	for (int i = 0; i < len; i++)
		waitpid(children[i], NULL, 0);
}

static double forks(void)
{
	pid_t children[MANY];
	double ms = (double)fork_many(children, MANY) / 1e6;

	end_many(children, MANY);
	return ms;
}

/* --- topologies --- */

/* Idle loops, spread over processes. `queue` says more of each loop. */
static void idle_topology(struct buf *b, int loops, int processes, const char *queue)
{
	buf_add_text(b, "processes:\n");
	for (int i = 0; i < processes; i++)
		buf_addf(b, "  p%d: {}\n", i);
	buf_add_text(b, "loops:\n");
	for (int i = 0; i < loops; i++)
		buf_addf(b,
			 "  l%d: {process: p%d, objects: {o%d: {builtin: drop}}%s}\n",
			 i, i % processes, i, queue);
}

/* Writes, runs and stops it. Returns the time until it was ready, in ms. */
static double start(int loops, int processes, const char *queue)
{
	_buf_ struct buf b = {0};
	uint64_t started;

	idle_topology(&b, loops, processes, queue);
	started = clock_now();
	bench_run("size", b.data);
	return (double)(clock_now() - started) / 1e6;
}

static double start_and_stop(int loops, int processes, const char *queue)
{
	double ms = start(loops, processes, queue);

	bench_stop("size");
	return ms;
}

static double start_many(void)
{
	return start_and_stop(MANY, MANY, "");
}

static double start_small(void)
{
	return start_and_stop(MANY, MANY, ", queue: {size: 64KiB}");
}

static double start_loops(void)
{
	return start_and_stop(LOOPS, PROCESSES, "");
}

static double half_a_second(void)
{
	return 500;
}

/* --- what /proc says --- */

/* The sum of a line's number in a file of each process, `from` the n-th on. */
static double sum(const char *file, const char *key, size_t from, size_t len)
{
	char path[64], line[256];
	double total = 0;

	for (size_t i = from; i < len; i++) {
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%d/%s", (int)pids[i], file);
		f = fopen(path, "r");
		if (!f) {
			fprintf(stderr, "bench: no process %d\n", (int)pids[i]);
			exit(70);
		}
		while (fgets(line, sizeof(line), f))
			if (strncmp(line, key, strlen(key)) == 0)
				total += atof(line + strlen(key));
		fclose(f);
	}
	return total;
}

static double wakeups(size_t len)
{
	double before = sum("status", "voluntary_ctxt_switches:", 0, len);

	sleep(WATCH_S);
	return (sum("status", "voluntary_ctxt_switches:", 0, len) - before) / WATCH_S;
}

static void idle_row(void)
{
	struct bench_row row = {.bench = "idle wake-ups, 100 processes and supervisor",
				.unit = "1/s",
				.anchor = "pause()",
				.at_most = true};
	size_t len;

	start(MANY, MANY, "");
	len = bench_pids("size", pids, PIDS);
	sleep(1); /* until what has to be written after the start is written */
	bench_print(&row, wakeups(len), 0);
	bench_stop("size");
}

static void memory_rows(void)
{
	struct bench_row one = {.bench = "a worker with one idle loop, PSS",
				.unit = "KiB",
				.anchor = "300 KiB:",
				.goal = 1,
				.at_most = true};
	struct bench_row loop = {.bench = "an idle loop of 100 in a process, private",
				 .unit = "KiB",
				 .anchor = "40 KiB:",
				 .goal = 1,
				 .at_most = true};
	size_t len;

	start(1, 1, "");
	len = bench_pids("size", pids, PIDS);
	bench_print(&one, sum("smaps_rollup", "Pss:", 1, len), 300);
	bench_stop("size");
	start(LOOPS, PROCESSES, "");
	len = bench_pids("size", pids, PIDS);
	bench_print(&loop, sum("smaps_rollup", "Pss_Anon:", 1, len) / LOOPS, 40);
	bench_stop("size");
}

static const struct bench_row rows[] = {
	{"run -d of 100 loops in 100 processes", "ms", "fork of 100", start_many, forks,
	 1.5, true, NULL},
	{"the same with queues of 64 KiB each", "ms", "fork of 100", start_small, forks,
	 1.5, true, NULL},
	{"run -d of 1,000 loops in 10 processes", "ms", "half a second:", start_loops,
	 half_a_second, 1, true, NULL},
};

int main(void)
{
	bench_begin();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		bench_row(&rows[i]);
	idle_row();
	memory_rows();
	return 0;
}
