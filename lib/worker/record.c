/* SPDX-License-Identifier: MIT */
/*
 * Claimed messages: each from the moment it is begun until its queue is told what
 * became of it.
 */
#include "worker/record.h"

#include "base/clock.h"

enum { AGAIN_MS = 100 };

struct record *record_begin(struct turn *t)
{
	struct record *r = pool_take(&t->record_pool, sizeof(*r));

	if (!r)
		return NULL;
	/* one by one: to clear it all first takes longer */
	r->turn = t;
	r->from = t->claimed;
	r->next = t->records;
	r->place = &t->records;
	r->claim = t->claims[t->next++];
	r->pending = r->receivers = 0;
	r->walked = r->begun = r->again = false;
	r->due = 0;
	r->copy = NULL;
	if (r->next)
		r->next->place = &r->next;
	t->records = r;
	t->open++;
	return r;
}

static void forget(struct record *r)
{
	struct turn *t = r->turn;

	*r->place = r->next;
	if (r->next)
		r->next->place = r->place;
	t->open--;
	if (t->worker->doubts && !t->open)
		turn_pump_all(t->worker);
	free(r->copy);
	pool_give(&t->record_pool, r);
}

static uint64_t again_at(const struct record *r)
{
	return r->due ? r->due : clock_now() + AGAIN_MS * NS_PER_MS;
}

static void settle(struct record *r)
{
	struct turn *t = r->turn;

	bool next =
		t->keeps && r->from == t->intakes.at[0] && r->claim.seq >= t->end_seq;

	if (r->again)
		queue_return(r->from->queue, &r->claim,
			     t->now || next ? 0 : again_at(r),
			     t->now ? r->begun : r->due != 0);
	else
		intake_ack(r->from, &r->claim);
	forget(r);
}

/* Its ends are not there before they differ. */
static uint64_t *ends_of(struct record *r)
{
	struct claim *c = &r->claim;

	if (!c->split)
		c->ends[0] = c->ends[1] = 0;
	c->split = true;
	return c->ends;
}

static void end_all(struct record *r, enum queue_end end)
{
	if (end > r->claim.end)
		r->claim.end = (uint16_t)end;
}

void record_end(struct record *r, unsigned place, enum queue_end end)
{
	queue_end_note(ends_of(r), place, end);
	end_all(r, end);
}

static bool some_missed(const struct walk *w)
{
	return w->ends[0] || w->ends[1];
}

/* Those that had gone; one that had no other receivers goes with them. */
static void end_missed(struct record *r, const struct walk *w)
{
	uint64_t *ends = ends_of(r);

	for (unsigned i = 0; i < QUEUE_END_PLACES; i++)
		queue_end_note(ends, i, queue_end_of(w->ends, i));
	if (r->receivers)
		return;
	if (!some_missed(w))
		queue_end_note(ends, 0, QUEUE_CUT_OFF);
	end_all(r, w->spent && !w->missed ? QUEUE_SPENT : QUEUE_CUT_OFF);
}

void record_walked(struct record *r)
{
	const struct walk *w = &r->turn->walk;

	r->claim.account = w->account;
	if (!r->receivers || some_missed(w))
		end_missed(r, w);
	r->walked = true;
	if (!r->pending)
		settle(r);
}

void record_release(struct record *r)
{
	if (--r->pending == 0 && r->walked)
		settle(r);
}

void record_abandon(struct record *r)
{
	queue_return(r->from->queue, &r->claim, 0, r->begun);
	forget(r);
}
