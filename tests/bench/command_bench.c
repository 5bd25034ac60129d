/* SPDX-License-Identifier: MIT */
/*
 * Commands that run once per message, through the whole system: from `emit -l` to the
 * last acknowledgement, against the bare vfork, exec and wait of the same command.
 */
#include <stdio.h>

#include "base/clock.h"
#include "bench.h"

enum { COMMANDS = 400, FEW = 50 };

static struct queue *colon, *truth;
static unsigned long colons, truths;

static double per_second(uint64_t started, int commands)
{
	return commands * 1e9 / (double)(clock_now() - started);
}

static double bare(char *const argv[])
{
	uint64_t started = clock_now();

	for (int i = 0; i < COMMANDS; i++)
		bench_call(argv);
	return per_second(started, COMMANDS);
}

static double bare_colon(void)
{
	char *argv[] = {"/bin/sh", "-c", ":", NULL};

	return bare(argv);
}

static double bare_true(void)
{
	char *argv[] = {"/bin/true", NULL};

	return bare(argv);
}

static double slots(const char *address, struct queue *q, unsigned long *before)
{
	uint64_t started = clock_now();

	bench_shell("seq %d | %s emit -l %s", COMMANDS, bench_built("sigslot"),
		    address);
	*before += COMMANDS;
	bench_await(q, *before);
	return per_second(started, COMMANDS);
}

static double slot_colon(void)
{
	return slots("colon", colon, &colons);
}

static double slot_true(void)
{
	return slots("truth", truth, &truths);
}

static double xargs_colon(void)
{
	uint64_t started = clock_now();

	bench_shell("seq %d | xargs -n1 sh -c :", COMMANDS);
	return per_second(started, COMMANDS);
}

static double xargs_true(void)
{
	uint64_t started = clock_now();

	bench_shell("seq %d | xargs -n1 /bin/true", COMMANDS);
	return per_second(started, COMMANDS);
}

static double parallel_colon(void)
{
	uint64_t started = clock_now();

	bench_shell("seq %d | parallel -j1 : 2>/dev/null", FEW);
	return per_second(started, FEW);
}

static const struct bench_row rows[] = {
	{"run ':' per message, whole system", "commands/s", "vfork sh -c :", slot_colon,
	 bare_colon, 0.85, false, NULL},
	{"exec [/bin/true] per message, whole system", "commands/s", "vfork /bin/true",
	 slot_true, bare_true, 0.85, false, NULL},
	{"run ':' per message, whole system", "commands/s",
	 "xargs -n1 sh -c :", slot_colon, xargs_colon, 1, false, "xargs"},
	{"exec [/bin/true] per message, whole system", "commands/s",
	 "xargs -n1 /bin/true", slot_true, xargs_true, 1.5, false, "xargs"},
	{"run ':' per message, whole system", "commands/s",
	 "parallel -j1 :", slot_colon, parallel_colon, 1, false, "parallel"},
};

int main(void)
{
	bench_begin();
	bench_run("command", "objects:\n"
			     "  colon: {run: \":\"}\n"
			     "  truth: {exec: [/bin/true]}\n");
	colon = bench_queue("command", "colon");
	truth = bench_queue("command", "truth");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		bench_row(&rows[i]);
	bench_stop("command");
	return 0;
}
