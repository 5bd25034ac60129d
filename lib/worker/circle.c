/* SPDX-License-Identifier: MIT */
/*
 * Looks for a way from a full queue back to the loop that waits for room in it. A full
 * queue is stuck if all loops that take from it are; a loop is stuck if all its
 * commands wait for room in such queues, or if what it emitted does. One that could
 * begin another message found none: what is in its queue is in the hands of these
 * commands.
 */
#include "worker/circle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "queue/waits.h"

enum { NOTES = 512 };

struct search {
	struct circle *c;
	const struct flow *flow;
	const struct board *board;
	uint32_t loops; /* how many of them; more may come meanwhile */
	struct wait_note *notes; /* of commands that wait */
	unsigned notes_len;
	bool *stuck; /* by loop */
	bool *outbox; /* by loop: what it emitted waits for a queue that is full */
	uint32_t *before; /* by loop: the one on the way to it; NONE: not reached */
	uint32_t *reached; /* loops, in the order of their distance */
	uint32_t reached_len;
	uint32_t last; /* whose wait leads home; NONE: none does */
};

static bool called(const struct board_loop *l, const char *name)
{
	return strncmp(l->name, name, sizeof(l->name)) == 0;
}

static bool queue_stuck(const struct search *s, uint32_t queue)
{
	uint32_t loop, i = 0;

	for (; (loop = flow_taker(s->flow, queue, i)) != FLOW_NONE; i++)
		if (!s->stuck[loop])
			return false;
	return i > 0;
}

bool circle_full(const struct queue_counts *n)
{
	return n->full || (n->wanted && n->used + n->wanted > n->size);
}

/* One that shows what it waits for may be stopped, and does not see that it is over. */
static bool outbox_waits(const struct search *s, uint32_t loop)
{
	uint32_t queue = flow_behind(s->flow, loop);
	struct queue_counts n;

	if (queue == FLOW_NONE || s->c->queues < 0)
		return queue != FLOW_NONE;
	return queue_peek(s->c->queues, flow_name(s->flow, queue), &n, NULL) == 0 &&
	       circle_full(&n);
}

static bool by_outbox(const struct search *s, uint32_t loop)
{
	return s->outbox[loop] && queue_stuck(s, flow_behind(s->flow, loop));
}

static bool by_commands(const struct search *s, uint32_t loop)
{
	const struct board_loop *l = &s->board->loops[loop];
	uint32_t engaged = l->engaged, waiting = 0;

	for (unsigned i = 0; engaged && i < s->notes_len; i++) {
		if (!called(l, s->notes[i].loop))
			continue;
		if (!queue_stuck(s, flow_queue(s->flow, s->notes[i].queue)))
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

	for (uint32_t i = 0; i < s->loops; i++) {
		s->outbox[i] = outbox_waits(s, i);
		s->stuck[i] = b->loops[i].engaged || s->outbox[i];
	}
	while (freed) {
		freed = false;
		for (uint32_t i = 0; i < s->loops; i++) {
			if (!s->stuck[i] || by_commands(s, i) || by_outbox(s, i))
				continue;
			s->stuck[i] = false;
			freed = true;
		}
	}
}

static void reach(struct search *s, uint32_t queue, uint32_t from)
{
	uint32_t loop, home = s->c->home;

	for (uint32_t i = 0; (loop = flow_taker(s->flow, queue, i)) != FLOW_NONE; i++) {
		if (loop == home && s->last == FLOW_NONE)
			s->last = from;
		if (loop == home || s->before[loop] != FLOW_NONE || !s->stuck[loop])
			continue;
		s->before[loop] = from;
		s->reached[s->reached_len++] = loop;
	}
}

static void go_on(struct search *s, uint32_t loop)
{
	for (unsigned i = 0; i < s->notes_len; i++) {
		const struct wait_note *n = &s->notes[i];

		if (!called(&s->board->loops[loop], n->loop))
			continue;
		if (n->since > s->c->youngest)
			s->c->youngest = n->since;
		reach(s, flow_queue(s->flow, n->queue), loop);
	}
	reach(s, flow_behind(s->flow, loop), loop);
}

/* All whom we wait for, one way or another; and the shortest way home. */
static bool leads_home(struct search *s)
{
	for (uint32_t i = 0; i < s->loops; i++)
		s->before[i] = FLOW_NONE;
	s->last = FLOW_NONE;
	reach(s, s->c->queue, s->c->home);
	go_on(s, s->c->home);
	for (uint32_t i = 0; i < s->reached_len; i++)
		go_on(s, s->reached[i]);
	return s->last != FLOW_NONE;
}

static void add(struct circle *c, const char *arrow, uint32_t loop)
{
	size_t used = strlen(c->way);

	snprintf(c->way + used, sizeof(c->way) - used, "%s%s", arrow,
		 c->flow.board->loops[loop].name);
}

static void tell(struct search *s)
{
	struct circle *c = s->c;
	uint32_t len = 0;

	for (uint32_t loop = s->last; loop != c->home; loop = s->before[loop])
		s->reached[len++] = loop;
	c->way[0] = '\0';
	c->last = c->home;
	add(c, "", c->home);
	while (len-- > 0) {
		c->last = s->reached[len] > c->last ? s->reached[len] : c->last;
		add(c, " -> ", s->reached[len]);
	}
	add(c, " -> ", c->home);
}

bool circle_find(struct circle *c)
{
	const struct board *b = c->flow.board;
	_free_ struct wait_note *notes = calloc(NOTES, sizeof(*notes));
	uint32_t loops = flow_loops(&c->flow);
	_free_ bool *stuck = calloc(loops * 2 + 1, sizeof(*stuck));
	_free_ uint32_t *before = calloc(loops + 1, sizeof(*before));
	_free_ uint32_t *reached = calloc(loops + 1, sizeof(*reached));
	struct search s = {.c = c, .flow = &c->flow, .board = b, .loops = loops};

	if (!notes || !stuck || !before || !reached || c->home >= loops)
		return false;
	s.notes = notes;
	s.stuck = stuck;
	s.outbox = stuck + loops;
	s.before = before;
	s.reached = reached;
	s.notes_len = waits_read(c->dir, c->identity, notes, NOTES);
	c->youngest = 0;
	find_stuck(&s);
	if (!s.stuck[c->home] || !leads_home(&s))
		return false;
	tell(&s);
	return true;
}
