/* SPDX-License-Identifier: MIT */
/*
 * The account at the end of a run: what came in, went out, failed, was dropped, is
 * left.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "queue/drop.h"
#include "supervisor/super.h"

/*
 * Messages to loops that have stopped of their own accord have nowhere to go. The queue
 * is shut first, so that nobody is told that a message is in it which goes with it.
 */
static void drop_rest(struct supervisor *s)
{
	for (uint32_t i = 0; i < s->plan->loops_len; i++) {
		struct queue *q = NULL;
		int64_t n;

		if (queue_open(s->world.queues, s->plan->loops[i].name, s->identity, &q,
			       NULL) < 0)
			continue;
		queue_recover(q, 0, 0);
		queue_shut(q, true);
		n = queue_purge(q);
		queue_close(q);
		if (n <= 0)
			continue;
		board_add(&s->world.board->loops[i].dropped, (uint64_t)n);
		log_line("sigslot", "%lld message%s to '%s' dropped: it had stopped",
			 (long long)n, n == 1 ? "" : "s", s->plan->loops[i].name);
	}
}

/* Those of loops are told of in the sum: they are nobody else's. */
static void tell_kept(const struct supervisor *s)
{
	for (uint32_t i = 0; i < s->plan->queues_len; i++) {
		const char *name = s->plan->queues[i].name;
		struct queue_counts n;

		if (queue_peek(s->world.queues, name, &n, NULL) == 0 && n.records)
			log_line("sigslot", "queue '%s' keeps %llu message%s", name,
				 (unsigned long long)n.records,
				 n.records == 1 ? "" : "s");
	}
}

/* What was dropped as connections say, queue by queue. Returns how much it was. */
static uint64_t tell_dropped(const struct supervisor *s)
{
	const struct routes *r = s->world.routes;
	uint64_t sum = 0;

	for (uint32_t i = 0; i < world_control(&s->world); i++) {
		const char *name = routes_text(r, routes_queue(r, i)->name);
		const struct queue_counts *before = &s->before[i];
		struct queue_counts now;

		if (queue_peek(s->world.queues, name, &now, NULL) < 0)
			continue;
		for (unsigned full = 0; full < QUEUE_FULLS; full++) {
			uint64_t n = queue_dropped_by(&now, full) -
				     queue_dropped_by(before, full);

			sum += n;
			if (n)
				log_line("sigslot",
					 "queue '%s' was full: %llu dropped (%s)", name,
					 (unsigned long long)n, queue_full_text(full));
		}
	}
	return sum;
}

void account_begin(struct supervisor *s)
{
	const struct routes *r = s->world.routes;

	if (routes_generation(r) == 1)
		return; /* nothing was there */
	for (uint32_t i = 0; i < world_control(&s->world); i++)
		queue_peek(s->world.queues, routes_text(r, routes_queue(r, i)->name),
			   &s->before[i], NULL);
}

int account_settle(struct supervisor *s)
{
	bool whole = !s->cut_short && !s->given_up;
	uint64_t in = 0, out = 0, failed = 0, dead = 0, gone = 0, dropped, left;
	bool unwritten = false;
	char given_up[40] = "";

	if (whole)
		drop_rest(s);
	dropped = tell_dropped(s) + s->guests_dropped;
	left = instance_queued(&s->world);
	for (uint32_t i = 0; i < s->plan->loops_len; i++) {
		const struct board_loop *b = &s->world.board->loops[i];

		in += b->in;
		out += b->out;
		failed += b->failed;
		dead += b->dead;
		gone += b->disconnected;
		dropped += b->dropped + b->disconnected + b->misfit;
		unwritten = unwritten || b->unwritten;
	}
	if (gone)
		log_line("sigslot", "%llu dropped (disconnected)",
			 (unsigned long long)gone);
	if (dead)
		snprintf(given_up, sizeof(given_up), "%llu dead, ",
			 (unsigned long long)dead);
	log_line("sigslot",
		 "'%s' ended: %llu messages in, %llu out, %llu failed, %s%llu "
		 "dropped, %llu kept",
		 s->plan->name, (unsigned long long)in, (unsigned long long)out,
		 (unsigned long long)failed, given_up, (unsigned long long)dropped,
		 (unsigned long long)left);
	tell_kept(s);
	if (left)
		log_line("sigslot",
			 "run it again to go on with what was kept, or "
			 "'sigslot clean --force %s' to drop it",
			 s->plan->name);
	if (!whole || dead || s->status)
		return s->status ? s->status : 1;
	return unwritten || (s->options->strict && dropped) ? 74 : 0;
}
