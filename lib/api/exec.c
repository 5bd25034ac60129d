/* SPDX-License-Identifier: MIT */
/*
 * sigslot_queue_exec(): a command for each message of a queue, one after the other. Its
 * exit status decides what becomes of the message; whoever is killed meanwhile, the
 * command ends and the message returns.
 */
#include <stdio.h>
#include <string.h>

#include "api/named.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/held.h"
#include "base/unit.h"
#include "message/text.h"
#include "queue/dead.h"
#include "queue/lease.h"
#include "route/route.h"
#include "slot/once.h"
#include "slot/report.h"

enum { SLOWEST = 60 }; /* the longest pause is so many times the first */

struct exec {
	struct sigslot_queue *q;
	const struct sigslot_exec *how;
	struct queue *dead; /* NULL: nothing was given up yet */
	struct warden warden;
	struct held held; /* signals that wait while a command runs */
	int signal; /* that came */
	bool failed;
	uint64_t begun; /* deliveries */
};

/* One message, and what its command gets. */
struct delivery {
	struct claim claim; /* with a payload of our own */
	struct text_args args;
	struct buf input;
};

/* --- telling --- */

static void tell(const struct exec *x, const struct claim *c, const char *reason,
		 const char *then)
{
	char line[512];

	if (!x->how->told)
		return;
	snprintf(line, sizeof(line),
		 "queue '%s': message %llu: %s (attempt %u of %u)%s", x->q->name,
		 (unsigned long long)c->seq, reason, c->attempt, x->how->retries + 1,
		 then);
	x->how->told(x->how->data, line);
}

/* --- what becomes of a message --- */

static int give_up(struct exec *x, const struct claim *c, const char *reason,
		   struct sigslot_error *err)
{
	char then[128];
	int r = x->dead ? 0 : named_dead(x->q, &x->dead, err);

	if (r == 0)
		r = dead_bury(x->q->queue, x->dead, c, err);
	if (r < 0) {
		queue_return(x->q->queue, c, 0, false);
		return r;
	}
	named_settled(x->q);
	snprintf(then, sizeof(then),
		 ": given up; 'sigslot queue retry %s' sends it back", x->q->name);
	tell(x, c, reason, then);
	x->failed = true;
	return 0;
}

static uint64_t pause_before(const struct exec *x, unsigned attempt)
{
	uint64_t factor = attempt > 6 ? SLOWEST : 1ull << (attempt - 1);

	return x->how->backoff_ns > NEVER / SLOWEST ? x->how->backoff_ns
						    : x->how->backoff_ns * factor;
}

static int try_again(struct exec *x, const struct claim *c, const char *reason,
		     struct sigslot_error *err)
{
	uint64_t pause_ns = pause_before(x, c->attempt);
	char then[64], duration[32];
	int r = queue_return(x->q->queue, c, clock_after(clock_now(), pause_ns), true);

	if (r < 0)
		return fail(err, r, "queue '%s': cannot give a message back: %s",
			    x->q->name, strerror(-r));
	snprintf(then, sizeof(then), ": again in %s",
		 unit_duration_text(pause_ns, duration));
	tell(x, c, reason, then);
	x->failed = true;
	return 0;
}

static int finish(struct exec *x, const struct claim *c, struct sigslot_error *err)
{
	int r = queue_ack(x->q->queue, c, 1);

	named_settled(x->q);
	return r < 0 ? fail(err, r,
			    "queue '%s': message %llu was not this process's any more",
			    x->q->name, (unsigned long long)c->seq)
		     : 0;
}

/* Returns 0 to go on, an exit status to end with, or a negative errno. */
static int settle(struct exec *x, const struct claim *c, const struct slot_verdict *v,
		  struct sigslot_error *err)
{
	if (v->exit == 0)
		return finish(x, c, err);
	if (x->signal) {
		queue_return(x->q->queue, c, 0, false);
		return 128 + x->signal;
	}
	if (v->exit == 126 || v->exit == 127) {
		tell(x, c, v->reason, ": the command cannot run, the message stays");
		queue_return(x->q->queue, c, 0, false);
		return v->exit;
	}
	if (v->final || c->attempt > x->how->retries)
		return give_up(x, c, v->reason, err);
	return try_again(x, c, v->reason, err);
}

/* --- running --- */

static int run(struct exec *x, const struct delivery *d, struct sigslot_error *err)
{
	char attempt[40], seq[40];
	const char *const env[] = {attempt, seq, NULL};
	struct once once = {
		.text = x->how->command,
		.args = &d->args,
		.input = &d->input,
		.env = env,
		.warden = &x->warden,
		.held = &x->held,
	};
	struct slot_verdict v;
	int status, r;

	snprintf(attempt, sizeof(attempt), "SIGSLOT_ATTEMPT=%u", d->claim.attempt);
	snprintf(seq, sizeof(seq), "SIGSLOT_SEQ=%llu",
		 (unsigned long long)d->claim.seq);
	r = once_run(&once, &status, &x->signal, err);
	if (r < 0) {
		queue_return(x->q->queue, &d->claim, 0, false);
		return r;
	}
	v = report_status(status);
	r = settle(x, &d->claim, &v, err);
	return r ?: x->signal ? 128 + x->signal : 0;
}

/* Raw bytes go to standard input as they are, and cannot be arguments. */
static int prepare(struct delivery *d, bool no_args, struct sigslot_error *err)
{
	const struct payload *p = &d->claim.payload;
	int r = 0;

	if (d->claim.envelope.connection & ROUTE_RAW)
		return buf_add(&d->input, p->data, p->size);
	if (!no_args)
		r = text_args_of(p->data, p->size, NULL, &d->args, err);
	if (r == 0)
		r = text_of_payload(p->data, p->size, false, &d->input);
	return r == 0 ? buf_add_byte(&d->input, '\n') : r;
}

static int deliver(struct exec *x, struct delivery *d, struct sigslot_error *err)
{
	struct sigslot_error why = {0};
	int r;

	if (d->claim.attempt > x->how->retries + 1)
		return give_up(x, &d->claim, "whoever had it before died", err);
	r = prepare(d, x->how->no_args, &why);
	if (r == -ENOMEM) {
		queue_return(x->q->queue, &d->claim, 0, false);
		return fail(err, r, "out of memory");
	}
	return r < 0 ? give_up(x, &d->claim, why.text, err) : run(x, d, err);
}

/* A copy, so that a long command does not hold the ring. */
static int take(struct exec *x, const struct sigslot_item *item, struct delivery *d,
		struct sigslot_error *err)
{
	struct claim c = {
		.seq = item->seq, .lease = (uint32_t)item->lease, .place = item->place};
	struct lease l = lease_of(x->q->queue, &c);
	int r = lease_read(x->q->queue, &l, &d->claim);

	if (r < 0)
		return fail(err, r, "queue '%s': cannot read a message: %s", x->q->name,
			    strerror(-r));
	queue_unpin(x->q->queue, &c, 1);
	return 0;
}

static int handle(struct exec *x, const struct sigslot_item *item,
		  struct sigslot_error *err)
{
	struct delivery d = {0};
	int r;

	/* they wait until the message is settled, or come by its descriptor */
	held_begin(&x->held);
	r = take(x, item, &d, err);
	if (r == 0)
		r = deliver(x, &d, err);
	free((void *)d.claim.payload.data);
	text_args_done(&d.args);
	buf_done(&d.input);
	held_end(&x->held);
	return r;
}

/* What a wait without a message means. */
static int end(const struct exec *x, int r)
{
	if (r == -ESHUTDOWN && (x->how->until_closed || x->begun))
		return x->failed;
	if (r == -ETIMEDOUT && x->begun && !x->how->until_closed)
		return x->failed;
	return r;
}

static int work(struct exec *x, struct sigslot_error *err)
{
	const struct sigslot_exec *how = x->how;
	int r = 0;

	while (r == 0 && (how->until_closed || x->begun < how->most)) {
		struct sigslot_get get = {.timeout_ns = how->timeout_ns};
		struct sigslot_item item;

		if (x->begun && !how->until_closed)
			get.timeout_ns = 0; /* what is there, but not what comes */
		r = sigslot_queue_get(x->q, &get, &item, 1, err);
		if (r < 0)
			return end(x, r);
		x->begun++;
		r = handle(x, &item, err);
	}
	return r ?: x->failed;
}

static int start(struct exec *x, struct sigslot_error *err)
{
	int r = held_open(&x->held, err);

	return r == 0 ? warden_start(&x->warden, err) : r;
}

int sigslot_queue_exec(struct sigslot_queue *q, const struct sigslot_exec *how,
		       struct sigslot_error *err)
{
	struct exec x = {.q = q, .how = how, .held.fd = -1};
	int r = start(&x, err);

	if (r == 0)
		r = work(&x, err);
	warden_end(&x.warden);
	held_close(&x.held);
	queue_close(x.dead);
	return r;
}
