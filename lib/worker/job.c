/* SPDX-License-Identifier: MIT */
/*
 * Jobs between their record and their slot. The worker's half of what slot.h says.
 */
#include "worker/job.h"

#include <stdio.h>

#include "base/clock.h"
#include "worker/fate.h"
#include "worker/meter.h"
#include "worker/record.h"
#include "worker/renew.h"
#include "worker/tell.h"

enum { AGAIN_MS = 100 };

static struct job *job_at(struct stand *s)
{
	return container_of(s, struct job, stand);
}

/* Most are like the one before: then there is nothing to look up. */
static bool begun_alike(struct meter *m, struct job *job)
{
	if (!m->waits || m->slot != job->id.slot || m->signal != job->id.signal ||
	    m->from != job->record->from || m->sent != job->job.message.time_ns ||
	    job->job.message.attempt != 1)
		return false;
	job->stats = m->waiting;
	job->began = m->now;
	m->waits++;
	return true;
}

static bool ended_alike(struct meter *m, const struct job *job)
{
	if (!m->len || m->stats != job->stats || m->began != job->began)
		return false;
	m->len++;
	return true;
}

static void begin_now(struct receiver *r, struct job *job)
{
	r->running++;
	r->serving = job->id.slot;
	job->refused = false;
	job->record->begun = true;
	if (!begun_alike(&r->turn->meter, job))
		meter_begin(job);
	slot_deliver(r->slot, &job->job);
}

static void go_on(struct receiver *r);

static void came_due(struct timer *timer, uint64_t now)
{
	(void)now;
	go_on(container_of(timer, struct receiver, row.timer));
}

/* Begins what may begin; a job that is done at once comes back here. */
static void go_on(struct receiver *r)
{
	struct turn *t = r->turn;
	struct stand *s;
	uint64_t due;

	if (r->row.going || t->now || t->halted)
		return;
	r->row.going = true;
	while (!t->halted && r->running < r->parallel &&
	       (s = row_next(&r->row, clock_now()))) {
		row_begin(&r->row, s);
		t->waiting--;
		begin_now(r, job_at(s));
	}
	r->row.going = false;
	due = row_due(&r->row);
	r->row.timer.fire = came_due;
	if (due != NEVER && r->running < r->parallel)
		loop_arm(&t->worker->loop, &r->row.timer, due);
}

void job_begin(struct job *job)
{
	struct receiver *r = job->receiver;
	const struct sigslot_message *m = &job->job.message;

	if (!r->row.path) {
		begin_now(r, job);
		return;
	}
	row_add(&r->row, &job->stand, &(struct payload){m->payload, m->size});
	r->turn->waiting++;
	go_on(r);
}

/* Out of something for the moment: nobody is to blame, and it was no attempt. */
static bool passing(const struct slot_verdict *v)
{
	return !v->final && v->exit < 0 &&
	       (v->code == -EAGAIN || v->code == -EMFILE || v->code == -ENFILE);
}

/* What ended because the loop is to be down at once was no try, either. */
static bool undone(const struct receiver *r, const struct slot_verdict *v)
{
	return passing(v) || (v->code && r->turn->now);
}

static void measure(struct job *job, const struct slot_verdict *v)
{
	if (!undone(job->receiver, v))
		meter_end(job, v->code);
}

static void tell_waiting(struct receiver *r, const struct slot_verdict *v)
{
	char text[sizeof(v->reason) + 32];

	snprintf(text, sizeof(text), "%s; it waits for that", v->reason);
	tell_failure(r, text);
}

/* What is to become of the message. Returns when its job begins again; 0: never. */
static __attribute__((noinline)) uint64_t judge(struct job *job,
						const struct slot_verdict *v)
{
	struct receiver *r = job->receiver;
	bool not_now = passing(v);
	uint64_t due;

	if (not_now)
		tell_waiting(r, v);
	if (not_now && job->stand.link && !r->turn->now)
		return clock_now() + AGAIN_MS * NS_PER_MS;
	if (undone(r, v)) {
		job->record->again = true;
		return 0;
	}
	due = fate_meet(r, job->record, &job->id, &job->job, v);
	job->job.message.attempt += due != 0;
	if (job->stand.link)
		return due;
	job->record->again |= due != 0; /* it never stood in the row */
	job->record->due = due ?: job->record->due;
	return 0;
}

static void went_well(struct job *job, const struct slot_verdict *v)
{
	struct receiver *r = job->receiver;

	r->alike = 0;
	if (!r->spec.untimed)
		tell_outcome(r, &job->job, job->record, v);
}

static void leave(struct job *job)
{
	struct turn *t = job->receiver->turn;
	struct record *record = job->record;

	if (job->stand.link)
		row_leave(&job->receiver->row, &job->stand);
	if (job->id.once && !record->again)
		once_spent(t, job->id.once);
	routes_close(job->routes);
	pool_give(&t->job_pool, job);
	record_release(record);
}

void job_settle(struct job *job, const struct slot_verdict *v)
{
	struct receiver *r = job->receiver;
	struct turn *t = r->turn;
	struct intake *from = job->record->from;
	uint64_t due = 0;

	if (v->code || !ended_alike(&t->meter, job))
		measure(job, v);
	if (world_stale(t->worker->world))
		renew_worker(t->worker);
	if (v->code)
		due = judge(job, v);
	else
		went_well(job, v);
	r->running--;
	if (!job->beside && --t->busy_len == 0)
		t->busy = NULL;
	if (due) {
		row_hold(&r->row, &job->stand, due);
		t->waiting++;
	} else {
		leave(job);
	}
	if (r->row.path) {
		intake_settle(from); /* or it would come again after the next one */
		go_on(r);
	}
	turn_pump_later(t);
}

void job_unqueue(struct receiver *r)
{
	struct stand *next;

	for (struct stand *s = r->row.head; s; s = next) {
		struct job *job = job_at(s);

		next = s->next;
		if (s->begun)
			continue;
		r->turn->waiting--;
		job->record->again = true;
		leave(job);
	}
	loop_disarm(&r->turn->worker->loop, &r->row.timer);
}

static void forget(void *block)
{
	const struct job *job = block;

	routes_close(job->routes);
}

void job_forget(struct turn *t)
{
	loop_later_cancel(&t->forget);
	pool_lost(&t->lost_jobs, forget);
}

static void forget_later(struct later *l)
{
	job_forget(container_of(l, struct turn, forget));
}

/* One slot may have been closed by a callback of its own, which still has its job. */
void job_abandon(struct turn *t)
{
	vec_each(at, &t->receivers) {
		struct receiver *r = *at;

		t->waiting -= r->row.waiting;
		loop_disarm(&t->worker->loop, &r->row.timer);
		row_init(&r->row, r->row.path);
		r->running = 0;
	}
	pool_lose(&t->job_pool, &t->lost_jobs);
	if (t->lost_jobs.all)
		loop_later(&t->worker->loop, &t->forget, forget_later);
}
