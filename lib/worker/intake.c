/* SPDX-License-Identifier: MIT */
/*
 * Taking messages from a queue: how many, when, and for whom.
 */
#include "worker/intake.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "worker/receiver.h"
#include "worker/turn.h"

enum {
	RETRY_MS = 100,
	QUICK_NS = 1000000, /* done within that, a batch may be twice as large */
	SHARED_BATCH = 16,
	SHARED_STREAM = 16, /* messages that a filter has not read yet */
};

static void wake(struct intake *in)
{
	in->empty = false;
	turn_pump(in->turn);
}

static void bell(struct watch *w, uint32_t events)
{
	(void)events;
	wake(container_of(w, struct intake, bell));
}

static void came_due(struct timer *timer, uint64_t now)
{
	(void)now;
	wake(container_of(timer, struct intake, due));
}

static void look_again(struct intake *in, uint64_t due)
{
	in->due.fire = came_due;
	loop_arm(&in->turn->worker->loop, &in->due, due);
}

/*
 * Where a message can take long, no more are claimed than are begun, so that a crash
 * counts as an attempt of these alone.
 */
static void limit(struct intake *in, const struct receiver *r)
{
	if (!r->lasting || r->stream)
		return;
	if (in->batch != 1 || r->parallel > in->most)
		in->most = r->parallel;
	in->batch = 1;
}

/* What a newer message may replace stays in the queue until it is begun. */
static void take_late(struct intake *in)
{
	if (in->batch > 1)
		in->most = 1;
	in->batch = 1;
	in->apart = true;
}

void intake_pace(struct intake *in)
{
	const struct world *w = in->turn->worker->world;
	const struct route_queue *q = routes_queue(w->routes, in->index);
	bool evicting = q && q->flags & ROUTE_EVICTING;

	in->batch = INTAKE_BATCH;
	in->most = UINT32_MAX;
	in->apart = in->named;
	vec_each(taker, &in->takers)
		limit(in, taker->receiver);
	if (in->named) {
		in->last = in->takers.len - 1; /* then the first one's turn comes */
		in->adapts = in->batch > 1 && !evicting;
		in->batch = 1;
		in->most = UINT32_MAX; /* the takers say when */
		return;
	}
	vec_each(receiver, &in->turn->receivers)
		limit(in, *receiver);
	if (evicting)
		take_late(in);
}

int intake_add_taker(struct intake *in, uint32_t slot)
{
	uint32_t plan_slot = world_slot(in->turn->worker->world, slot);
	struct receiver *r =
		plan_slot == PLAN_NONE ? NULL : turn_receiver(in->turn, plan_slot);
	struct taker *at = r ? vec_add(&in->takers) : NULL;

	if (at)
		*at = (struct taker){.receiver = r, .slot = slot};
	return at || !r ? 0 : -ENOMEM;
}

int intake_init(struct intake *in, struct turn *t, uint32_t index,
		struct sigslot_error *err)
{
	const struct world *w = t->worker->world;
	int r;

	*in = (struct intake){.turn = t, .empty = true, .index = index};
	in->named = index != t->index;
	strncpy(in->name, routes_text(w->routes, routes_queue(w->routes, index)->name),
		sizeof(in->name) - 1);
	in->id = routes_find(w->routes, in->name, "", ROUTE_OBJECT);
	intake_pace(in);
	r = queue_open(w->queues, in->name, t->worker->identity, &in->queue, err);
	if (r == 0)
		warn_begin(&in->gauge, in->queue);
	return r;
}

void intake_done(struct intake *in)
{
	vec_done(&in->takers);
	vec_done(&in->acks);
	queue_close(in->queue);
	queue_close(in->dead);
}

static bool ended(const struct taker *taker)
{
	return !taker->receiver->slot || taker->receiver->ended;
}

static bool able(const struct intake *in, const struct taker *taker)
{
	const struct receiver *r = taker->receiver;

	if (ended(taker) || (r->stream && r->running >= SHARED_STREAM))
		return false;
	return receiver_free_for(r, in->turn);
}

static bool anybody(const struct intake *in,
		    bool (*is)(const struct intake *, const struct taker *))
{
	for (size_t i = 0; i < in->takers.len; i++)
		if (is(in, &in->takers.at[i]))
			return true;
	return false;
}

static bool lives(const struct intake *in, const struct taker *taker)
{
	(void)in;
	return !ended(taker);
}

/* A loop that goes down by itself leaves named queues to others, or its next start. */
static bool leaving(const struct turn *t)
{
	return t->goal == PHASE_DOWN;
}

/*
 * What stands behind others of its key counts as not begun, but where a newer message
 * may replace it as long as it is in the queue.
 */
static unsigned under_way(const struct intake *in)
{
	unsigned open = in->turn->open, waiting = in->turn->waiting;

	if (in->apart)
		return open;
	return waiting < open ? open - waiting : 0;
}

/* A loop that stops begins what was in its own queue then, and nothing else. */
bool intake_willing(const struct intake *in)
{
	bool stopping = in->turn->end_seq != UINT64_MAX;

	if (in->named)
		return !leaving(in->turn) && anybody(in, able);
	return under_way(in) < in->most && !(stopping && in->empty);
}

bool intake_idle(const struct intake *in)
{
	bool stopping = in->turn->end_seq != UINT64_MAX;
	bool nothing = in->empty || (in->named && !anybody(in, lives));

	if (in->named && leaving(in->turn))
		return !in->acks.len;
	return nothing && (stopping || !timer_armed(&in->due)) && !in->acks.len;
}

/*
 * Acknowledges what is done, and claims when `max` is not 0. Returns how many. While a
 * stopped process holds the queue nothing is done, and it is tried again.
 */
static unsigned turn_over(struct intake *in, struct claim *out, unsigned max)
{
	struct sigslot_error err; /* large: not cleared each time */
	int n;

	err.text[0] = '\0';
	n = queue_turn(in->queue, in->acks.at, in->acks.len, out, max, &err);
	if (n != -ETIMEDOUT)
		in->acks.len = 0;
	if (max)
		in->empty = n == 0;
	if (n >= 0)
		return (unsigned)n;
	log_line("sigslot", "%s", err.text);
	if (n == -ETIMEDOUT)
		look_again(in, clock_now() + RETRY_MS * NS_PER_MS);
	else
		worker_say(in->turn->worker, WIRE_FAULT, in->turn->index, (uint64_t)-n);
	return 0;
}

static void adapt(struct intake *in)
{
	uint64_t now = clock_now();

	if (now - in->claimed >= QUICK_NS)
		in->batch = 1;
	else if (in->batch < SHARED_BATCH)
		in->batch *= 2;
	in->claimed = now;
}

void intake_doubt(struct intake *in)
{
	in->doubted = true;
	in->turn->worker->doubts++;
}

void intake_trust(struct intake *in)
{
	struct worker *w = in->turn->worker;

	if (!in->doubted)
		return;
	in->doubted = false;
	if (--w->doubts == 0)
		turn_pump_all(w);
}

/* What was tried before comes first: then there is nothing more of it. */
static bool is_new(const struct claim *c)
{
	return c->attempt <= (c->envelope.connection & ROUTE_AGAIN ? 2 : 1);
}

unsigned intake_claim(struct intake *in, struct claim *out)
{
	uint64_t due;
	unsigned n;

	if (in->adapts)
		adapt(in);
	in->deaf = false;
	n = turn_over(in, out, in->doubted ? 1 : in->batch);
	if (!n || is_new(out))
		intake_trust(in);
	due = in->empty ? queue_due(in->queue) : NEVER;
	if (due != NEVER)
		look_again(in, due);
	return n;
}

void intake_settle(struct intake *in)
{
	if (in->acks.len)
		turn_over(in, NULL, 0);
}

void intake_ack(struct intake *in, const struct claim *c)
{
	struct claim *ack;

	if (in->acks.len >= INTAKE_BATCH)
		intake_settle(in);
	ack = vec_push(&in->acks);
	if (ack)
		*ack = *c;
}

/* Of those that can, or else of those that live, the next with the least to do. */
struct taker *intake_choose(struct intake *in)
{
	bool (*is)(const struct intake *, const struct taker *) =
		anybody(in, able) ? able : lives;
	struct taker *best = NULL;

	for (size_t i = 1; i <= in->takers.len; i++) {
		size_t k = (in->last + i) % in->takers.len;
		struct taker *taker = &in->takers.at[k];

		if (is(in, taker) &&
		    (!best || taker->receiver->running < best->receiver->running))
			best = taker;
	}
	if (best)
		in->last = (size_t)(best - in->takers.at);
	return best;
}

void intake_watch(struct intake *in)
{
	bool listens = turn_willing(in->turn) && intake_willing(in);

	if (!in->bell.loop)
		loop_watch(&in->turn->worker->loop, &in->bell, queue_data_fd(in->queue),
			   EPOLLIN, bell);
	loop_rewatch(&in->bell, listens ? EPOLLIN : 0);
	if (listens && in->deaf)
		turn_pump_later(in->turn); /* a bell that is silent tells nothing */
	in->deaf = in->deaf || !listens;
}

void intake_unwatch(struct intake *in)
{
	loop_unwatch(&in->bell);
	loop_disarm(&in->turn->worker->loop, &in->due);
}
