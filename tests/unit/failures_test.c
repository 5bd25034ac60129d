/* SPDX-License-Identifier: MIT */
/* What failed, on file: the newest are kept, whole, whoever dies. */
#include "state/failures.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

static int dir;

static struct failure sample(const char *object, const char *reason)
{
	struct failure f = {.time_ns = 5, .exit = 3, .attempt = 2};

	snprintf(f.object, sizeof(f.object), "%s", object);
	snprintf(f.reason, sizeof(f.reason), "%s", reason);
	return f;
}

/* As who records them does it. */
static void add(struct failures *f, const struct failure *what, const char *payload,
		const char *tail)
{
	const struct failure_kind kind = {what->outcome, what->object, what->slot,
					  what->reason, what->time_ns};

	if (!failures_again(f, &kind))
		failures_add(f, what, payload, tail);
}

struct seen {
	unsigned len, torn;
	uint64_t times, newest;
	struct failure last;
	char process[64];
};

/* The writers of this test write a payload and a tail of one and the same byte. */
static bool torn(const struct failure *f)
{
	for (uint32_t i = 0; i < f->payload_len; i++)
		if (f->payload[i] != f->payload[0])
			return true;
	for (uint32_t i = 0; i < f->tail_len; i++)
		if (f->tail[i] != f->payload[0])
			return true;
	return false;
}

static int see(void *data, const char *process, const struct failure *f)
{
	struct seen *s = data;

	s->len++;
	s->torn += torn(f);
	s->times += f->times;
	if (f->number >= s->newest) {
		s->newest = f->number;
		s->last = *f;
		snprintf(s->process, sizeof(s->process), "%s", process);
	}
	return 0;
}

static struct seen look(uint64_t *gone)
{
	struct seen s = {0};

	if (failures_each(dir, see, &s, gone) < 0)
		BAIL("cannot read them");
	return s;
}

static struct failures *open_those(const char *process)
{
	struct failures *f;

	if (failures_open(dir, process, &f) < 0)
		BAIL("cannot open them");
	return f;
}

static void forget(const char *name)
{
	unlinkat(dir, name, 0);
}

static void keeps_one(void)
{
	struct failures *f = open_those("main");
	struct failure what = sample("a", "exited with status 3");
	uint64_t gone;
	struct seen s;

	what.payload_size = 7;
	add(f, &what, "aaaaaaa", "aa");
	s = look(&gone);
	ok(s.len == 1 && gone == 0, "one is kept");
	is_str(s.process, "main", "with its process");
	is_str(s.last.reason, "exited with status 3", "and its reason");
	ok(s.last.times == 1 && s.last.exit == 3 && s.last.attempt == 2 &&
		   s.last.payload_len == 7 && s.last.tail_len == 2,
	   "and all that was said of it");
	failures_close(f);
	f = open_those("main");
	add(f, &what, "aaaaaaa", "aa");
	is_int(look(&gone).len, 2, "who opens them again goes on behind the last");
	failures_close(f);
	forget("failures.main");
}

static void cuts_what_is_long(void)
{
	struct failures *f = open_those("");
	struct failure what = sample("a", "r");
	char *much = malloc(100001);
	uint64_t gone;
	struct seen s;

	memset(much, 'x', 100000);
	much[100000] = '\0';
	what.payload_size = 100000;
	add(f, &what, much, much);
	s = look(&gone);
	ok(s.last.payload_len == FAILURE_PAYLOAD && s.last.tail_len == FAILURE_TAIL &&
		   s.last.payload_size == 100000 && !s.torn,
	   "of a long payload the beginning is kept, and its size");
	is_str(s.process, "", "the supervisor has no name");
	free(much);
	failures_close(f);
	forget("failures");
}

static void joins_what_is_alike(void)
{
	struct failures *f = open_those("main");
	struct failure what = sample("a", "r");
	uint64_t gone;
	struct seen s;

	for (int i = 0; i < 1000; i++)
		add(f, &what, "", "");
	s = look(&gone);
	ok(s.len == FAILURE_ALIKE && s.times == 1000 && gone == 0,
	   "a thousand alike in a row take ten records, and all are counted");
	what = sample("b", "r");
	add(f, &what, "", "");
	what = sample("a", "r");
	add(f, &what, "", "");
	s = look(&gone);
	ok(s.len == FAILURE_ALIKE + 2 && s.last.times == 1,
	   "after another one they begin anew");
	failures_close(f);
	forget("failures.main");
}

static void keeps_the_newest(void)
{
	struct failures *f = open_those("main");
	uint64_t gone;
	struct seen s;

	for (int i = 0; i < 1000; i++) {
		struct failure what = sample(i % 2 ? "a" : "b", "r");

		add(f, &what, "", "");
	}
	s = look(&gone);
	ok(s.len == FAILURES_KEPT && gone == 1000 - FAILURES_KEPT && s.newest == 1000,
	   "the newest are kept, and how many are not is told");
	failures_close(f);
	forget("failures.main");
}

_Noreturn static void write_for_ever(void)
{
	struct failures *f = open_those("main");
	char bytes[2001] = "";

	for (unsigned i = 0;; i++) {
		struct failure what = sample(i % 2 ? "a" : "b", "r");

		memset(bytes, 'a' + (int)(i % 26), 2000);
		what.payload_size = 1 + i % 2000;
		add(f, &what, bytes, bytes);
	}
}

/* 40 writers one after the other: each is read from while it writes, then killed. */
static void is_never_torn(void)
{
	unsigned torn_ones = 0, most_lost = 0, reads = 0;
	uint64_t gone, before = 0;

	for (int i = 0; i < 40; i++) {
		pid_t pid = fork();
		struct seen s;

		if (pid == 0)
			write_for_ever();
		do {
			s = look(&gone);
			torn_ones += s.torn;
			reads++;
		} while (s.newest < before + 1000);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		s = look(&gone);
		torn_ones += s.torn;
		before = s.newest;
		if (FAILURES_KEPT - s.len > most_lost)
			most_lost = FAILURES_KEPT - s.len;
	}
	ok(reads > 40 && torn_ones == 0, "none is torn, read while it is written");
	ok(most_lost <= 1, "a writer that is killed loses none but the one it writes");
	forget("failures.main");
}

static void refuses_what_it_is_not(void)
{
	uint64_t gone;
	int fd = openat(dir, "failures.x", O_CREAT | O_WRONLY, 0600);

	if (write(fd, "hello", 5) != 5)
		BAIL("cannot write");
	close(fd);
	ok(look(&gone).len == 0, "another file is passed over");
	forget("failures.x");
}

int main(void)
{
	char path[] = "/tmp/failures_test.XXXXXX";

	if (!mkdtemp(path))
		BAIL("no directory");
	dir = open(path, O_RDONLY | O_DIRECTORY);
	keeps_one();
	cuts_what_is_long();
	joins_what_is_alike();
	keeps_the_newest();
	is_never_torn();
	refuses_what_it_is_not();
	close(dir);
	rmdir(path);
	return done();
}
