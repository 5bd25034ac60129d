/* SPDX-License-Identifier: MIT */
/*
 * What a slot adds to the commands that it runs: each row against the bare system
 * calls in the same run, in turns, the median of seven. One JSON line per row.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "slot/slot.h"

enum { TURNS = 7, COMMANDS = 150, LINES = 400000, TRIPS = 4000, FLIGHT = 256 };

#define LINE "123456" /* that is sent to filters */

static struct loop loop;
static unsigned done, emitted;

/* --- the bare limits -------------------------------------------------------------- */

static void start_bare(const char *const *argv)
{
	if (vfork() == 0) {
		execve(argv[0], (char *const *)argv, environ);
		_exit(127);
	}
}

static double bare_commands(const char *const *argv, int jobs)
{
	uint64_t started = clock_now();

	for (int begun = 0, ended = 0; ended < COMMANDS; ended++) {
		for (; begun < COMMANDS && begun - ended < jobs; begun++)
			start_bare(argv);
		wait(NULL);
	}
	return COMMANDS * 1e9 / (double)(clock_now() - started);
}

static const char *const true_argv[] = {"/bin/true", NULL};
static const char *const colon_argv[] = {"/bin/sh", "-c", ":", NULL};

static double bare_true(void)
{
	return bare_commands(true_argv, 1);
}

static double bare_true_2(void)
{
	return bare_commands(true_argv, 2);
}

static double bare_colon(void)
{
	return bare_commands(colon_argv, 1);
}

static double bare_colon_2(void)
{
	return bare_commands(colon_argv, 2);
}

/* A co-process `cat` with blocking pipes. */
static pid_t start_cat(int *ret_to, int *ret_from)
{
	int to[2], from[2];
	pid_t pid;

	if (pipe2(to, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0)
		exit(71);
	pid = fork();
	if (pid == 0) {
		dup2(to[0], 0);
		dup2(from[1], 1);
		execlp("cat", "cat", NULL);
		_exit(127);
	}
	close(to[0]);
	close(from[1]);
	*ret_to = to[1];
	*ret_from = from[0];
	return pid;
}

static unsigned newlines(const char *bytes, ssize_t size)
{
	const char *end = bytes + size;
	unsigned len = 0;

	while ((bytes = memchr(bytes, '\n', (size_t)(end - bytes)))) {
		bytes++;
		len++;
	}
	return len;
}

/*
 * FLIGHT lines under way: as many are written as have come back, each made and each
 * found, as whoever talks to a co-process in lines must.
 */
static double bare_stream(void)
{
	char lines[FLIGHT * sizeof(LINE)], back[65536];
	unsigned begun = 0, ended = 0;
	uint64_t started;
	int to, from;
	pid_t pid = start_cat(&to, &from);

	started = clock_now();
	while (ended < LINES) {
		char *at = lines;
		ssize_t n;

		for (; begun < LINES && begun - ended < FLIGHT; begun++) {
			at = mempcpy(at, LINE, strlen(LINE));
			*at++ = '\n';
		}
		if (at > lines && write(to, lines, (size_t)(at - lines)) < 0)
			exit(74);
		n = read(from, back, sizeof(back));
		if (n <= 0)
			exit(74);
		ended += newlines(back, n);
	}
	started = clock_now() - started;
	close(to);
	close(from);
	waitpid(pid, NULL, 0);
	return LINES * 1e9 / (double)started;
}

static double bare_trips(void)
{
	char back[64];
	uint64_t started;
	int to, from;
	pid_t pid = start_cat(&to, &from);

	started = clock_now();
	for (int i = 0; i < TRIPS; i++)
		if (write(to, LINE "\n", 7) != 7 || read(from, back, 64) != 7)
			exit(74);
	started = clock_now() - started;
	close(to);
	close(from);
	waitpid(pid, NULL, 0);
	return TRIPS * 1e9 / (double)started;
}

/* --- slots ------------------------------------------------------------------------ */

static int on_emit(struct slot *s, struct slot_job *job, const char *signal,
		   const char *payload, size_t size)
{
	(void)s, (void)job, (void)signal, (void)payload, (void)size;
	emitted++;
	return 0;
}

static void on_done(struct slot *s, struct slot_job *job, const struct slot_verdict *v)
{
	(void)s, (void)job;
	if (v->code)
		exit(70);
	done++;
}

static void on_log(struct slot *s, const char *line, size_t size)
{
	(void)s, (void)line, (void)size;
}

static void on_misfit(struct slot *s, uint64_t line, const char *reason)
{
	(void)s, (void)line, (void)reason;
}

static void on_ended(struct slot *s, const struct slot_verdict *v, bool for_good)
{
	(void)s, (void)v, (void)for_good;
}

static void on_changed(struct slot *s)
{
	(void)s;
}

static const struct slot_host host = {on_emit,	 on_done,  on_log,
				      on_misfit, on_ended, on_changed};

static struct slot_spec spec_of(const char *kind, const char *text)
{
	return (struct slot_spec){.kind = slot_kind_find(kind),
				  .instance = "bench",
				  .process = "main",
				  .loop = "loop",
				  .object = "object",
				  .slot = "in",
				  .directory = "/",
				  .text = text};
}

static struct slot *open_slot(const struct slot_spec *spec)
{
	struct sigslot_error err;
	struct slot *s;

	if (slot_open(spec, &host, &loop, NULL, &s, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		exit(70);
	}
	done = emitted = 0;
	return s;
}

static const struct slot_job message = {
	.message = {
		.sender = "s", .signal = "out", .payload = LINE, .size = strlen(LINE)}};

/* `total` commands, `jobs` of them at the same time. */
static double commands(const struct slot_spec *spec, unsigned total, unsigned jobs)
{
	struct slot *s = open_slot(spec);
	struct slot_job at[8];
	uint64_t started = clock_now();

	for (unsigned begun = 0; done < total; loop_round(&loop))
		for (; begun < total && begun - done < jobs; begun++) {
			at[begun % 8] = message;
			slot_deliver(s, &at[begun % 8]);
		}
	started = clock_now() - started;
	slot_close(s);
	return total * 1e9 / (double)started;
}

static double run_colon(unsigned jobs)
{
	struct slot_spec spec = spec_of("run", ":");

	return commands(&spec, COMMANDS, jobs);
}

static double slot_colon(void)
{
	return run_colon(1);
}

static double slot_colon_2(void)
{
	return run_colon(2);
}

static double exec_true(unsigned jobs)
{
	struct slot_spec spec = spec_of("exec", NULL);

	spec.argv = true_argv;
	return commands(&spec, COMMANDS, jobs);
}

static double slot_true(void)
{
	return exec_true(1);
}

static double slot_true_2(void)
{
	return exec_true(2);
}

static double filter_cat(unsigned total, unsigned flight, bool reply)
{
	struct slot_spec spec = spec_of("filter", "exec cat");
	static struct slot_job at[FLIGHT];
	struct slot *s;
	uint64_t started;

	spec.output = SLOT_EMIT;
	spec.emit = "out";
	spec.reply_line = reply;
	s = open_slot(&spec);
	started = clock_now();
	for (unsigned begun = 0; emitted < total; loop_round(&loop))
		for (; begun < total && begun - emitted < flight; begun++) {
			at[begun % flight] = message;
			slot_deliver(s, &at[begun % flight]);
		}
	started = clock_now() - started;
	slot_close(s);
	return total * 1e9 / (double)started;
}

static double slot_stream(void)
{
	return filter_cat(LINES, FLIGHT, false);
}

static double slot_trips(void)
{
	return filter_cat(TRIPS, 1, true);
}

/* --- rows ------------------------------------------------------------------------- */

static const struct row {
	const char *bench, *unit, *anchor;
	double (*slot)(void), (*bare)(void);
	double goal; /* ratio */
} rows[] = {
	{"slot run :", "commands/s", "vfork sh -c :", slot_colon, bare_colon, 0.85},
	{"slot run :, 2 jobs", "commands/s", "vfork sh -c : x2", slot_colon_2,
	 bare_colon_2, 0.85},
	{"slot exec true, 2 jobs", "commands/s", "vfork /bin/true x2", slot_true_2,
	 bare_true_2, 0.85},
	{"slot exec true", "commands/s", "vfork /bin/true", slot_true, bare_true, 0.85},
	{"filter cat, 256 in flight", "lines/s", "bare cat", slot_stream, bare_stream,
	 0.5},
	{"filter cat, reply", "trips/s", "bare cat", slot_trips, bare_trips, 0.5},
};

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(const struct row *r)
{
	double slot[TURNS], bare[TURNS], ratio[TURNS];

	for (int i = 0; i < TURNS; i++) {
		bare[i] = r->bare();
		slot[i] = r->slot();
		ratio[i] = slot[i] / bare[i];
	}
	qsort(slot, TURNS, sizeof(*slot), compare);
	qsort(bare, TURNS, sizeof(*bare), compare);
	qsort(ratio, TURNS, sizeof(*ratio), compare);
	printf("{\"bench\":\"%s\",\"value\":%.0f,\"unit\":\"%s\",\"anchor\":\"%s "
	       "%.0f\",\"ratio\":%.2f,\"goal\":\">= %.2f\"}\n",
	       r->bench, slot[TURNS / 2], r->unit, r->anchor, bare[TURNS / 2],
	       ratio[TURNS / 2], r->goal);
	fflush(stdout);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	if (loop_init(&loop) < 0)
		return 71;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		measure(&rows[i]);
	loop_done(&loop);
	return 0;
}
