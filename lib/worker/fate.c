/* SPDX-License-Identifier: MIT */
/*
 * What becomes of a message that failed.
 */
#include "worker/fate.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "queue/dead.h"
#include "worker/errors.h"
#include "worker/record.h"
#include "worker/tell.h"

enum { LATER_MS = 1000 };

static const struct plan_fate *fate_of(const struct turn *t,
				       const struct receiver_id *id)
{
	const struct world *w = t->worker->world;

	return &w->plan->slots[world_slot(w, id->slot)].fate;
}

static bool from_named(const struct record *record)
{
	return record->from->named;
}

/* How often it has failed before. */
static unsigned failures(const struct record *record)
{
	const struct envelope *e = &record->claim.envelope;

	return e->connection & ROUTE_AGAIN ? e->generation : 0;
}

unsigned fate_attempt(const struct record *record)
{
	unsigned attempt = record->claim.attempt, before = failures(record);

	/* the first claim of a parked one was none */
	return before && attempt > 1 ? before + attempt - 1 : attempt;
}

static uint64_t backoff(const struct plan_fate *f, unsigned times)
{
	uint64_t ns = f->backoff_ns;

	while (--times && ns < f->backoff_max_ns)
		ns *= 2;
	return ns < f->backoff_max_ns ? ns : f->backoff_max_ns;
}

static void back_off(struct record *record, uint64_t ns)
{
	record->again = true;
	record->due = clock_after(clock_now(), ns);
}

/* The same where it must not leave its place: returns until when. */
static uint64_t stay(const struct receiver *r, struct record *record, uint64_t ns)
{
	if (r->row.path)
		return clock_after(clock_now(), ns);
	back_off(record, ns);
	return 0;
}

bool fate_waits(struct record *record, const struct receiver_id *id)
{
	struct turn *t = record->turn;
	unsigned before = failures(record);

	if (!before || record->claim.attempt > 1)
		return false;
	record->receivers++;
	back_off(record, backoff(fate_of(t, id), before));
	board_add(&t->board->in, (uint64_t)-1); /* it comes once more */
	return true;
}

/* The message as a record for that slot alone. */
static struct claim single(const struct record *record, const struct receiver_id *id,
			   const struct slot_job *job)
{
	struct claim c = record->claim;

	c.payload = (struct payload){job->message.payload, job->message.size};
	if (from_named(record)) {
		c.envelope.connection = 0; /* its payload is JSON by now */
		return c;
	}
	c.envelope.connection = ROUTE_DIRECT | id->slot;
	c.envelope.sender = id->sender;
	c.envelope.signal = id->signal;
	return c;
}

static int park(struct record *record, const struct receiver_id *id,
		const struct slot_job *job)
{
	struct claim c = single(record, id, job);
	struct sigslot_error unused;

	if (record->turn->end_seq != UINT64_MAX)
		return -EAGAIN; /* what comes now would be dropped */
	c.envelope.connection |= ROUTE_AGAIN;
	c.envelope.generation = failures(record) + 1;
	return queue_push(record->from->queue, &c.envelope, c.payload.data,
			  c.payload.size, &unused);
}

static void tell(struct receiver *r, const struct slot_verdict *v, const char *what)
{
	char text[sizeof(v->reason) + 128];

	snprintf(text, sizeof(text), "%s%s", v->reason, what);
	tell_failure(r, text);
}

/* Returns false if it may not be tried again. */
static bool retry(struct receiver *r, struct record *record,
		  const struct receiver_id *id, const struct slot_job *job,
		  const struct slot_verdict *v, uint64_t *ret_due)
{
	const struct plan_fate *f = fate_of(r->turn, id);
	unsigned here = job->message.attempt - fate_attempt(record);
	unsigned times = failures(record) + here + 1;

	if (v->final || times > f->retries)
		return false;
	if (r->row.path) {
		*ret_due = stay(r, record, backoff(f, times));
	} else if (park(record, id, job) < 0) {
		/* no room for it: the whole message waits, its other slots with it */
		if (record->claim.attempt > f->retries)
			return false;
		back_off(record, backoff(f, times));
	} else {
		record_end(record, id->place, QUEUE_RETRIED);
	}
	tell(r, v, "; it is tried again");
	errors_keep(r, job, v, FAILURE_RETRIED);
	board_add(&r->turn->board->retried, 1);
	return true;
}

static int bury(struct receiver *r, struct record *record, const struct receiver_id *id,
		const struct slot_job *job, const struct slot_verdict *v,
		uint64_t *ret_due)
{
	struct worker *w = r->turn->worker;
	struct intake *in = record->from;
	struct claim c = single(record, id, job);
	struct sigslot_error err = {0};
	_buf_ struct buf note = {0};
	int code = tell_note(r, job, v, &note);

	c.attempt = job->message.attempt;
	if (code == 0 && !in->dead)
		code = dead_open(w->world->queues, in->name, w->identity, &in->dead,
				 &err);
	if (code == 0)
		code = dead_push(in->dead, &c, &(struct payload){note.data, note.size},
				 &err);
	if (code < 0) {
		log_line("sigslot", "%s", *err.text ? err.text : "out of memory");
		*ret_due = stay(r, record, LATER_MS * NS_PER_MS);
	}
	return code;
}

/* Returns false if it could not be kept, and so is not given up. */
static bool give_up(struct receiver *r, struct record *record,
		    const struct receiver_id *id, const struct slot_job *job,
		    const struct slot_verdict *v, uint64_t *ret_due)
{
	const struct plan_fate *f = fate_of(r->turn, id);
	bool beside = f->dead == PLAN_NONE || tell_dead(r, f->dead, job, record, v) < 0;
	char what[128];

	if (beside && bury(r, record, id, job, v, ret_due) < 0)
		return false;
	if (beside)
		snprintf(what, sizeof(what),
			 "; it is given up: 'sigslot queue retry %s' sends it back",
			 record->from->name);
	else
		snprintf(what, sizeof(what), "; it is given up");
	tell(r, v, what);
	errors_keep(r, job, v, FAILURE_DEAD);
	board_add(&r->turn->board->dead, 1);
	record_end(record, id->place, QUEUE_GIVEN_UP);
	tell_outcome(r, job, record, v);
	return true;
}

static void fail_it(struct receiver *r, struct record *record,
		    const struct receiver_id *id, const struct slot_job *job,
		    const struct slot_verdict *v)
{
	const struct world *w = r->turn->worker->world;

	board_add(&r->turn->board->failed, 1);
	record_end(record, id->place, QUEUE_FAILED);
	if (w->plan->slots[r->plan_slot].kind == PLAN_BUILTIN)
		r->turn->board->unwritten = 1;
	tell_failure(r, v->reason);
	errors_keep(r, job, v, FAILURE_FAILED);
	tell_outcome(r, job, record, v);
}

/* Nothing more is begun; the supervisor ends it, as if somebody had asked for it. */
static void halt(struct turn *t)
{
	const char *name = t->board->name;

	if (t->halted || t->now)
		return;
	t->halted = true;
	log_line("sigslot",
		 "loop '%s' ends, as `on_error: stop` says, and keeps what is queued: "
		 "'sigslot start %s' goes on with it",
		 name, name);
	worker_say(t->worker, WIRE_ERROR, t->index, 0);
}

uint64_t fate_meet(struct receiver *r, struct record *record,
		   const struct receiver_id *id, const struct slot_job *job,
		   const struct slot_verdict *v)
{
	const struct plan_fate *f = fate_of(r->turn, id);
	uint64_t due = 0;

	if (retry(r, record, id, job, v, &due))
		return due;
	if (!f->mortal)
		fail_it(r, record, id, job, v);
	else if (!give_up(r, record, id, job, v, &due))
		return due;
	if (f->stop)
		halt(r->turn);
	return 0;
}
