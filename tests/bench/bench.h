/* SPDX-License-Identifier: MIT */
/*
 * What the benchmarks of whole programs share: a private runtime directory, programs
 * that are started and waited for, and rows that are measured against an anchor in
 * turns. Whatever goes wrong ends the benchmark.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stddef.h>
#include <sys/types.h>

#include "queue/queue.h"

enum { BENCH_TURNS = 5 };

/* One line of the output. Both functions measure once, in the row's unit. */
struct bench_row {
	const char *bench, *unit;
	const char *anchor; /* what it is held against */
	double (*ours)(void), (*theirs)(void);
	double goal; /* of ours / theirs */
	bool at_most; /* else at least */
	const char *needs; /* what there is no anchor without: a program, or NULL */
};

/*
 * Makes a directory of our own, removed at exit, also when interrupted, and points
 * SIGSLOT_RUNTIME_DIR into it: below /dev/shm where that is a tmpfs, else below /tmp.
 * Says which on stderr.
 */
void bench_begin(void);

/* The path of something in that directory; good until the fourth call from then. */
const char *bench_path(const char *name);

/* Measures a row BENCH_TURNS times, theirs and ours in turns; prints the medians. */
void bench_row(const struct bench_row *row);

/* Prints one value against a fixed limit, or a measured anchor. */
void bench_print(const struct bench_row *row, double ours, double theirs);

/* Prints the medians of BENCH_TURNS turns, and of their ratios; sorts both. */
void bench_print_turns(const struct bench_row *row, double *ours, double *theirs);

/* The path of something that was built: `sigslot`, `tests/bench/noop`. */
const char *bench_built(const char *name);

/* Starts a program with vfork and waits for it. argv[0] is a path. */
void bench_call(char *const argv[]);

/* The same with `sh -c`; printf-like. */
void bench_shell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Runs a topology, detached, until it is ready; stops it and waits. */
void bench_run(const char *name, const char *topology);
void bench_stop(const char *name);

/* Its processes: the supervisor first, then the workers. Returns how many. */
size_t bench_pids(const char *name, pid_t *out, size_t max);

/* A handle of a loop's queue, and waiting until it has acknowledged so many in all. */
struct queue *bench_queue(const char *instance, const char *loop);
void bench_await(const struct queue *q, unsigned long acked);

double bench_median(double *values, size_t len);

#endif
