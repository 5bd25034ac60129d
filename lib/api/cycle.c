/* SPDX-License-Identifier: MIT */
/*
 * Looks for a way from a full queue back to the loop that waits for us. A full queue is
 * stuck if all loops that take from it are; a loop is stuck if all its commands wait
 * for room in such queues, or if what it emitted does. One that could begin another
 * message found none: what is in its queue is in the hands of these commands. Nothing
 * here is locked, so a cycle counts when it is seen twice while nothing moves.
 */
#include "api/cycle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "state/board.h"

enum {
	NOTES = 512,
	PATIENCE_S = 3, /* until others than the last one who came give up, too */
};

#define NO_LOOP UINT32_MAX

struct search {
	struct cycle *own;
	const struct board *board;
	struct wait_note *notes;
	unsigned notes_len;
	uint32_t home; /* the loop that waits for us */
	bool *stuck; /* by loop */
	uint32_t *before; /* by loop: the one on the way to it; NO_LOOP: not reached */
	uint32_t *reached; /* loops, in the order of their distance */
	uint32_t reached_len;
	uint32_t last; /* whose wait leads home; NO_LOOP: none does */
	uint64_t youngest; /* since when the last one who is reached waits */
};

static bool called(const struct board_loop *l, const char *name)
{
	return strncmp(l->name, name, sizeof(l->name)) == 0;
}

static uint32_t find_loop(const struct board *b, const char *name)
{
	for (uint32_t i = 0; i < b->loops_len; i++)
		if (called(&b->loops[i], name))
			return i;
	return NO_LOOP;
}

/* The queues of loops come first in the routes, in the order of the board. */
static uint32_t loop_of(const struct search *s, uint32_t queue)
{
	const struct routes *r = s->own->routes;
	const struct route_queue *q = routes_queue(r, queue);

	return q && queue < s->board->loops_len &&
			       called(&s->board->loops[queue], routes_text(r, q->name))
		       ? queue
		       : NO_LOOP;
}

/* The loop of the i-th slot that takes from a queue; NO_LOOP behind the last one. */
static uint32_t taker(const struct search *s, const char *queue, uint32_t i)
{
	const struct routes *r = s->own->routes;
	const struct route_name *n =
		routes_name(r, routes_find(r, queue, "", ROUTE_OBJECT));
	const struct route_queue *q = n ? routes_queue(r, n->queue) : NULL;
	const struct route_target *t;

	if (!q)
		return NO_LOOP;
	if (!(q->flags & ROUTE_NAMED))
		return i ? NO_LOOP : loop_of(s, n->queue);
	t = i < n->targets_len ? routes_target(r, n->first_target + i) : NULL;
	return t ? loop_of(s, t->queue) : NO_LOOP;
}

static bool queue_stuck(const struct search *s, const char *queue)
{
	uint32_t loop, i = 0;

	for (; (loop = taker(s, queue, i)) != NO_LOOP; i++)
		if (!s->stuck[loop])
			return false;
	return i > 0;
}

/* The full queue that what a loop emitted waits for; NULL: it does not wait. */
static const char *behind(const struct search *s, const struct board_loop *l)
{
	const struct routes *r = s->own->routes;
	const struct route_queue *q = l->behind ? routes_queue(r, l->behind - 1) : NULL;

	return q ? routes_text(r, q->name) : NULL;
}

static bool by_outbox(const struct search *s, const struct board_loop *l)
{
	const char *queue = behind(s, l);

	return queue && queue_stuck(s, queue);
}

static bool by_commands(const struct search *s, const struct board_loop *l)
{
	uint32_t engaged = l->engaged, waiting = 0;

	for (unsigned i = 0; engaged && i < s->notes_len; i++) {
		if (!called(l, s->notes[i].loop))
			continue;
		if (!queue_stuck(s, s->notes[i].queue))
			return false;
		waiting++;
	}
	return engaged && waiting >= engaged;
}

/* All loops are taken for stuck until one is found that is not. */
static void find_stuck(struct search *s)
{
	const struct board *b = s->board;
	bool freed = true;

	for (uint32_t i = 0; i < b->loops_len; i++)
		s->stuck[i] = b->loops[i].engaged || b->loops[i].behind;
	while (freed) {
		freed = false;
		for (uint32_t i = 0; i < b->loops_len; i++) {
			const struct board_loop *l = &b->loops[i];

			if (!s->stuck[i] || by_commands(s, l) || by_outbox(s, l))
				continue;
			s->stuck[i] = false;
			freed = true;
		}
	}
}

static void reach(struct search *s, const char *queue, uint32_t from)
{
	uint32_t loop;

	for (uint32_t i = 0; (loop = taker(s, queue, i)) != NO_LOOP; i++) {
		if (loop == s->home && s->last == NO_LOOP)
			s->last = from;
		if (loop == s->home || s->before[loop] != NO_LOOP || !s->stuck[loop])
			continue;
		s->before[loop] = from;
		s->reached[s->reached_len++] = loop;
	}
}

static void go_on(struct search *s, uint32_t loop)
{
	const struct board_loop *l = &s->board->loops[loop];
	const char *queue = behind(s, l);

	for (unsigned i = 0; i < s->notes_len; i++) {
		const struct wait_note *n = &s->notes[i];

		if (!called(l, n->loop))
			continue;
		if (n->since > s->youngest)
			s->youngest = n->since;
		reach(s, n->queue, loop);
	}
	if (queue)
		reach(s, queue, loop);
}

/* All whom we wait for, one way or another; and the shortest way home. */
static bool leads_home(struct search *s)
{
	for (uint32_t i = 0; i < s->board->loops_len; i++)
		s->before[i] = NO_LOOP;
	s->last = NO_LOOP;
	reach(s, s->own->note.queue, s->home);
	go_on(s, s->home);
	for (uint32_t i = 0; i < s->reached_len; i++)
		go_on(s, s->reached[i]);
	return s->last != NO_LOOP;
}

static void explain(struct search *s)
{
	struct cycle *c = s->own;
	size_t used, size = sizeof(c->why);
	uint32_t len = 0;

	if (strcmp(c->note.queue, c->loop) == 0) {
		snprintf(c->why, size, "its loop waits for this very command");
		return;
	}
	for (uint32_t loop = s->last; loop != s->home; loop = s->before[loop])
		s->reached[len++] = loop;
	snprintf(c->why, size, "it would wait for itself: %s", c->loop);
	while (len-- > 0) {
		used = strlen(c->why);
		snprintf(c->why + used, size - used, " -> %s",
			 s->board->loops[s->reached[len]].name);
	}
	used = strlen(c->why);
	snprintf(c->why + used, size - used, " -> %s", c->loop);
}

/* One who is stuck gives up: the last one who came, or who waited for long. */
static bool our_turn(const struct search *s)
{
	uint64_t since = s->own->note.since;

	return since >= s->youngest || clock_now() - since > PATIENCE_S * NS_PER_S;
}

/* Whether nothing happened in the queue since the cycle was seen last. */
static bool stands_still(struct cycle *c, const struct queue *q, bool found)
{
	struct queue_counts n = {0};
	bool before = c->seen;
	uint64_t moved = c->moved;

	queue_counts(q, &n);
	c->seen = found;
	c->moved = n.pushed + n.acked + n.redelivered;
	return found && before && c->moved == moved;
}

static bool stuck(struct search *s, const struct queue *q)
{
	bool found;

	find_stuck(s);
	found = s->stuck[s->home] && leads_home(s);
	if (!stands_still(s->own, q, found) || !our_turn(s))
		return false;
	explain(s);
	return true;
}

static bool look(struct cycle *c, const struct board *b, const struct queue *q)
{
	_free_ struct wait_note *notes = calloc(NOTES, sizeof(*notes));
	_free_ bool *stuck_loops = calloc(b->loops_len + 1, sizeof(*stuck_loops));
	_free_ uint32_t *before = calloc(b->loops_len + 1, sizeof(*before));
	_free_ uint32_t *reached = calloc(b->loops_len + 1, sizeof(*reached));
	struct search s = {.own = c, .board = b, .home = find_loop(b, c->loop)};

	if (!notes || !stuck_loops || !before || !reached || s.home == NO_LOOP)
		return false;
	s.notes = notes;
	s.stuck = stuck_loops;
	s.before = before;
	s.reached = reached;
	s.notes_len = waits_read(c->dir, c->identity, notes, NOTES);
	return stuck(&s, q);
}

const char *cycle_waiter(const struct routes *r)
{
	const char *object = getenv("SIGSLOT_OBJECT"), *slot = getenv("SIGSLOT_SLOT");

	return object && slot && routes_find(r, object, slot, ROUTE_SLOT)
		       ? getenv("SIGSLOT_LOOP")
		       : NULL;
}

static void begin(struct cycle *c, const char *queue)
{
	c->note.since = clock_now();
	snprintf(c->note.loop, sizeof(c->note.loop), "%s", c->loop);
	snprintf(c->note.queue, sizeof(c->note.queue), "%s", queue);
	c->seen = false;
	waits_publish(c->dir, c->identity, &c->note);
}

const char *cycle_look(struct cycle *c, const struct queue *q, const char *queue)
{
	const struct board *b;
	bool hopeless;

	if (!c->loop)
		return NULL;
	if (!c->note.since)
		begin(c, queue);
	if (board_open(c->dir, &b) < 0)
		return NULL;
	hopeless = look(c, b, q);
	board_close(b);
	return hopeless ? c->why : NULL;
}

void cycle_leave(struct cycle *c)
{
	if (c->note.since)
		waits_withdraw(c->dir, c->identity);
	c->note.since = 0;
}
