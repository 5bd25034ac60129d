/* SPDX-License-Identifier: MIT */
/*
 * Signals to plugin slots of other processes: rates, fan-out, and a ball that two
 * processes play. signal-slot-mp is not at hand: its rows are held against what it was
 * once measured to do on such a machine, and say so.
 */
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "bench.h"
#include "load.h"

enum {
	SINKS = 4,
	EMITS = 100000,
	WIDE = 64, /* bytes of a payload, its newline not counted */
	TRIPS = 2000,
};

/* What somebody's loop has received until now, and what it will have. */
static struct sink {
	struct queue *queue;
	unsigned long expected;
} sinks[SINKS], player;

static char *numbers, *wide; /* EMITS lines each */

static struct sigslot_emitter *open_emitter(const char *address)
{
	struct sigslot_emitter *e;
	struct sigslot_error err;

	load_must(sigslot_emitter_open(address, &e, &err) == 0, err.text);
	return e;
}

static void emit_each(struct sigslot_emitter *e)
{
	const struct sigslot_bytes one = {"1", 1};

	for (int i = 0; i < EMITS; i++)
		load_must(sigslot_emit(e, SIGSLOT_JSON, &one, 1, SIGSLOT_FOREVER,
				       NULL) == 0,
			  "emit");
}

static void emit_lines(struct sigslot_emitter *e, const char *lines)
{
	load_must(sigslot_emit_lines(e, SIGSLOT_JSON, lines, strlen(lines),
				     SIGSLOT_FOREVER, NULL, NULL) == 0,
		  "emit_lines");
}

static void await_sinks(int len)
{
	for (int i = 0; i < len; i++) {
		sinks[i].expected += EMITS;
		bench_await(sinks[i].queue, sinks[i].expected);
	}
}

/* Emits per second, to the last acknowledgement; one by one if there are no lines. */
static double emits(const char *address, const char *lines, int receivers)
{
	struct sigslot_emitter *e = open_emitter(address);
	uint64_t started = clock_now();

	if (lines)
		emit_lines(e, lines);
	else
		emit_each(e);
	await_sinks(receivers);
	started = clock_now() - started;
	sigslot_emitter_close(e);
	return EMITS * 1e9 / (double)started;
}

static double one_to_one(void)
{
	return emits("signal/source.one", NULL, 1);
}

static double many_to_one(void)
{
	return emits("signal/source.one", numbers, 1);
}

static double one_to_four(void)
{
	return emits("signal/source.four", NULL, SINKS);
}

static double one_cost(void)
{
	return 1e6 / one_to_one();
}

static double four_cost(void)
{
	return 1e6 / one_to_four();
}

static double wide_to_one(void)
{
	return emits("signal/source.one", wide, 1);
}

static double bare_queue(void)
{
	/* a worker claims as many together */
	return load_measure_ours(&(struct load){1, 1, WIDE, 64, EMITS, 0});
}

static double ssmp_one(void)
{
	return 81000;
}

static double ssmp_many(void)
{
	return 148000;
}

static double ssmp_four(void)
{
	return 17700;
}

/* --- there and back --- */

static double round_trips(void)
{
	char number[16];
	struct sigslot_bytes ball = {number, (size_t)sprintf(number, "%d", 2 * TRIPS)};
	struct sigslot_emitter *e = open_emitter("signal/left.in");
	uint64_t started = clock_now();

	load_must(sigslot_emit(e, SIGSLOT_JSON, &ball, 1, SIGSLOT_FOREVER, NULL) == 0,
		  "emit");
	player.expected += TRIPS + 1;
	bench_await(player.queue, player.expected);
	started = clock_now() - started;
	sigslot_emitter_close(e);
	return (double)started / 1e3 / TRIPS;
}

static uint32_t *words; /* shared: there, and back */

static void pass(uint32_t *word)
{
	__atomic_add_fetch(word, 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void take(uint32_t *word, uint32_t seen)
{
	while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == seen)
		syscall(SYS_futex, word, FUTEX_WAIT, seen, NULL, NULL, 0);
}

static double futex_trips(void)
{
	uint64_t started;
	pid_t pid;

	words[0] = words[1] = 0;
	pid = fork();
	load_must(pid >= 0, "fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (uint32_t i = 0; i < TRIPS; i++) {
			take(&words[0], i);
			pass(&words[1]);
		}
		_exit(0);
	}
	started = clock_now();
	for (uint32_t i = 0; i < TRIPS; i++) {
		pass(&words[0]);
		take(&words[1], i);
	}
	started = clock_now() - started;
	waitpid(pid, NULL, 0);
	return (double)started / 1e3 / TRIPS;
}

static double ssmp_trip(void)
{
	return 90;
}

/* --- rows --- */

#define SSMP "signal-slot-mp, a fixed figure of such a machine:"

static const struct bench_row rows[] = {
	{"emit, 1 to 1, to the last delivery", "emits/s", SSMP, one_to_one, ssmp_one,
	 10, false, NULL},
	{"emit_lines, 1 to 1, to the last delivery", "emits/s", SSMP, many_to_one,
	 ssmp_many, 10, false, NULL},
	{"emit, 1 to 4 loops, to the last delivery", "emits/s", SSMP, one_to_four,
	 ssmp_four, 10, false, NULL},
	{"emit to 4 loops", "us", "emit to one", four_cost, one_cost, 4, true, NULL},
	{"64 B lines to a plugin slot", "messages/s", "the bare queue in batches of 64",
	 wide_to_one, bare_queue, 0.7, false, NULL},
	{"ball between plugin slots of two processes, round trip", "us",
	 "futex there and back", round_trips, futex_trips, 1.3, true, NULL},
	{"ball between plugin slots of two processes, round trip", "us", SSMP,
	 round_trips, ssmp_trip, 0.25, true, NULL},
};

static void make_lines(void)
{
	numbers = malloc(EMITS * 2 + 1);
	wide = malloc(EMITS * (WIDE + 1) + 1);
	load_must(numbers && wide, "malloc");
	for (int i = 0; i < EMITS; i++) {
		memcpy(numbers + 2 * i, "1\n", 3);
		sprintf(wide + i * (WIDE + 1), "\"%0*d\"\n", WIDE - 2, i);
	}
}

static void run(void)
{
	const char *counter = bench_built("examples/plugin.so");
	const char *bounce = bench_built("tests/plugins/bounce.so");
	char topology[20000];
	int size =
		snprintf(topology, sizeof(topology),
			 "processes: {p: {}, q: {}}\n"
			 "loops:\n"
			 "  left-loop: {process: p, objects: {left: {plugin: '%s',\n"
			 "    signals: {out: integer}, slots: {in: {}}}}}\n"
			 "  right-loop: {process: q, objects: {right: {plugin: '%s',\n"
			 "    signals: {out: integer}, slots: {in: {}}}}}\n"
			 "  source-loop: {objects: {source: {plugin: '%s',\n"
			 "    signals: {one: any, four: any}, slots: {in: {}}}}}\n",
			 bounce, bounce, bounce);

	for (int i = 0; i < SINKS; i++)
		size += snprintf(topology + size, sizeof(topology) - (size_t)size,
				 "  loop%d: {process: p, objects: {sink%d: {plugin: "
				 "'%s', slots: {line: {}}}}}\n",
				 i, i, counter);
	snprintf(topology + size, sizeof(topology) - (size_t)size,
		 "connections:\n"
		 "  - left.out -> right.in\n"
		 "  - right.out -> left.in\n"
		 "  - source.one -> sink0.line\n"
		 "  - source.four -> sink0.line\n"
		 "  - source.four -> sink1.line\n"
		 "  - source.four -> sink2.line\n"
		 "  - source.four -> sink3.line\n");
	bench_run("signal", topology);
}

int main(void)
{
	bench_begin();
	words = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	load_must(words != MAP_FAILED, "mmap");
	make_lines();
	run();
	player.queue = bench_queue("signal", "left-loop");
	for (int i = 0; i < SINKS; i++) {
		char name[16];

		snprintf(name, sizeof(name), "loop%d", i);
		sinks[i].queue = bench_queue("signal", name);
	}
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		bench_row(&rows[i]);
	bench_stop("signal");
	return 0;
}
