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
	ok(host.last.signal == SIGKILL && clock_now() - started < 8 * NS_PER_S,
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
	cannot_start();
	loop_done(&host.loop);
	return done();
}
