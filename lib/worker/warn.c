/* SPDX-License-Identifier: MIT */
/*
 * Who is behind, and how fast it goes. That a queue was told of stands on the board, as
 * several processes see it.
 */
#include "worker/warn.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "worker/flow.h"
#include "worker/outlet.h"
#include "worker/turn.h"

enum {
	LOOK_MS = 10,
	CROWDED = 80, /* per cent */
	CALM = 50,
	PAUSE_S = 60, /* between two warnings of a queue that fills up and is emptied */
	WAIT_S = 5,
	LATELY_S = 10,
	FEW = 8, /* messages: a queue for less is as good as always full */
};

enum { WHO = 160, RATE = 80 };

/* The one slot that a loop has; NULL: it has several. */
static const struct plan_slot *only_slot(const struct plan *p, uint32_t loop)
{
	const struct plan_slot *found = NULL;

	for (uint32_t i = 0; i < p->slots_len; i++) {
		const struct plan_slot *s = &p->slots[i];

		if (s->loop != loop || s->kind == PLAN_MEMBER || s->kind == PLAN_SOURCE)
			continue;
		if (found)
			return NULL;
		found = s;
	}
	return found;
}

/* "slot 'a.in' is", "loop 'a' is", or how many they are. */
static void name_takers(const struct world *w, uint32_t queue, char out[static WHO])
{
	struct flow f = {w->routes, w->board};
	uint32_t loop = flow_only_taker(&f, queue), len = 0;
	const struct plan_slot *only = NULL;
	char slot[132] = "";

	if (loop == FLOW_NONE) {
		while (flow_taker(&f, queue, len) != FLOW_NONE)
			len++;
		snprintf(out, WHO, "its %u slots are", len);
		return;
	}
	flow_slot(&f, loop, slot);
	if (!*slot)
		only = only_slot(w->plan, loop);
	if (only)
		snprintf(slot, sizeof(slot), "%s.%s",
			 plan_owner_name(w->plan, only->owner, only->owned_by),
			 only->name);
	if (*slot)
		snprintf(out, WHO, "slot '%s' is", slot);
	else
		snprintf(out, WHO, "loop '%s' is", f.board->loops[loop].name);
}

/* ": 3.1 messages/s are done and 250 come", if so much is known of the last time. */
static void name_rate(const struct gauge *g, const struct queue_counts *n, uint64_t now,
		      char out[static RATE])
{
	uint64_t ns = now - g->old.time;
	double done = (double)(n->acked - g->old.acked) * 1e9 / (double)ns;
	double come = (double)(n->pushed - g->old.pushed) * 1e9 / (double)ns;

	*out = '\0';
	if (g->old.time && ns >= LOOK_MS * NS_PER_MS && ns <= LATELY_S * NS_PER_S)
		snprintf(out, RATE, ": %.*f messages/s are done and %.*f come",
			 done < 10, done, come < 10, come);
}

static void mark(struct gauge *g, const struct queue_counts *n, uint64_t now)
{
	struct gauge_mark here = {now, n->pushed, n->acked};

	if (!g->last.time)
		g->old = g->last = here;
	if (now - g->last.time < NS_PER_S)
		return;
	g->old = g->last;
	g->last = here;
}

static unsigned percent(const struct queue_counts *n)
{
	uint64_t bytes = n->used * 100 / n->size;
	uint64_t records = n->limit ? n->records * 100 / n->limit : 0;

	return (unsigned)(bytes > records ? bytes : records);
}

/* Its word: when it was told of last, in seconds, and whether it may not be again. */
static uint32_t *word_of(const struct world *w, uint32_t queue)
{
	uint32_t loops = routes_loops_len(w->routes);
	struct board *b = w->board;

	if (!b)
		return NULL;
	if (queue < loops)
		return queue < b->loops_len ? &b->loops[queue].warned : NULL;
	return queue - loops < b->queues_len ? &board_queue(b, queue - loops)->warned
					     : NULL;
}

/* Of all who see that it is crowded one may tell it. */
static bool may_tell(uint32_t *word, uint64_t now)
{
	uint32_t was = __atomic_load_n(word, __ATOMIC_RELAXED);
	uint32_t second = (uint32_t)(now / NS_PER_S) & (UINT32_MAX >> 1);

	if (was & 1 || (was && second - (was >> 1) < PAUSE_S))
		return false;
	return __atomic_compare_exchange_n(word, &was, second << 1 | 1, false,
					   __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

static void tell_crowded(const struct gauge *g, const struct world *w, uint32_t queue,
			 const struct queue_counts *n, uint64_t now)
{
	struct flow f = {w->routes, w->board};
	char who[WHO], rate[RATE];
	bool named = queue >= routes_loops_len(w->routes);

	name_takers(w, queue, who);
	name_rate(g, n, now, rate);
	log_line("sigslot", "%s '%s' is %u %% full, with %llu messages; %s behind%s",
		 named ? "queue" : "the queue of loop", flow_name(&f, queue),
		 percent(n), (unsigned long long)n->records, who, rate);
}

void warn_begin(struct gauge *g, const struct queue *q)
{
	struct queue_counts n;

	if (queue_counts(q, &n) == 0)
		mark(g, &n, clock_now());
}

void warn_look(struct gauge *g, const struct world *w, uint32_t queue,
	       const struct queue *q, uint64_t now)
{
	uint32_t *word = word_of(w, queue);
	struct queue_counts n;
	bool low;

	if (now - g->looked < LOOK_MS * NS_PER_MS || !word)
		return;
	g->looked = now;
	if (queue_counts(q, &n) < 0)
		return;
	low = percent(&n) < CALM;
	if (low)
		__atomic_fetch_and(word, ~1u, __ATOMIC_RELAXED);
	g->lows += low && !g->low;
	g->low = low;
	if (percent(&n) >= CROWDED && (!n.limit || n.limit >= FEW) &&
	    may_tell(word, now))
		tell_crowded(g, w, queue, &n, now);
	mark(g, &n, now);
}

void warn_wait(struct turn *t)
{
	const struct world *w = t->worker->world;
	struct flow f = {w->routes, w->board};
	uint32_t queue = flow_behind(&f, t->index);
	struct outlet *out =
		queue == FLOW_NONE ? NULL : outbox_waiting(&t->worker->outbox, t);
	uint64_t now = clock_now();
	char who[WHO], rate[RATE] = ", and takes nothing";
	struct queue_counts n;

	if (!out || out->index != queue || now - out->since < WAIT_S * NS_PER_S)
		return;
	warn_look(&out->gauge, w, queue, out->queue, now);
	if (t->jam.warned == out->gauge.lows + 1 || queue_counts(out->queue, &n) < 0)
		return;
	t->jam.warned = out->gauge.lows + 1;
	name_takers(w, queue, who);
	if (now - out->stuck < WAIT_S * NS_PER_S)
		name_rate(&out->gauge, &n, now, rate);
	log_line("sigslot",
		 "loop '%s' has waited for %d s for room in the queue of '%s'; %s "
		 "behind%s",
		 t->board->name, WAIT_S, flow_name(&f, queue), who, rate);
}

void warn_look_back(struct turn *t)
{
	for (unsigned i = 0; i < t->intakes.len; i++) {
		struct intake *in = t->intakes.at[i];

		warn_look(&in->gauge, t->worker->world, in->index, in->queue,
			  t->board->begun);
	}
}
