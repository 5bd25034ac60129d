/* SPDX-License-Identifier: MIT */
/* filter: order, batches, answers, death and restart, the end. */
#include <unistd.h>

#include "slot_host.h"

static struct slot_job *jobs[1000];

/* Delivers the numbers 0 to n - 1 in one turn. */
static void deliver(struct slot *s, unsigned n)
{
	static char payloads[1000][16];

	for (unsigned i = 0; i < n; i++) {
		snprintf(payloads[i], sizeof(payloads[i]), "%u", i);
		jobs[i] = host_job(payloads[i], payloads[i]);
		slot_deliver(s, jobs[i]);
	}
}

static void forget(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		free(jobs[i]);
}

/* A name for the first incarnation to say that it was there. */
static const char *own_directory(const char *name)
{
	static char text[2][64];
	static unsigned turn;
	char *own = text[turn++ % 2];

	snprintf(own, sizeof(text[0]), "%s.%d", name, getpid());
	return own;
}

static void passes_lines(void)
{
	struct slot_spec spec = host_spec("filter", "cat");
	struct slot *s = host_open(&spec);

	deliver(s, 3);
	host_until(&host.emitted, 3);
	is_str(host_text(),
	       "done 0 code 0 exit -1 signal 0 handed over\n"
	       "done 1 code 0 exit -1 signal 0 handed over\n"
	       "done 2 code 0 exit -1 signal 0 handed over\n"
	       "out 0\nout 1\nout 2\n",
	       "a message is handed over when written, and lines come in order");
	forget(3);
	host_clear();
	slot_finish(s);
	host_until(&host.over, 1);
	is_str(host_text(), "ended code 0 exit 0 signal 0 for good\n",
	       "it ends when it is finished");
	slot_close(s);
	host_clear();
}

static void answers_at_the_end(void)
{
	struct slot_spec spec = host_spec("filter", "wc -l");
	struct slot *s = host_open(&spec);

	deliver(s, 1000);
	host_until(&host.done, 1000);
	host.log.size = 0;
	slot_finish(s);
	host_until(&host.over, 1);
	is_str(host_text(), "out 1000\nended code 0 exit 0 signal 0 for good\n",
	       "what it says at the end of its input is emitted before it ends");
	slot_close(s);
	forget(1000);
	host_clear();
}

static void flushes_lines(void)
{
	struct slot_spec spec = host_spec("filter", "grep -v x");
	struct slot *s = host_open(&spec);

	deliver(s, 1);
	host_until(&host.emitted, 1);
	is_int(host.over, 0, "a filter that uses stdio answers before it ends");
	slot_close(s);
	forget(1);
	host_clear();
}

static void takes_one_line_each(void)
{
	struct slot_spec spec = host_spec("filter", "cat");
	struct slot *s = host_open(&spec);
	struct slot_job *a = host_job("\"a\\nb\"", "a"), *b = host_job("\"\"", "b"),
			*c = host_job("\"x\\u0000y\"", "c"),
			*d = host_job("[1, 2]", "d");

	slot_deliver(s, a);
	slot_deliver(s, b);
	slot_deliver(s, c);
	slot_deliver(s, d);
	host_until(&host.emitted, 2);
	is_str(host_text(),
	       "done a code -84 exit -1 signal 0 final\n"
	       "done c code -84 exit -1 signal 0 final\n"
	       "done b code 0 exit -1 signal 0 handed over\n"
	       "done d code 0 exit -1 signal 0 handed over\nout \"\"\nout [1,2]\n",
	       "a string with a newline or a NUL fails, and nothing else");
	free(a);
	free(b);
	free(c);
	free(d);
	slot_close(s);
	host_clear();
}

static void answers(void)
{
	struct slot_spec spec = host_spec(
		"filter", "while read -r x; do [ $x = 2 ] && exit 3; echo $x; done");
	struct slot *s;

	spec.reply_line = true;
	s = host_open(&spec);
	deliver(s, 4);
	host_until(&host.done, 4);
	is_str(host_text(),
	       "out 0\ndone 0 code 0 exit -1 signal 0\n"
	       "out 1\ndone 1 code 0 exit -1 signal 0\n"
	       "done 2 code -10 exit 3 signal 0\nended code -10 exit 3 signal 0\n"
	       "out 3\ndone 3 code 0 exit -1 signal 0\n",
	       "with reply: line a message is done with its answer; the one that was "
	       "read and not answered fails, and the next filter gets the rest");
	forget(4);
	slot_close(s);
	host_clear();
}

static void reads_everything(void)
{
	struct slot_spec spec =
		host_spec("filter",
			  "if mkdir $D 2>/dev/null; then read -r x; echo $x; exit 1; "
			  "else rmdir $D; exec cat; fi");
	const char *const env[] = {own_directory("D=/tmp/filter_test.twice"), NULL};
	struct slot *s;

	spec.env = env;
	s = host_open(&spec);
	deliver(s, 5);
	host_until(&host.emitted, 5);
	host.log.size = 0;
	slot_finish(s);
	host_until(&host.over, 1);
	ok(host.done == 5 && host.emitted == 5 && host.last.code == 0,
	   "what a dying filter had not read goes to the next one, though it was "
	   "handed "
	   "over");
	slot_close(s);
	forget(5);
	host_clear();
}

static void does_not_read(void)
{
	struct slot_spec spec = host_spec("filter", "echo a; exit 1");
	struct slot *s = host_open(&spec);

	deliver(s, 2);
	host_until(&host.ended, 2);
	slot_finish(s);
	host_until(&host.over, 1);
	ok(host.last.exit == 1,
	   "a filter that reads nothing and fails can be finished");
	slot_close(s);
	forget(2);
	host_clear();
}

static void rejects_answers(void)
{
	struct slot_spec spec = host_spec("filter", "sed -u s/1/x/");
	struct sigslot_error err;
	struct type *type;
	struct slot *s;

	if (type_parse("integer", &type, &err) < 0)
		BAIL("%s", err.text);
	spec.type = type;
	spec.reply_line = true;
	s = host_open(&spec);
	deliver(s, 3);
	host_until(&host.done, 3);
	is_str(host_text(),
	       "out 0\ndone 0 code 0 exit -1 signal 0\n"
	       "misfit 2\ndone 1 code -84 exit -1 signal 0 final\n"
	       "out 2\ndone 2 code 0 exit -1 signal 0\n",
	       "an answer that is not of the signal's type fails its message alone");
	forget(3);
	slot_close(s);
	type_free(type);
	host_clear();
}

static void starts_when_needed(void)
{
	struct slot_spec spec = host_spec("filter", "head -n 1");
	struct slot *s = host_open(&spec);

	for (unsigned i = 1; i <= 3; i++) {
		deliver(s, 1);
		host_until(&host.ended, i);
		forget(1);
	}
	is_str(host_text(),
	       "done 0 code 0 exit -1 signal 0 handed over\nout 0\n"
	       "ended code 0 exit 0 signal 0\n"
	       "done 0 code 0 exit -1 signal 0 handed over\nout 0\n"
	       "ended code 0 exit 0 signal 0\n"
	       "done 0 code 0 exit -1 signal 0 handed over\nout 0\n"
	       "ended code 0 exit 0 signal 0\n",
	       "a filter that exits with 0 is started again for the next message");
	host_clear();
	slot_finish(s);
	is_str(host_text(), "ended code 0 exit -1 signal 0 for good\n",
	       "and is finished at once when it does not run");
	slot_close(s);
	host_clear();
}

static void keeps_what_was_not_written(void)
{
	struct slot_spec spec = host_spec(
		"filter", "trap '' TERM; kill -TERM $$; read -r x; sleep 0.05; exit 1");
	static char payload[100001];
	struct slot *s = host_open(&spec);
	struct slot_job *first = host_job("1", "1"), *second,
			*third = host_job("3", "3");

	memset(payload, 'x', sizeof(payload) - 1);
	payload[0] = payload[sizeof(payload) - 2] = '"';
	second = host_job(payload, "2");
	slot_deliver(s, first);
	slot_deliver(s, second);
	slot_deliver(s, third);
	host_until(&host.ended, 1);
	is_str(host_text(),
	       "done 1 code 0 exit -1 signal 0 handed over\n"
	       "ended code -10 exit 1 signal 0\n",
	       "a message that was written in part is not done");
	spec.text = "cat"; /* for the next incarnation: nobody looks before */
	slot_close(s);
	free(first);
	free(second);
	free(third);
	host_clear();
}

static void gives_it_to_the_next(void)
{
	struct slot_spec spec = host_spec(
		"filter",
		"if mkdir $D 2>/dev/null; then read -r x; sleep 0.05; exit 1; "
		"else rmdir $D; exec wc -c; fi");
	const char *const env[] = {own_directory("D=/tmp/filter_test.once"), NULL};
	static char payload[100001];
	struct slot_job *first = host_job("1", "1"), *second;
	uint64_t started = clock_now();
	struct slot *s;

	memset(payload, 'x', sizeof(payload) - 1);
	payload[0] = payload[sizeof(payload) - 2] = '"';
	second = host_job(payload, "2");
	spec.env = env;
	s = host_open(&spec);
	slot_deliver(s, first);
	slot_deliver(s, second);
	host_until(&host.done, 2);
	ok(clock_now() - started > 100 * NS_PER_MS,
	   "the next one starts after a pause");
	slot_finish(s);
	host_until(&host.over, 1);
	is_str(host_text(),
	       "done 1 code 0 exit -1 signal 0 handed over\n"
	       "ended code -10 exit 1 signal 0\n"
	       "done 2 code 0 exit -1 signal 0 handed over\n"
	       "out 99999\nended code 0 exit 0 signal 0 for good\n",
	       "what was written in part goes to the next one, whole");
	slot_close(s);
	free(first);
	free(second);
	host_clear();
}

static void gives_up(void)
{
	struct slot_spec spec = host_spec("filter", "no-such-program");
	struct slot *s = host_open(&spec);
	struct slot_job *early = host_job("1", "early");

	slot_deliver(s, early);
	host_until(&host.over, 1);
	ok(host.last.exit == 127 && host.last.final,
	   "a filter that cannot be executed ends for good");
	ok(strstr(host.last.err_tail, "not found"), "with what the shell said");
	ok(host.done == 1 && (host.failed || strstr(host.last.reason, "1 messages")),
	   "and what it was handed is told");
	free(early);
	host.log.size = 0;
	host.done = 0;
	deliver(s, 1);
	host_until(&host.done, 1);
	is_str(host_text(), "done 0 code -10 exit 127 signal 0 final\n",
	       "and its messages fail at once");
	forget(1);
	slot_finish(s);
	is_int(host.over, 1, "it does not end for good twice");
	slot_close(s);
	host_clear();
}

static void hold_at_ten(struct slot *s)
{
	if (host.emitted == 10)
		slot_hold(s, true);
}

static void is_held(void)
{
	struct slot_spec spec = host_spec("filter", "cat");
	struct slot *s = host_open(&spec);

	host.quiet = true;
	host.on_emit = hold_at_ten;
	deliver(s, 100);
	host_until(&host.done, 100);
	host_until(&host.emitted, 10);
	slot_finish(s);
	host_for(50);
	ok(host.emitted == 10 && !host.over, "a held filter emits nothing more");
	slot_hold(s, false);
	host_until(&host.over, 1);
	is_int(host.emitted, 100, "and everything when it goes on");
	forget(100);
	slot_close(s);
	host_clear();
}

static void redeliver(struct slot *s, struct slot_job *job)
{
	if (host.done < 300000)
		slot_deliver(s, job);
}

static void streams(void)
{
	struct slot_spec spec = host_spec("filter", "cat");
	struct slot *s = host_open(&spec);

	host.quiet = true;
	host.on_done = redeliver;
	deliver(s, 100);
	host_until(&host.done, 300000);
	host.on_done = NULL;
	host_until(&host.done, 300099);
	slot_finish(s);
	host_until(&host.over, 1);
	is_int(host.emitted, 300099, "of a long stream nothing is lost");
	forget(100);
	slot_close(s);
	host_clear();
}

int main(void)
{
	host_start();
	flushes_lines();
	passes_lines();
	answers_at_the_end();
	takes_one_line_each();
	answers();
	reads_everything();
	does_not_read();
	rejects_answers();
	starts_when_needed();
	keeps_what_was_not_written();
	gives_it_to_the_next();
	gives_up();
	is_held();
	streams();
	loop_done(&host.loop);
	return done();
}
