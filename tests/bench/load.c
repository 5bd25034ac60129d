/* SPDX-License-Identifier: MIT */
/*
 * Forks what produces and consumes, and measures until all has arrived.
 */
#include "load.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "sigslot.h"

enum { PATIENCE_S = 60, MOST = 64, RECORD = 112, UNIT = 65536 };

char load_bytes[65536];
static int greeting[2], gate[2];

void load_must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(71);
}

bool load_installed(const struct anchor *a)
{
	return a->produce && (!a->file || access(a->file, R_OK) == 0);
}

void load_greet(void)
{
	load_must(write(greeting[1], "!", 1) == 1, "greeting");
}

static pid_t start(const struct anchor *a, const struct load *l, bool producer,
		   unsigned index)
{
	pid_t pid = fork();
	char byte;

	load_must(pid >= 0, "fork");
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(PATIENCE_S);
	close(gate[1]);
	if (!producer)
		a->consume(l, index);
	else if (!a->greets || read(gate[0], &byte, 1) == 0)
		a->produce(l, index);
	_exit(0);
}

static void wait_for(const pid_t *pids, unsigned len, const char *name)
{
	for (unsigned i = 0; i < len; i++) {
		int status;

		if (waitpid(pids[i], &status, 0) == pids[i] && status == 0)
			continue;
		fprintf(stderr, "bench: %s: a process did not end well\n", name);
		exit(70);
	}
}

static void end_all(const pid_t *pids, unsigned len)
{
	for (unsigned i = 0; i < len; i++)
		kill(pids[i], SIGKILL);
	for (unsigned i = 0; i < len; i++)
		waitpid(pids[i], NULL, 0);
}

/* Opens the gate when all have greeted. Returns when that was. */
static uint64_t greeted(const struct load *l)
{
	char byte;

	for (unsigned i = 0; i < l->consumers; i++)
		load_must(read(greeting[0], &byte, 1) == 1, "greeting");
	return clock_now();
}

double load_measure(const struct anchor *a, const struct load *l)
{
	pid_t consumers[MOST], producers[MOST];
	uint64_t started = clock_now();

	load_must(pipe2(greeting, O_CLOEXEC) == 0 && pipe2(gate, O_CLOEXEC) == 0,
		  "pipe");
	a->begin(l);
	for (unsigned i = 0; i < l->producers; i++)
		producers[i] = start(a, l, true, i);
	for (unsigned i = 0; i < l->consumers; i++)
		consumers[i] = start(a, l, false, i);
	if (a->greets)
		started = greeted(l);
	close(gate[1]);
	if (a->shut) {
		wait_for(producers, l->producers, a->name);
		a->shut();
	}
	wait_for(consumers, l->consumers, a->name);
	started = clock_now() - started;
	if (!a->shut)
		end_all(producers, l->producers);
	a->end();
	close(greeting[0]);
	close(greeting[1]);
	close(gate[0]);
	return (double)l->messages * l->producers * 1e9 / (double)started;
}

double load_measure_ours(const struct load *l)
{
	struct sigslot_bench b = {
		.producers = l->producers,
		.consumers = l->consumers,
		.batch = (unsigned)l->batch,
		.messages = (uint64_t)l->messages,
		.size = l->size,
		/* rounded down, as it rounds up */
		.queue_size =
			l->room * (RECORD + (l->size + 15) / 16 * 16) / UNIT * UNIT,
	};
	struct sigslot_bench_result result;
	struct sigslot_error err = {0};

	if (sigslot_bench_queue(&b, &result, &err) < 0 || !result.intact) {
		fprintf(stderr, "bench: our queue: %s\n",
			*err.text ? err.text : "what came is not what was sent");
		exit(70);
	}
	return (double)result.received * 1e9 / (double)result.ns;
}
