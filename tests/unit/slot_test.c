/* SPDX-License-Identifier: MIT */
/* Slots of all kinds: they may be closed at any moment, also by their own callbacks. */
#include <fcntl.h>
#include <unistd.h>

#include "slot_host.h"

static unsigned calls_before;

static unsigned calls(void)
{
	return host.emitted + host.done + host.ended + host.logged;
}

static void close_in_emit(struct slot *s)
{
	slot_close(s);
	host.on_emit = NULL;
	calls_before = calls();
}

static void close_in_done(struct slot *s, struct slot_job *job)
{
	(void)job;
	slot_close(s);
	host.on_done = NULL;
	calls_before = calls();
}

/* A spec that lives as long as the slot and not a moment longer. */
static struct slot *open_short(const char *kind, const char *text,
			       struct slot_spec **ret_spec)
{
	*ret_spec = malloc(sizeof(**ret_spec));
	**ret_spec = host_spec(kind, text);
	return host_open(*ret_spec);
}

static void closes(const char *kind, const char *text, bool in_done, const char *name)
{
	struct slot_job *jobs[3];
	struct slot_spec *spec;
	struct slot *s;

	host_clear();
	s = open_short(kind, text, &spec);
	host.on_emit = in_done ? NULL : close_in_emit;
	host.on_done = in_done ? close_in_done : NULL;
	for (int i = 0; i < 3; i++) {
		jobs[i] = host_job("\"a\"", NULL);
		if (spec->kind->takes && (in_done ? !host.done : !host.emitted))
			slot_deliver(s, jobs[i]);
	}
	host_until(in_done ? &host.done : &host.emitted, 1);
	free(spec);
	for (int i = 0; i < 3; i++)
		free(jobs[i]);
	host_for(30);
	is_int(calls(), calls_before, "%s: closed in %s, nothing comes after", name,
	       in_done ? "done" : "emit");
}

static void closes_in_ended(const char *kind, const char *text)
{
	struct slot_spec *spec;
	struct slot *s;

	host_clear();
	s = open_short(kind, text, &spec);
	slot_finish(s);
	host_until(&host.over, 1);
	slot_close(s);
	free(spec);
	host_for(30);
	is_int(host.ended, 1, "%s ends once", kind);
}

static void closes_under_way(const char *kind, const char *text)
{
	struct slot_spec *spec;
	struct slot_job *job = host_job("\"a\"", NULL);
	struct slot *s;

	host_clear();
	s = open_short(kind, text, &spec);
	if (spec->kind->takes)
		slot_deliver(s, job);
	host_for(20);
	host_clear();
	slot_close(s);
	free(spec);
	free(job);
	host_for(20);
	is_int(host.done + host.ended + host.emitted, 0, "%s: closed under way", kind);
}

static void waits_for_jobs(void)
{
	struct slot_spec spec = host_spec("run", "sleep 0.02; cat");
	struct slot *s = host_open(&spec);
	struct slot_job *job = host_job("1", NULL);

	host_clear();
	slot_deliver(s, job);
	slot_finish(s);
	is_int(host.ended, 0, "a slot is not finished before its commands are");
	host_until(&host.over, 1);
	is_str(host_text(),
	       "out 1\ndone - code 0 exit 0 signal 0\n"
	       "ended code 0 exit -1 signal 0 for good\n",
	       "and then at once");
	slot_close(s);
	free(job);
}

static unsigned descriptors(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

int main(void)
{
	unsigned before;

	host_start();
	before = descriptors();
	closes("run", "echo a; echo b", false, "run");
	closes("run", "echo a; echo b", true, "run");
	closes("filter", "cat", false, "filter");
	closes("filter", "cat", true, "filter");
	closes("source", "yes", false, "source");
	closes("builtin", "drop", true, "drop");
	closes_in_ended("filter", "cat");
	closes_in_ended("source", "yes");
	closes_under_way("run", "sleep 60");
	closes_under_way("filter", "exit 1");
	closes_under_way("source", "yes | sleep 60");
	waits_for_jobs();
	is_int(descriptors(), before, "no descriptor is left open");
	slot_close(NULL);
	host_clear();
	loop_done(&host.loop);
	return done();
}
