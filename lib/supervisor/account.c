/* SPDX-License-Identifier: MIT */
/*
 * The account at the end of a run: what came in, went out, failed, was dropped, is
 * left.
 */
#include <string.h>

#include "base/log.h"
#include "queue/queue.h"
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

int account_settle(struct supervisor *s)
{
	bool whole = !s->cut_short && !s->given_up;
	uint64_t in = 0, out = 0, failed = 0, dropped = 0, left;

	if (whole)
		drop_rest(s);
	left = instance_queued(&s->world);
	for (uint32_t i = 0; i < s->plan->loops_len; i++) {
		const struct board_loop *b = &s->world.board->loops[i];

		in += b->in;
		out += b->out;
		failed += b->failed;
		dropped += b->dropped + b->misfit;
	}
	log_line("sigslot",
		 "'%s' ended: %llu messages in, %llu out, %llu failed, %llu "
		 "dropped, %llu kept",
		 s->plan->name, (unsigned long long)in, (unsigned long long)out,
		 (unsigned long long)failed, (unsigned long long)dropped,
		 (unsigned long long)left);
	tell_kept(s);
	if (left)
		log_line("sigslot",
			 "run it again to go on with what was kept, or "
			 "'sigslot clean --force %s' to drop it",
			 s->plan->name);
	if (!whole)
		return 1;
	return s->options->strict && dropped ? 74 : 0;
}
