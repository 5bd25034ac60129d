/* SPDX-License-Identifier: MIT */
/*
 * Measuring. Who emits may be another process, and its message may have survived a
 * reboot, so waiting is measured by the wall clock, and counts as none where that was
 * set back; what happens here is measured by the monotonic one.
 */
#include "worker/meter.h"

#include <stdlib.h>

#include "base/clock.h"
#include "state/stats.h"
#include "worker/job.h"

enum {
	QUICK_NS = 2000, /* a clock costs a fiftieth of that */
	QUICK_MOST = 64, /* after so many that were quick not each is timed */
};

/* Where there is no place to be had it goes nowhere, and is no error. */
static struct stats_place nowhere;

static struct stats_entry *slot_of(struct stats_entry *at, size_t cap, uint64_t key)
{
	size_t i = (key * 0x9e3779b97f4a7c15u >> 32) & (cap - 1);

	while (at[i].place && at[i].key != key)
		i = (i + 1) & (cap - 1);
	return &at[i];
}

static bool grow(struct stats_table *t)
{
	size_t cap = t->cap ? t->cap * 2 : 16;
	struct stats_entry *at = calloc(cap, sizeof(*at));

	if (!at)
		return false;
	for (size_t i = 0; i < t->cap; i++)
		if (t->at[i].place)
			*slot_of(at, cap, t->at[i].key) = t->at[i];
	free(t->at);
	t->at = at;
	t->cap = cap;
	return true;
}

static __attribute__((noinline)) struct stats_place *
find(struct worker *w, struct stats_key key, uint64_t number)
{
	struct stats_table *t = &w->stats;
	struct stats_entry *e;

	if (t->len * 2 >= t->cap && !grow(t))
		return &nowhere;
	e = slot_of(t->at, t->cap, number);
	*e = (struct stats_entry){number, stats_map(w->world->dir, key) ?: &nowhere};
	t->len++;
	return e->place;
}

/* Of the connection that it came by. */
static struct stats_place *place(struct worker *w, const struct job *job)
{
	struct stats_key key = {job->id.slot, job->record->from->id};
	const struct stats_table *t = &w->stats;
	struct stats_place *known;
	uint64_t number;

	if (!job->record->from->named)
		key.from = job->id.signal;
	number = (uint64_t)key.slot << 32 | key.from;
	known = t->cap ? slot_of(t->at, t->cap, number)->place : NULL;
	return known ? known : find(w, key, number);
}

/* A message that a command has in hand, which is begun and done by itself. */
static bool alone(const struct receiver *r)
{
	return r->lasting && !r->stream;
}

static void tell_waits(struct meter *m)
{
	if (m->waits)
		histogram_add(&m->waiting->wait, m->wait_ns, m->waits);
	m->waits = 0;
}

void meter_look(struct turn *t)
{
	tell_waits(&t->meter);
	t->meter.now = clock_now();
	t->meter.ahead = clock_wall() - t->meter.now;
}

/* Those that were emitted together and are begun together waited alike. */
static void add_wait(struct meter *m, struct job *job)
{
	uint64_t wall = m->now + m->ahead, sent = job->job.message.time_ns;

	tell_waits(m);
	m->waiting = job->stats;
	m->slot = job->id.slot;
	m->signal = job->id.signal;
	m->from = job->record->from;
	m->sent = sent;
	m->wait_ns = wall > sent ? wall - sent : 0;
	m->waits = 1;
}

static void tell_quick(struct meter *m, uint64_t took_ns)
{
	struct pace *pace = &m->receiver->pace;
	uint64_t mean = took_ns / m->len;

	if (mean <= QUICK_NS) {
		histogram_add(&m->stats->service, mean, m->len);
		pace->usual = mean ?: 1;
		return;
	}
	/* they were quick until now: one of them held up the others */
	if (m->len > 1)
		histogram_add(&m->stats->service, pace->usual, m->len - 1);
	histogram_add(&m->stats->service, took_ns - pace->usual * (m->len - 1), 1);
	*pace = (struct pace){0};
}

uint64_t meter_close(struct turn *t)
{
	struct meter *m = &t->meter;

	tell_waits(m);
	m->now = clock_now();
	if (m->len && m->receiver->stream)
		histogram_add(&m->stats->service, m->now - m->began, m->len);
	else if (m->len)
		tell_quick(m, m->now - m->began);
	m->len = 0;
	return m->now;
}

void meter_flush(struct turn *t)
{
	if (t->meter.len)
		meter_close(t);
	else
		tell_waits(&t->meter);
}

void meter_begin(struct job *job)
{
	struct turn *t = job->receiver->turn;
	struct meter *m = &t->meter;

	job->stats = place(t->worker, job);
	if (m->len && m->stats != job->stats)
		meter_close(t);
	if (alone(job->receiver))
		meter_look(t);
	job->began = m->now;
	if (job->job.message.attempt == 1)
		add_wait(m, job);
	if (alone(job->receiver))
		tell_waits(m); /* it may take long */
}

/* Timed by itself, as is the next one, which begins now. */
static void end_alone(struct job *job)
{
	struct receiver *r = job->receiver;
	struct meter *m = &r->turn->meter;
	uint64_t took_ns;

	tell_waits(m);
	m->now = clock_now();
	took_ns = m->now - job->began;
	histogram_add(&job->stats->service, took_ns, 1);
	r->pace.quick = took_ns <= QUICK_NS ? r->pace.quick + 1 : 0;
	if (r->pace.quick == QUICK_MOST)
		r->pace = (struct pace){.usual = took_ns ?: 1};
}

void meter_end(struct job *job, bool failed)
{
	struct receiver *r = job->receiver;
	struct meter *m = &r->turn->meter;

	if (failed)
		board_add(&job->stats->failed, 1);
	if (alone(r) || (!r->stream && !r->pace.usual)) {
		end_alone(job);
		return;
	}
	if (m->len && (m->stats != job->stats || m->began != job->began))
		meter_close(r->turn);
	m->receiver = r;
	m->stats = job->stats;
	m->began = job->began;
	m->len++;
}
