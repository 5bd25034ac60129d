/* SPDX-License-Identifier: MIT */
/*
 * A loop of the topology: claim, walk the receivers, acknowledge.
 *
 * A record is acknowledged when each of its jobs is done and each of its outputs is in
 * the queue of every receiver, so a crash at any point repeats work and loses none.
 */
#include "worker/turn.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "worker/fate.h"
#include "worker/forward.h"
#include "worker/job.h"
#include "worker/life.h"
#include "worker/receiver.h"
#include "worker/record.h"
#include "worker/renew.h"
#include "worker/tick.h"

enum { OUTGOING_MOST = 1024, OUTGOING_BYTES = 4 << 20 };

/* How many batches in a row, and how long at most. */
enum { SEVERAL = 4, SEVERAL_NS = 200000 };

int turn_new(struct worker *w, uint32_t index, struct sigslot_error *err)
{
	const struct world *world = w->world;
	struct turn *t = w->turns[index] = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return fail(err, -ENOMEM, "out of memory");
	*t = (struct turn){.worker = w, .index = index};
	t->plan = w->adopted ? plan_share(w->adopted) : NULL;
	t->board = &world->board->loops[index];
	t->end_seq = UINT64_MAX;
	r = receiver_add_all(t, err);
	if (r == 0 && !renew_add_intake(t, index, err))
		r = err->code ? err->code : -ENOMEM;
	t->claims = malloc(INTAKE_BATCH * sizeof(*t->claims));
	if (r == 0 && !t->claims)
		r = -ENOMEM;
	return r == 0 ? tick_add_all(t) : r;
}

void turn_free(struct turn *t)
{
	vec_each(r, &t->receivers)
		receiver_free(*r);
	vec_each(k, &t->ticks)
		free(*k);
	vec_each(in, &t->intakes) {
		intake_done(*in);
		free(*in);
	}
	walk_done(&t->walk);
	vec_done(&t->intakes);
	vec_done(&t->blown);
	vec_done(&t->receivers);
	vec_done(&t->ticks);
	free(t->claims);
	pool_done(&t->record_pool);
	loop_later_cancel(&t->again);
	job_forget(t);
	pool_done(&t->job_pool);
	plan_free(t->plan);
	free(t);
}

struct receiver *turn_receiver(struct turn *t, uint32_t plan_slot)
{
	const struct plan *p = t->worker->world->plan;
	const struct plan_slot *s = &p->slots[plan_slot];

	vec_each(r, &t->receivers)
		if ((*r)->plan_slot == plan_slot ||
		    (s->kind == PLAN_PLUGIN_SLOT && (*r)->object == s->owned_by &&
		     p->slots[(*r)->plan_slot].kind == PLAN_PLUGIN_SLOT))
			return *r;
	return NULL;
}

void turn_abandon(struct turn *t)
{
	while (t->records)
		record_abandon(t->records);
	t->current = NULL;
	t->busy = NULL;
	t->busy_len = 0;
}

bool turn_idle(const struct turn *t)
{
	for (unsigned i = 0; i < t->intakes.len; i++)
		if (!intake_idle(t->intakes.at[i]))
			return false;
	return !t->open && !t->current && t->next == t->claims_len && !t->outgoing &&
	       !t->busy_len;
}

/* The outbox may hold so much of one loop; beyond it the loop takes nothing more. */
static void hold(struct turn *t, bool held)
{
	if (t->held == held)
		return;
	t->held = held;
	vec_each(r, &t->receivers)
		if ((*r)->slot)
			slot_hold((*r)->slot, held);
	if (!held)
		vec_each(k, &t->ticks)
			ticker_wake(&(*k)->ticker);
}

void turn_outgoing(struct turn *t, int copies, size_t size)
{
	t->outgoing += (size_t)copies;
	t->outgoing_bytes += (size_t)copies * size;
	if (t->now)
		return; /* what its slots still write is read to the end */
	if (t->outgoing >= OUTGOING_MOST || t->outgoing_bytes >= OUTGOING_BYTES)
		hold(t, true);
	else if (t->held && t->outgoing <= OUTGOING_MOST / 2 &&
		 t->outgoing_bytes <= OUTGOING_BYTES / 2)
		hold(t, false);
}

/* Takes the next claimed message up. False: there is none that may be begun. */
static bool begin(struct turn *t)
{
	struct record *r = t->next == t->claims_len || t->now || t->halted
				   ? NULL
				   : record_begin(t);

	if (!r)
		return false;
	t->current = r;
	renew_for(t->worker, &r->claim.envelope);
	r->again = !walk_begin(t, r);
	board_add(&t->board->in, 1);
	return true;
}

/* The current message has no more receivers; one that never had any was cut off. */
static void conclude(struct turn *t)
{
	struct record *r = t->current;
	const struct walk *w = &t->walk;

	if (!r->again) {
		board_add(&t->board->disconnected, w->missed);
		board_add(&t->board->spent, w->spent);
		if (!r->receivers && !w->missed && !w->spent)
			board_add(&t->board->dropped, 1);
	}
	t->current = NULL;
	record_walked(r);
}

static void pass_on(struct turn *t, const struct station *at)
{
	int r = forward_record(t, t->current, at);

	t->current->receivers += r > 0;
	t->current->again = t->current->again || r < 0;
}

/* Gives jobs until one has to be waited for. True: all that was claimed is begun. */
static bool step(struct turn *t)
{
	if (t->now && t->current) {
		t->current->again = true; /* it had waited for its turn */
		conclude(t);
	}
	while (t->current || begin(t)) {
		const struct station *at = walk_at(t, t->current);

		if (!at) {
			conclude(t);
			continue;
		}
		if (at->receiver && !fate_waits(t->current, &at->id) &&
		    !receiver_free_for(at->receiver, t))
			return false;
		t->walk.next++;
		if (!at->receiver)
			pass_on(t, at);
		if (!at->receiver || t->current->due)
			continue;
		t->current->receivers++;
		receiver_deliver(at, t->current);
	}
	return t->next == t->claims_len;
}

/* What came to its own queue after a stop is not begun any more. */
static void give_back(struct turn *t)
{
	const struct intake *in = t->claimed;
	unsigned keep = 0;

	if (!t->now && t->end_seq == UINT64_MAX)
		return;
	for (unsigned i = 0; i < t->claims_len; i++)
		if (t->now ||
		    (in == t->intakes.at[0] && t->claims[i].seq >= t->end_seq))
			queue_return(in->queue, &t->claims[i], 0, false);
		else
			t->claims[keep++] = t->claims[i];
	if (keep < t->claims_len)
		t->claimed->empty = true;
	t->claims_len = keep;
}

void turn_unclaim(struct turn *t)
{
	for (unsigned i = t->next; i < t->claims_len; i++)
		queue_return(t->claimed->queue, &t->claims[i], 0, false);
	t->next = t->claims_len = 0;
	vec_each(r, &t->receivers)
		job_unqueue(*r);
}

void turn_end(struct turn *t, uint64_t seq)
{
	for (unsigned i = t->next; i < t->claims_len; i++)
		queue_return(t->claimed->queue, &t->claims[i], 0, false);
	t->next = t->claims_len = 0;
	t->claimed->empty = true;
	t->keeps = true;
	if (seq < t->end_seq)
		t->end_seq = seq;
}

static void fill(struct turn *t, struct intake *in)
{
	outbox_flush(&t->worker->outbox);
	t->claimed = in;
	t->next = 0;
	t->claims_len = intake_claim(in, t->claims);
	give_back(t);
	if (t->claims_len)
		meter_look(t);
}

void turn_doubt(struct turn *t)
{
	for (unsigned i = 0; i < t->intakes.len; i++)
		intake_doubt(t->intakes.at[i]);
}

void turn_trust(struct turn *t)
{
	for (unsigned i = 0; i < t->intakes.len; i++)
		intake_trust(t->intakes.at[i]);
}

void turn_pump_all(struct worker *w)
{
	for (uint32_t i = 0; i < w->world->plan->loops_len; i++)
		if (w->turns[i])
			turn_pump_later(w->turns[i]);
}

/* Whether something is under way that must be alone. */
static bool kept_apart(const struct worker *w)
{
	for (uint32_t i = 0; w->doubts && i < w->world->plan->loops_len; i++)
		if (w->turns[i] &&
		    (w->turns[i]->open || w->turns[i]->claims_len > w->turns[i]->next))
			return true;
	return false;
}

bool turn_willing(const struct turn *t)
{
	return !kept_apart(t->worker) && t->up && !t->now && !t->halted && !t->held &&
	       t->begun < PHASE_FINISHED && !t->current && t->next == t->claims_len;
}

/*
 * A batch from each queue that has something, first from the one after the last.
 * Returns whether there was something.
 */
static bool take_turns(struct turn *t)
{
	unsigned len = (unsigned)t->intakes.len, first = t->first;
	bool some = false;

	for (unsigned i = 0; i < len && turn_willing(t); i++) {
		unsigned index = (first + i) % len;
		struct intake *in = t->intakes.at[index];

		if ((in->empty && !in->deaf) || !intake_willing(in))
			continue;
		fill(t, in);
		if (t->claims_len)
			t->first = (index + 1) % len;
		some = some || t->claims_len;
		step(t);
	}
	return some;
}

/*
 * To come back costs a look at all that this process waits for: while messages are
 * quick a few more are taken at once, so few that the other loops do not notice.
 */
static void take_several_turns(struct turn *t)
{
	uint64_t until = clock_now() + SEVERAL_NS;

	for (int i = 0; i < SEVERAL && take_turns(t) && meter_close(t) < until; i++)
		;
}

/* An acknowledgement waits for the next claim only where there will be one at once. */
static void settle_all(struct turn *t)
{
	for (unsigned i = 0; i < t->intakes.len; i++) {
		struct intake *in = t->intakes.at[i];

		if (in->empty || !turn_willing(t) || !intake_willing(in))
			intake_settle(in);
	}
}

void turn_look(struct turn *t)
{
	for (unsigned i = 0; i < t->intakes.len; i++)
		t->intakes.at[i]->empty = false;
}

static void pump_again(struct later *l)
{
	turn_pump(container_of(l, struct turn, again));
}

void turn_pump_later(struct turn *t)
{
	if (!t->stepping)
		loop_later(&t->worker->loop, &t->again, pump_again);
}

void turn_pump(struct turn *t)
{
	uint64_t in = t->board->in;

	if (t->stepping)
		return;
	t->stepping = true;
	meter_flush(t);
	if (t->current || t->next < t->claims_len)
		meter_look(t); /* what is left of a batch may have waited */
	if (step(t))
		take_several_turns(t);
	settle_all(t);
	meter_flush(t);
	t->stepping = false;
	if (t->board->in != in) {
		t->board->begun = t->meter.now;
		warn_look_back(t);
	}
	t->board->busy = t->open || t->outgoing;
	turn_show(t);
	for (unsigned i = 0; t->up && i < t->intakes.len; i++)
		intake_watch(t->intakes.at[i]);
	life_check(t);
}
