/* SPDX-License-Identifier: MIT */
/* run and exec: what a command is given, what becomes of its output and its status. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "slot_host.h"

static void run(const char *text, const char *payload)
{
	struct slot_spec spec = host_spec("run", text);
	struct slot *s = host_open(&spec);

	host_clear();
	host_run(s, payload);
	slot_close(s);
}

static void says(const char *text, const char *payload, const char *wanted,
		 const char *name)
{
	run(text, payload);
	is_str(host_text(), wanted, "%s", name);
}

#define OK "done - code 0 exit 0 signal 0\n"

static void takes_input(void)
{
	says("cat", "\"a b\"", "out \"a b\"\n" OK, "a string arrives raw on stdin");
	says("cat", "{\"a\": 1}", "out {\"a\":1}\n" OK, "an object arrives as JSON");
	says("cat", "null", "out null\n" OK, "null arrives as the word null");
	says("cat", "\"a\\nb\"", "out \"a\"\nout \"b\"\n" OK,
	     "a string with a newline is two lines for a run");
	says("echo $# $1-$2", "[1,\"x y\"]", "out \"2 1-x y\"\n" OK,
	     "the elements of an array are the arguments");
	says("echo $#-$1", "\"it's\"", "out \"1-it's\"\n" OK,
	     "a single value is the one argument");
	says("echo $#", "null", "out 0\n" OK, "null gives no arguments");
	says("echo $0", "1", "out \"sh\"\n" OK, "$0 is sh");
}

static void has_a_verdict(void)
{
	run("exit 0", "1");
	ok(host.last.code == 0 && host.last.exit == 0, "0 is done");
	run("exit 1", "1");
	ok(host.last.code && host.last.exit == 1 && !host.last.final,
	   "1 is a failure that may be tried again");
	for (int status = 65; status <= 127; status += status == 65 ? 60 : 1) {
		char text[32];

		snprintf(text, sizeof(text), "exit %d", status);
		run(text, "1");
		ok(host.last.exit == status && host.last.final, "%d is final", status);
	}
	run("echo why >&2; kill -9 $$", "1");
	ok(host.last.signal == 9 && host.last.exit == -1 && !host.last.final,
	   "a signal is a failure that may be tried again");
	is_str(host.last.reason, "was ended by signal 9 (SIGKILL)",
	       "the signal has a name");
	is_str(host.last.err_tail, "why\n", "the end of stderr is kept");
}

int main(void)
{
	host_start();
	takes_input();
	has_a_verdict();
	loop_done(&host.loop);
	return done();
}
