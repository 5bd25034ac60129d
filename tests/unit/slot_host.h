/* SPDX-License-Identifier: MIT */
/*
 * A host for the tests of lib/slot: notes what a slot tells it as text, one line per
 * call, and turns a loop until something has happened. A test that waits for what does
 * not come ends after 20 seconds.
 */
#ifndef SLOT_HOST_H
#define SLOT_HOST_H

#include <signal.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "slot/slot.h"
#include "tap.h"

static struct host {
	struct loop loop;
	struct buf log; /* what happened, a line each */
	bool quiet; /* only count */
	unsigned emitted, done, failed, logged, misfits, ended, over, changed;
	struct slot_verdict last; /* of the last job, or of what ended last */
	char tail[2048];
	int emit_returns;
	void (*on_emit)(struct slot *s);
	void (*on_done)(struct slot *s, struct slot_job *job);
} host;

static void note(const char *what, const char *text, size_t size)
{
	if (host.quiet)
		return;
	buf_addf(&host.log, "%s ", what);
	buf_add(&host.log, text, size);
	buf_add_byte(&host.log, '\n');
}

static void keep(const struct slot_verdict *v)
{
	host.last = *v;
	snprintf(host.tail, sizeof(host.tail), "%s", v->err_tail);
	host.last.err_tail = host.tail;
}

static int host_emit(struct slot *s, struct slot_job *job, const char *signal,
		     const char *payload, size_t size)
{
	(void)job;
	host.emitted++;
	note(signal, payload, size);
	if (host.on_emit)
		host.on_emit(s);
	return host.emit_returns;
}

static void host_done(struct slot *s, struct slot_job *job,
		      const struct slot_verdict *v)
{
	host.done++;
	host.failed += v->code != 0;
	keep(v);
	if (!host.quiet)
		buf_addf(&host.log, "done %s code %d exit %d signal %d%s%s\n",
			 job->user ? (const char *)job->user : "-", v->code, v->exit,
			 v->signal, v->final ? " final" : "",
			 v->handed_over ? " handed over" : "");
	if (host.on_done)
		host.on_done(s, job);
}

static void host_log(struct slot *s, const char *line, size_t size)
{
	(void)s;
	host.logged++;
	note("log", line, size);
}

static void host_misfit(struct slot *s, uint64_t line, const char *reason)
{
	(void)s;
	(void)reason;
	host.misfits++;
	if (!host.quiet)
		buf_addf(&host.log, "misfit %" PRIu64 "\n", line);
}

static void host_ended(struct slot *s, const struct slot_verdict *v, bool for_good)
{
	(void)s;
	host.ended++;
	host.over += for_good;
	keep(v);
	if (!host.quiet)
		buf_addf(&host.log, "ended code %d exit %d signal %d%s\n", v->code,
			 v->exit, v->signal, for_good ? " for good" : "");
}

static void host_changed(struct slot *s)
{
	(void)s;
	host.changed++;
}

static const struct slot_host host_calls = {
	.emit = host_emit,
	.done = host_done,
	.log = host_log,
	.misfit = host_misfit,
	.ended = host_ended,
	.changed = host_changed,
};

/* A spec with names in it; kind, text and the like are set by the test. */
__attribute__((unused)) static struct slot_spec host_spec(const char *kind,
							  const char *text)
{
	const struct budget_policy always = {BUDGET_ALWAYS, 100000000, 10000000000,
					     UINT64_MAX, 0};

	return (struct slot_spec){.kind = slot_kind_find(kind),
				  .instance = "shop",
				  .process = "main",
				  .loop = "front",
				  .object = "obj",
				  .slot = "in",
				  .directory = "/",
				  .text = text,
				  .output = SLOT_EMIT,
				  .emit = "out",
				  .upkeep.restart =
					  strcmp(kind, "filter") == 0
						  ? always
						  : (struct budget_policy){0}};
}

__attribute__((unused)) static struct slot *host_open(const struct slot_spec *spec)
{
	struct sigslot_error err = {0};
	struct slot *s = NULL;

	if (slot_open(spec, &host_calls, &host.loop, NULL, &s, &err) < 0)
		BAIL("cannot open a slot: %s", err.text);
	return s;
}

/* A message for the slot, named `name` in what is noted. */
__attribute__((unused)) static struct slot_job *host_job(const char *payload,
							 const char *name)
{
	struct slot_job *job = calloc(1, sizeof(*job));

	job->message = (struct sigslot_message){.slot = "in",
						.sender = "orders",
						.signal = "new",
						.seq = 7,
						.attempt = 2,
						.payload = payload,
						.size = strlen(payload)};
	job->user = (void *)(uintptr_t)name;
	return job;
}

/* Turns the loop until *what has reached `wanted`. */
__attribute__((unused)) static void host_until(const unsigned *what, unsigned wanted)
{
	alarm(20);
	while (*what < wanted)
		if (loop_round(&host.loop) < 0)
			BAIL("the loop failed");
	alarm(0);
}

static void host_rang(struct timer *t, uint64_t now)
{
	(void)t, (void)now;
	loop_quit(&host.loop);
}

/* Turns the loop for a while, to see that something does not happen. */
__attribute__((unused)) static void host_for(uint64_t ms)
{
	struct timer t = {.fire = host_rang};

	loop_arm(&host.loop, &t, clock_now() + ms * NS_PER_MS);
	if (loop_run(&host.loop) < 0)
		BAIL("the loop failed");
}

/* Forgets what happened. */
__attribute__((unused)) static void host_clear(void)
{
	struct loop loop = host.loop;

	buf_done(&host.log);
	host = (struct host){.loop = loop};
}

__attribute__((unused)) static const char *host_text(void)
{
	return host.log.data ? host.log.data : "";
}

__attribute__((unused)) static void host_start(void)
{
	signal(SIGPIPE, SIG_IGN);
	if (loop_init(&host.loop) < 0)
		BAIL("no loop");
}

/* Delivers one message and waits for its verdict. */
__attribute__((unused)) static void host_run(struct slot *s, const char *payload)
{
	struct slot_job *job = host_job(payload, NULL);

	slot_deliver(s, job);
	host_until(&host.done, 1);
	free(job);
}

#endif
