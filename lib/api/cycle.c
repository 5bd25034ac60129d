/* SPDX-License-Identifier: MIT */
/*
 * A command puts down a note of whom it waits for, and looks for a circle now and then.
 * Nothing is locked there, so one counts when it is seen twice while nothing moves.
 */
#include "api/cycle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "worker/circle.h"

enum { PATIENCE_S = 3 }; /* until others than the last one who came give up, too */

static void explain(struct cycle *c, const struct circle *found)
{
	if (strcmp(c->note.queue, c->loop) == 0)
		snprintf(c->why, sizeof(c->why),
			 "its loop waits for this very command");
	else
		snprintf(c->why, sizeof(c->why), "it would wait for itself: %s",
			 found->way);
}

/* One who is stuck gives up: the last one who came, or who waited for long. */
static bool our_turn(const struct cycle *c, const struct circle *found)
{
	uint64_t since = c->note.since;

	return since >= found->youngest || clock_now() - since > PATIENCE_S * NS_PER_S;
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

static bool look(struct cycle *c, const struct board *b, const struct queue *q)
{
	struct circle circle = {.dir = c->dir,
				.queues = -1,
				.identity = c->identity,
				.flow = {c->routes, b}};

	circle.home = flow_loop(&circle.flow, c->loop);
	circle.queue = flow_queue(&circle.flow, c->note.queue);
	if (!stands_still(c, q, circle_find(&circle)) || !our_turn(c, &circle))
		return false;
	explain(c, &circle);
	return true;
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
