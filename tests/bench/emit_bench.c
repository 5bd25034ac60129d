/* SPDX-License-Identifier: MIT */
/*
 * `sigslot emit` as a script calls it: one message as a whole process against the
 * smallest programs, and a million lines from a pipe against pipes.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "bench.h"

enum { CALLS = 300, TOGETHER = 10, LINES = 1000000, JQ_LINES = 300000 };

static struct queue *counter, *filter;
static unsigned long counted, filtered;

static char *emit_argv[] = {NULL, "emit", "a.in", "1", NULL};
static char *true_argv[] = {"/bin/true", NULL};
static char *noop_argv[] = {NULL, NULL};

static uint64_t calls(char *const argv[])
{
	uint64_t started = clock_now();

	for (int i = 0; i < TOGETHER; i++)
		bench_call(argv);
	return clock_now() - started;
}

/* All three take turns, a few calls each; us per call. */
static void call_all(double *ret_emit, double *ret_true, double *ret_noop)
{
	uint64_t emits = 0, trues = 0, noops = 0;

	for (int i = 0; i < CALLS; i += TOGETHER) {
		trues += calls(true_argv);
		emits += calls(emit_argv);
		noops += calls(noop_argv);
	}
	*ret_emit = (double)emits / CALLS / 1e3;
	*ret_true = (double)trues / CALLS / 1e3;
	*ret_noop = (double)noops / CALLS / 1e3;
}

static void emit_rows(void)
{
	static const struct bench_row rows[] = {
		{.bench = "emit, whole process",
		 .unit = "us",
		 .anchor = "/bin/true",
		 .goal = 1,
		 .at_most = true},
		{.bench = "emit, whole process",
		 .unit = "us",
		 .anchor = "static no-op",
		 .goal = 1.5,
		 .at_most = true},
	};
	double emits[BENCH_TURNS], again[BENCH_TURNS];
	double trues[BENCH_TURNS], noops[BENCH_TURNS];

	for (int i = 0; i < BENCH_TURNS; i++) {
		call_all(&emits[i], &trues[i], &noops[i]);
		again[i] = emits[i];
	}
	bench_print_turns(&rows[0], emits, trues);
	bench_print_turns(&rows[1], again, noops);
}

static double lines_per_second(uint64_t started, int lines)
{
	return lines * 1e9 / (double)(clock_now() - started);
}

/* From the start of the pipe to the last acknowledgement. */
static double stream(const char *address, struct queue *q, unsigned long *before)
{
	uint64_t started = clock_now();

	bench_shell("seq %d | %s emit -l %s", LINES, bench_built("sigslot"), address);
	*before += LINES;
	bench_await(q, *before);
	return lines_per_second(started, LINES);
}

static double to_plugin(void)
{
	return stream("counter.line", counter, &counted);
}

static double to_filter(void)
{
	return stream("filter", filter, &filtered);
}

static double line_buffered(void)
{
	uint64_t started = clock_now();

	bench_shell("stdbuf -oL seq %d | wc -l >/dev/null", LINES);
	return lines_per_second(started, LINES);
}

static double through_jq(void)
{
	uint64_t started = clock_now();

	bench_shell("seq %d | jq -c . >/dev/null", JQ_LINES);
	return lines_per_second(started, JQ_LINES);
}

static double parallel_pipe(void)
{
	uint64_t started = clock_now();

	bench_shell("seq %d | parallel --pipe wc -l >/dev/null 2>&1", LINES);
	return lines_per_second(started, LINES);
}

static const struct bench_row parallel_row = {"emit -l to a counting plugin",
					      "lines/s",
					      "parallel --pipe wc -l",
					      to_plugin,
					      parallel_pipe,
					      1,
					      false,
					      "parallel"};

static const struct bench_row plugin_row = {"emit -l to a counting plugin",
					    "lines/s",
					    "line-buffered pipe",
					    to_plugin,
					    line_buffered,
					    0.5,
					    false,
					    "stdbuf"};

static const struct bench_row filter_row = {"emit -l to a resident wc -l",
					    "lines/s",
					    "resident jq",
					    to_filter,
					    through_jq,
					    2,
					    false,
					    "jq"};

int main(void)
{
	char topology[4608];

	bench_begin();
	emit_argv[0] = (char *)bench_built("sigslot");
	noop_argv[0] = (char *)bench_built("tests/bench/noop");
	snprintf(topology, sizeof(topology),
		 "processes: {p: {}, f: {}}\n"
		 "loops:\n"
		 "  a-loop: {objects: {a: {builtin: drop}}}\n"
		 "  counter-loop: {process: p, objects:\n"
		 "      {counter: {plugin: '%s', slots: {line: {}}}}}\n"
		 "  filter-loop: {process: f, objects: {filter: {filter: wc -l}}}\n",
		 bench_built("examples/plugin.so"));
	bench_run("emit", topology);
	counter = bench_queue("emit", "counter-loop");
	filter = bench_queue("emit", "filter-loop");
	emit_rows();
	bench_row(&plugin_row);
	bench_row(&parallel_row);
	bench_row(&filter_row);
	bench_stop("emit");
	return 0;
}
