/* SPDX-License-Identifier: MIT */
/*
 * Programs, directories and rows of the benchmarks.
 */
#include "bench.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_S = 60 };

static char home[64], running[64];
static pid_t owner; /* of these */

static _Noreturn void give_up(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	exit(70);
}

/* Whatever is under way: a run that is coming up is waited for, or it would stay. */
static void clean_up(void)
{
	const char *sigslot = bench_built("sigslot");

	if (getpid() != owner)
		return;
	if (*running)
		bench_shell("{ %s wait --timeout %ds %s; %s stop --now %s; %s wait "
			    "--for stopped --timeout %ds %s; } >/dev/null 2>&1 || :",
			    sigslot, PATIENCE_S, running, sigslot, running, sigslot,
			    PATIENCE_S, running);
	bench_shell("rm -rf %s", home);
}

static void interrupted(int number)
{
	exit(128 + number);
}

void bench_begin(void)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGTERM};
	struct statfs fs;
	bool memory = statfs("/dev/shm", &fs) == 0 && fs.f_type == TMPFS_MAGIC;
	char runtime[80];

	snprintf(home, sizeof(home), "%s/sigslot-bench-XXXXXX",
		 memory ? "/dev/shm" : "/tmp");
	if (!mkdtemp(home))
		give_up("cannot make a directory");
	snprintf(runtime, sizeof(runtime), "%s/rt", home);
	mkdir(runtime, 0700);
	setenv("SIGSLOT_RUNTIME_DIR", runtime, 1);
	owner = getpid();
	atexit(clean_up);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		signal(signals[i], interrupted);
	fprintf(stderr, "bench: queues in %s\n", runtime);
}

const char *bench_built(const char *name)
{
	static char path[4][4096];
	static unsigned turn;
	const char *build = getenv("SIGSLOT_BUILD");
	char *out = path[turn++ % 4];

	snprintf(out, sizeof(path[0]), "%s/%s", build ? build : "build/release", name);
	return out;
}

const char *bench_path(const char *name)
{
	static char path[4][128];
	static unsigned turn;
	char *out = path[turn++ % 4];

	snprintf(out, sizeof(path[0]), "%s/%s", home, name);
	return out;
}

void bench_call(char *const argv[])
{
	pid_t pid = vfork();
	int status;

	if (pid == 0) {
		execve(argv[0], argv, environ);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid || status != 0)
		give_up(argv[0]);
}

void bench_shell(const char *format, ...)
{
	char text[4096];
	char *argv[] = {"/bin/sh", "-c", text, NULL};
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	bench_call(argv);
}

void bench_run(const char *name, const char *topology)
{
	char path[128];
	char *argv[] = {(char *)bench_built("sigslot"), "run", "-d", path, NULL};
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.yaml", home, name);
	f = fopen(path, "w");
	if (!f || fprintf(f, "sigslot: 1\nname: %s\n%s", name, topology) < 0 ||
	    fclose(f) != 0)
		give_up("cannot write a topology");
	snprintf(running, sizeof(running), "%s", name);
	bench_call(argv);
}

void bench_stop(const char *name)
{
	const char *sigslot = bench_built("sigslot");

	*running = '\0';
	bench_shell("%s stop --now %s 2>/dev/null && "
		    "%s wait --for stopped --timeout %ds %s 2>&1",
		    sigslot, name, sigslot, PATIENCE_S, name);
}

/* Each once. */
static size_t add_pid(pid_t *pids, size_t len, pid_t pid)
{
	for (size_t i = 0; i < len; i++)
		if (pids[i] == pid)
			return len;
	pids[len] = pid;
	return len + 1;
}

size_t bench_pids(const char *name, pid_t *out, size_t max)
{
	char command[4352], line[1024];
	size_t len = 0;
	FILE *f;

	snprintf(command, sizeof(command), "%s ps --json %s", bench_built("sigslot"),
		 name);
	f = popen(command, "r");
	while (f && fgets(line, sizeof(line), f)) {
		const char *worker = strstr(line, "\"pid\":");
		const char *supervisor = strstr(line, "\"supervisor\":");

		if (!worker || !supervisor || len + 2 > max)
			give_up("ps --json is not as expected");
		len = add_pid(out, len, atoi(supervisor + 13));
		len = add_pid(out, len, atoi(worker + 6));
	}
	if (!f || pclose(f) != 0)
		give_up("ps --json failed");
	return len;
}

struct queue *bench_queue(const char *instance, const char *loop)
{
	char path[128];
	struct sigslot_error err;
	struct identity *id;
	struct queue *q;
	int dir, queues;

	snprintf(path, sizeof(path), "%s/rt/%s", home, instance);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	queues = openat(dir, "q", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (identity_open(dir, -1, &id, &err) < 0 ||
	    queue_open(queues, loop, id, &q, &err) < 0)
		give_up(err.text);
	close(queues);
	close(dir);
	return q;
}

void bench_await(const struct queue *q, unsigned long acked)
{
	struct queue_counts counts;

	for (long looks = 0; looks < PATIENCE_S * 10000L; looks++) {
		if (queue_counts(q, &counts) < 0)
			give_up("cannot look at a queue");
		if (counts.acked >= acked)
			return;
		usleep(100);
	}
	give_up("a queue does not get empty");
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double bench_median(double *values, size_t len)
{
	qsort(values, len, sizeof(*values), compare);
	return values[len / 2];
}

static void print_head(const struct bench_row *r, double ours)
{
	printf("{\"bench\":\"%s\",\"value\":%.4g,\"unit\":\"%s\",\"anchor\":", r->bench,
	       ours, r->unit);
}

static void print_goal(const struct bench_row *r)
{
	printf(",\"goal\":\"%s %.2f\"}\n", r->at_most ? "<=" : ">=", r->goal);
	fflush(stdout);
}

void bench_print(const struct bench_row *r, double ours, double theirs)
{
	print_head(r, ours);
	printf("\"%s %.4g\",\"ratio\":%.3f", r->anchor, theirs,
	       theirs != 0 ? ours / theirs : ours);
	print_goal(r);
}

void bench_print_turns(const struct bench_row *r, double *ours, double *theirs)
{
	double ratios[BENCH_TURNS], ratio;

	for (int i = 0; i < BENCH_TURNS; i++)
		ratios[i] = ours[i] / theirs[i];
	ratio = bench_median(ratios, BENCH_TURNS);
	print_head(r, bench_median(ours, BENCH_TURNS));
	printf("\"%s %.4g\",\"ratio\":%.3f,\"spread\":[%.3f,%.3f]", r->anchor,
	       bench_median(theirs, BENCH_TURNS), ratio, ratios[0],
	       ratios[BENCH_TURNS - 1]);
	print_goal(r);
}

static bool installed(const char *program)
{
	char path[256];

	snprintf(path, sizeof(path), "/usr/bin/%s", program);
	return access(path, X_OK) == 0;
}

void bench_row(const struct bench_row *r)
{
	double ours[BENCH_TURNS], theirs[BENCH_TURNS];
	bool absent = r->needs && !installed(r->needs);

	for (int i = 0; i < BENCH_TURNS; i++) {
		theirs[i] = absent ? 0 : r->theirs();
		ours[i] = r->ours();
	}
	if (!absent) {
		bench_print_turns(r, ours, theirs);
		return;
	}
	print_head(r, bench_median(ours, BENCH_TURNS));
	printf("\"%s: %s is not installed\",\"ratio\":null", r->anchor, r->needs);
	print_goal(r);
}
