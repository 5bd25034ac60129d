/* SPDX-License-Identifier: MIT */
/* filter: order, batches, answers, death and restart, the end. */
#include <unistd.h>

#include "slot_host.h"

static struct slot_job *jobs[1000];

/* Delivers the numbers 0 to n - 1 in one turn. */
static void deliver(struct slot *s, unsigned n)
{
	static char payloads[1000][8];

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

int main(void)
{
	host_start();
	flushes_lines();
	passes_lines();
	answers_at_the_end();
	loop_done(&host.loop);
	return done();
}
