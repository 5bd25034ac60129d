/* SPDX-License-Identifier: MIT */
/* source: a resident that only writes. */
#include <unistd.h>

#include "slot_host.h"

static void emits_lines(void)
{
	struct slot_spec spec = host_spec("source", "cat; echo a; echo 1; exit 3");
	struct sigslot_error err;
	struct type *type;
	struct slot *s;

	if (type_parse("string", &type, &err) < 0)
		BAIL("%s", err.text);
	spec.type = type;
	s = host_open(&spec);
	host_until(&host.over, 1);
	is_str(host_text(),
	       "out \"a\"\nout \"1\"\nended code -10 exit 3 signal 0 for good\n",
	       "it has no input, each line is a string, and it ends with its verdict");
	slot_finish(s);
	is_int(host.ended, 1, "it ends once");
	slot_close(s);
	type_free(type);
	host_clear();
}

static void is_ended(void)
{
	struct slot_spec spec = host_spec(
		"source", "trap 'echo bye; exit 0' TERM; sleep 60 & echo up; wait");
	struct slot *s = host_open(&spec);

	host_until(&host.emitted, 1);
	slot_finish(s);
	host_until(&host.over, 1);
	is_str(host_text(),
	       "out \"up\"\nout \"bye\"\nended code 0 exit 0 signal 0 for good\n",
	       "it is sent TERM and read to the end");
	slot_close(s);
	host_clear();
}

/* Each start leaves a line; how often it was started shows in what it emitted. */
static void is_started_again(enum budget_when when, const char *end, unsigned starts,
			     const char *sentence)
{
	char text[40] = "";
	struct slot_spec spec = host_spec("source", text);
	struct slot *s;

	snprintf(text, sizeof(text), "echo up; %s", end);
	spec.upkeep.restart =
		(struct budget_policy){when, 1000000, 2000000, 3, 1ull << 40};
	s = host_open(&spec);
	host_until(&host.over, 1);
	is_int(host.emitted, starts, "%s", sentence);
	is_int(s->restarts, starts - 1, "so many restarts are counted");
	is_int(host.over, 1, "it ends for good once");
	ok(s->given_up == (starts == 4), "only who ended too often is given up");
	slot_close(s);
	host_clear();
}

static void starts_again(void)
{
	is_started_again(BUDGET_ALWAYS, "true", 4, "always: until its budget is spent");
	is_started_again(BUDGET_ON_FAILURE, "false", 4, "and after failures");
	is_started_again(BUDGET_ON_FAILURE, "true", 1, "but not if it went well");
	is_started_again(BUDGET_NEVER, "false", 1, "never: not after a failure either");
	is_started_again(BUDGET_ALWAYS, "exit 65", 1, "nor if that is no use: 65");
}

static void waits_no_more(void)
{
	struct slot_spec spec = host_spec("source", "echo up");
	struct slot *s;

	spec.upkeep.restart =
		(struct budget_policy){BUDGET_ALWAYS, 1ull << 40, 1ull << 40, 3, 1};
	s = host_open(&spec);
	host_until(&host.changed, 1);
	ok(s->next > 0, "when it is started again is known");
	slot_finish(s);
	is_int(host.over, 1, "who waits for the next start and is asked to end has");
	slot_close(s);
	host_clear();
}

/* TEXT is a source that must say that it is ready. */
static void says_ready(enum ready_by by, const char *text, const char *wanted,
		       const char *sentence)
{
	struct slot_spec spec = host_spec("source", text);
	struct slot *s;

	spec.upkeep.ready = by;
	spec.upkeep.within_ns = 1ull << 40;
	s = host_open(&spec);
	ok(s->starting, "it starts");
	host_until(&host.over, 1);
	is_str(host_text(), wanted, sentence);
	is_int(host.changed, 1, "it is ready once");
	ok(!s->starting, "and has started");
	slot_close(s);
	host_clear();
}

static void gets_ready(void)
{
	says_ready(READY_LINE, "echo up; echo a",
		   "log up\nout \"a\"\nended code 0 exit 0 signal 0 for good\n",
		   "the line that says so is no message");
	says_ready(READY_FD,
		   "[ -e /proc/self/fd/3 ] && echo >&$SIGSLOT_READY_FD; echo a",
		   "out \"a\"\nended code 0 exit 0 signal 0 for good\n",
		   "a newline on the descriptor says so");
}

static void is_late(void)
{
	struct slot_spec spec = host_spec("source", "sleep 60 & wait");
	struct slot *s;

	spec.upkeep.ready = READY_LINE;
	spec.upkeep.within_ns = 1000000;
	s = host_open(&spec);
	host_until(&host.over, 1);
	is_str(host_text(), "ended code -110 exit -1 signal 15 for good\n",
	       "who is not ready in time is ended");
	ok(s->starting, "and never was");
	is_str(host.last.reason, "was not ready within 1ms and was ended",
	       "and it says so");
	slot_close(s);
	host_clear();
}

/* TEXT is a source that says "up" and is then asked to end. */
static void ends_as_asked(const char *text, const char *wanted, const char *sentence)
{
	struct slot_spec spec = host_spec("source", text);
	struct slot *s = host_open(&spec);

	host_until(&host.emitted, 1);
	slot_finish(s);
	host_until(&host.over, 1);
	is_str(host_text(), wanted, sentence);
	slot_close(s);
	host_clear();
}

static void obeys(void)
{
	ends_as_asked("echo up; exec sleep 60",
		      "out \"up\"\nended code 0 exit -1 signal 15 for good\n",
		      "to end by the signal that it is sent is no failure");
	ends_as_asked("trap 'exit 143' TERM; sleep 60 & echo up; wait",
		      "out \"up\"\nended code 0 exit 143 signal 0 for good\n",
		      "nor to tell of it as a shell does");
	ends_as_asked("trap 'exit 3' TERM; sleep 60 & echo up; wait",
		      "out \"up\"\nended code -10 exit 3 signal 0 for good\n",
		      "any other status still is");
}

static void is_killed(void)
{
	struct slot_spec spec =
		host_spec("source", "trap '' TERM; echo up; while :; do sleep 1; done");
	struct slot *s = host_open(&spec);
	uint64_t started;

	host_until(&host.emitted, 1);
	started = clock_now();
	slot_finish(s);
	host_until(&host.over, 1);
	ok(host.last.signal == SIGKILL && clock_now() - started < 15 * NS_PER_S,
	   "one that does not listen is killed after 5 seconds");
	slot_close(s);
	host_clear();
}

static void stop(struct slot *s)
{
	if (host.emitted == 1000)
		slot_hold(s, true);
}

static void is_held(void)
{
	struct slot_spec spec = host_spec("source", "seq 100000");
	struct slot *s = host_open(&spec);

	host.quiet = true;
	host.on_emit = stop;
	host_until(&host.emitted, 1000);
	host_for(50);
	ok(host.emitted == 1000 && !host.ended, "a held source waits");
	slot_hold(s, false);
	host_until(&host.over, 1);
	is_int(host.emitted, 100000, "and loses nothing");
	slot_close(s);
	host_clear();
}

static void ends_while_held(void)
{
	struct slot_spec spec = host_spec("source", "seq 10");
	struct slot *s = host_open(&spec);

	slot_hold(s, true);
	host_for(1500);
	ok(!host.emitted && !host.ended,
	   "one that exited while it is held has not ended");
	slot_hold(s, false);
	host_until(&host.over, 1);
	is_int(host.emitted, 10, "its lines come first");
	slot_close(s);
	host_clear();
}

static void cannot_start(void)
{
	const char *const shell[] = {"no-such-shell", NULL};
	struct slot_spec spec = host_spec("source", "echo");
	struct sigslot_error err = {0};
	struct slot *s = NULL;

	spec.shell = shell;
	is_int(slot_open(&spec, &host_calls, &host.loop, NULL, &s, &err), -ENOENT,
	       "a shell that is missing is found when the slot is opened");
	ok(strstr(err.text, "no-such-shell"), "and named");
}

int main(void)
{
	host_start();
	emits_lines();
	is_ended();
	obeys();
	is_killed();
	is_held();
	ends_while_held();
	starts_again();
	waits_no_more();
	gets_ready();
	is_late();
	cannot_start();
	loop_done(&host.loop);
	return done();
}
