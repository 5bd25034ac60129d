/* SPDX-License-Identifier: MIT */
/*
 * Looks for a way from a full queue back to the loop that waits for us. A loop leads on
 * if it takes no message: since all that it has under way are commands that wait for
 * room, or since what it emitted waits itself. Nothing here is locked, so a cycle
 * counts when it is seen twice while nothing moves.
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

struct search {
	struct cycle *own;
	const struct board *board;
	struct wait_note *notes;
	unsigned notes_len;
	bool *visited; /* by loop */
	uint32_t *way; /* loops, from the full queue on */
	unsigned way_len;
	uint64_t youngest; /* since when the last one on the way waits */
};

static uint32_t find_loop(const struct board *b, const char *name)
{
	for (uint32_t i = 0; i < b->loops_len; i++)
		if (strncmp(b->loops[i].name, name, sizeof(b->loops[i].name)) == 0)
			return i;
	return UINT32_MAX;
}

/* The one loop that takes from a queue; none if there are several. */
static uint32_t taker_of(const struct search *s, const char *queue)
{
	const struct routes *r = s->own->routes;

	for (uint32_t i = 0; i < routes_queues_len(r); i++) {
		const struct route_queue *q = routes_queue(r, i);

		if (strcmp(routes_text(r, q->name), queue) != 0)
			continue;
		q = routes_queue(r, q->taker);
		return q ? find_loop(s->board, routes_text(r, q->name)) : UINT32_MAX;
	}
	return UINT32_MAX;
}

static bool leads_home(struct search *s, uint32_t loop);

static bool queue_leads_home(struct search *s, const char *queue)
{
	return leads_home(s, taker_of(s, queue));
}

static unsigned waiting_from(const struct search *s, const char *loop)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->notes_len; i++)
		n += strcmp(s->notes[i].loop, loop) == 0;
	return n;
}

static bool by_commands(struct search *s, const struct board_loop *l)
{
	uint32_t engaged = l->engaged;

	if (!engaged || waiting_from(s, l->name) < engaged)
		return false;
	for (unsigned i = 0; i < s->notes_len; i++) {
		const struct wait_note *n = &s->notes[i];

		if (strcmp(n->loop, l->name) != 0 || !queue_leads_home(s, n->queue))
			continue;
		if (n->since > s->youngest)
			s->youngest = n->since;
		return true;
	}
	return false;
}

static bool by_outbox(struct search *s, const struct board_loop *l)
{
	const struct routes *r = s->own->routes;
	const struct route_queue *q = l->behind ? routes_queue(r, l->behind - 1) : NULL;

	return q && queue_leads_home(s, routes_text(r, q->name));
}

static bool leads_home(struct search *s, uint32_t loop)
{
	const struct board_loop *l;

	if (loop >= s->board->loops_len || s->visited[loop])
		return false;
	l = &s->board->loops[loop];
	s->visited[loop] = true;
	s->way[s->way_len++] = loop;
	if (strcmp(l->name, s->own->loop) == 0 || by_commands(s, l) || by_outbox(s, l))
		return true;
	s->way_len--;
	return false;
}

static void explain(const struct search *s)
{
	struct cycle *c = s->own;
	size_t used, size = sizeof(c->why);

	snprintf(c->why, size, "it would wait for itself: %s", c->loop);
	for (unsigned i = 0; i < s->way_len; i++) {
		used = strlen(c->why);
		snprintf(c->why + used, size - used, " -> %s",
			 s->board->loops[s->way[i]].name);
	}
}

/* One of those on the way gives up: the last one who came, or who waited for long. */
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
	bool found = queue_leads_home(s, s->own->note.queue);

	if (!stands_still(s->own, q, found) || !our_turn(s))
		return false;
	explain(s);
	return true;
}

static bool look(struct cycle *c, const struct board *b, const struct queue *q)
{
	_free_ struct wait_note *notes = calloc(NOTES, sizeof(*notes));
	_free_ bool *visited = calloc(b->loops_len + 1, sizeof(*visited));
	_free_ uint32_t *way = calloc(b->loops_len + 1, sizeof(*way));
	struct search s = {.own = c, .board = b};

	if (!notes || !visited || !way)
		return false;
	s.notes = notes;
	s.visited = visited;
	s.way = way;
	s.notes_len = waits_read(c->dir, c->identity, notes, NOTES);
	return stuck(&s, q);
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
