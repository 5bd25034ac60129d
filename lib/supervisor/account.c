/* SPDX-License-Identifier: MIT */
/*
 * The account at the end of a run: what came in, went out, failed, was dropped, is
 * left.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "object/books.h"
#include "queue/drop.h"
#include "supervisor/remains.h"

/* What stood in the books of a queue when the run began. */
struct opening {
	struct sigslot_balance balance;
	struct books books;
};

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

/* What a queue of the routes had; its index there grows with the loops. */
static struct opening *before(const struct supervisor *s, uint32_t queue)
{
	uint32_t loops = s->plan->loops_len;

	return &s->before[queue < loops ? queue
					: s->world.board->loops_room + queue - loops];
}

/* Of a queue of the routes. False: it is not there, or its counts make no sense. */
static bool read_balance(const struct supervisor *s, uint32_t queue,
			 struct sigslot_balance *ret)
{
	const struct routes *r = s->world.routes;
	const char *name = routes_text(r, routes_queue(r, queue)->name);
	struct queue_counts n;

	if (queue_peek(s->world.queues, name, &n, NULL) < 0)
		return false;
	ledger_read(&n, ret);
	return true;
}

static uint32_t room(const struct supervisor *s)
{
	return s->world.board->loops_room + s->world.board->queues_room;
}

/* Also where nothing was before: a durable queue is older than the instance. */
int account_begin(struct supervisor *s)
{
	uint32_t first =
		routes_generation(s->world.routes) > 1 ? 0 : s->plan->loops_len;

	s->before = calloc(room(s), sizeof(*s->before));
	if (!s->before)
		return -ENOMEM;
	for (uint32_t i = first; i < world_control(&s->world); i++) {
		struct opening *o = before(s, i);

		read_balance(s, i, &o->balance);
		books_read(s->world.queues, s->world.routes, i, &o->books, NULL);
	}
	return 0;
}

void account_end(struct supervisor *s)
{
	for (uint32_t i = 0; s->before && i < room(s); i++)
		books_done(&s->before[i].books);
	free(s->before);
}

static void tell_full(const char *name, const struct sigslot_balance *b)
{
	for (size_t i = 0; i < ledger_reasons_len; i++) {
		const struct ledger_reason *why = &ledger_reasons[i];
		uint64_t n = ledger_reason(b, why);

		if (n && queue_full_find(why->name) < QUEUE_FULLS)
			log_line("sigslot", "queue '%s' was full: %llu dropped (%s)",
				 name, (unsigned long long)n, why->name);
	}
}

static void add_part(struct buf *line, uint64_t n, const char *what)
{
	if (n)
		buf_addf(line, ", %llu %s", (unsigned long long)n, what);
}

/* What `full:` has dropped was told of; here all of the balance stands together. */
static void tell_balance(const char *what, const struct sigslot_balance *b)
{
	_buf_ struct buf line = {0};

	add_part(&line, b->delivered, "delivered");
	add_part(&line, b->filtered, "filtered");
	add_part(&line, b->failed, "failed");
	add_part(&line, b->retried, "retried");
	add_part(&line, b->dead, "dead");
	for (size_t i = 0; i < ledger_reasons_len; i++) {
		uint64_t n = ledger_reason(b, &ledger_reasons[i]);

		if (n && ledger_reasons[i].sent)
			buf_addf(&line, ", %llu dropped (%s)", (unsigned long long)n,
				 ledger_reasons[i].name);
	}
	add_part(&line, b->queued, "kept");
	log_line("sigslot", "%s: %llu sent%.*s%s", what, (unsigned long long)b->sent,
		 (int)line.size, line.data,
		 ledger_holds(b) ? "" : ": that does not add up, something was lost");
}

/* Which balance is worth a line: all was delivered where there is none. */
static bool worth_telling(const struct sigslot_balance *b)
{
	return b->failed || b->dead || b->disconnected || b->stopping || b->damaged ||
	       !ledger_holds(b);
}

/* Where there are several, those that did not get all. Returns whether they add up. */
static bool tell_connections(const struct supervisor *s, uint32_t queue)
{
	const struct routes *r = s->world.routes;
	struct books b;
	bool hold;

	if (books_read(s->world.queues, r, queue, &b, NULL) < 0)
		return true;
	books_since(&b, &before(s, queue)->books);
	hold = b.hold;
	for (size_t i = 0; b.at.len > 1 && i < b.at.len; i++) {
		const struct books_entry *e = &b.at.at[i];
		char from[BOOKS_TEXT], to[BOOKS_TEXT], what[2 * BOOKS_TEXT + 8];

		if (!worth_telling(&e->balance))
			continue;
		books_from(r, queue, e, from);
		books_to(r, queue, e, to);
		snprintf(what, sizeof(what), "  %s%s-> %s", from, *from ? " " : "",
			 *to ? to : "others");
		tell_balance(what, &e->balance);
	}
	books_done(&b);
	return hold;
}

/* What the queues say of this run, all together. */
struct totals {
	uint64_t gone; /* dropped with their connection or a stopped loop */
	uint64_t dropped; /* for any other reason */
	bool broken; /* some balance does not hold */
};

static void tell_queue(const struct supervisor *s, uint32_t queue, struct totals *sum)
{
	const struct routes *r = s->world.routes;
	const char *name = routes_text(r, routes_queue(r, queue)->name);
	struct sigslot_balance b;
	char what[80];

	if (!read_balance(s, queue, &b))
		return;
	ledger_since(&b, &before(s, queue)->balance);
	sum->gone += b.disconnected + b.stopping;
	sum->dropped += ledger_dropped(&b) - b.disconnected - b.stopping;
	sum->broken = sum->broken || !ledger_holds(&b);
	tell_full(name, &b);
	if (!worth_telling(&b))
		return;
	snprintf(what, sizeof(what), "queue '%.64s'", name);
	tell_balance(what, &b);
	sum->broken = !tell_connections(s, queue) || sum->broken;
}

static struct totals tell_ledger(const struct supervisor *s)
{
	struct totals sum = {0};

	for (uint32_t i = 0; i < world_control(&s->world); i++)
		tell_queue(s, i, &sum);
	return sum;
}

int account_settle(struct supervisor *s)
{
	bool whole = !s->cut_short && !s->given_up;
	uint64_t in = 0, out = 0, failed = 0, dead = 0, gone = 0, dropped = 0, left;
	struct totals books;
	bool unwritten = false;
	char given_up[40] = "";

	if (whole)
		drop_rest(s);
	books = tell_ledger(s);
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
	/* who was killed may have dropped one that its loop did not count any more */
	dropped = books.dropped + (dropped > books.gone ? dropped : books.gone) +
		  s->guests_dropped;
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
	remains_tell(s);
	if (left)
		log_line("sigslot",
			 "run it again to go on with what was kept, or "
			 "'sigslot clean --force %s' to drop it",
			 s->plan->name);
	if (!whole || dead || books.broken || s->status)
		return s->status ? s->status : 1;
	return unwritten || (s->options->strict && dropped) ? 74 : 0;
}
