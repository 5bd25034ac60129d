/* SPDX-License-Identifier: MIT */
/*
 * Loops that wait for themselves. One of them gives way: where commands wait, too, they
 * go first; else the loop that the topology names last, so that it is an arrow that
 * leads back which fails; in the end all.
 */
#include "worker/jam.h"

#include "base/clock.h"
#include "base/log.h"
#include "worker/circle.h"
#include "worker/outlet.h"
#include "worker/turn.h"

enum {
	STILL_MS = 1000, /* until a queue that takes nothing is looked at */
	AGAIN_MS = 200, /* the same once something has failed */
	LOOK_MS = 400,
	PATIENCE_S = 3, /* until all give way */
	OVER_S = 10, /* then the next one is another story */
	MOST = 1024,
};

static uint64_t ms(unsigned n)
{
	return n * NS_PER_MS;
}

static bool our_turn(const struct turn *t, const struct circle *found, uint64_t now)
{
	return (!found->youngest && found->last == t->index) ||
	       now - t->jam.first > PATIENCE_S * NS_PER_S;
}

static bool stands_still(struct jam *j, const struct outlet *out, bool found)
{
	struct queue_counts n = {0};
	bool before = j->seen;
	uint64_t moved = j->moved;

	queue_counts(out->queue, &n);
	j->seen = found;
	j->moved = n.pushed + n.acked + n.redelivered;
	return found && before && j->moved == moved && circle_full(&n);
}

static void give_way(struct turn *t, struct outlet *out, const struct circle *found)
{
	struct jam *j = &t->jam;
	uint64_t now = clock_now();

	if (!j->acted || now - j->acted > OVER_S * NS_PER_S) {
		j->most = j->tell = 1;
		j->failed = 0;
	}
	j->failed += outlet_fail(out, t, j->most, -EDEADLK);
	j->acted = now;
	j->most = j->most < MOST ? j->most * 2 : MOST;
	if (j->failed < j->tell)
		return;
	j->tell = j->failed * 10;
	log_line("sigslot",
		 "loop '%s' waits for itself: %s, and all their queues are full: %llu "
		 "message%s to '%s' failed",
		 t->board->name, found->way, (unsigned long long)j->failed,
		 j->failed == 1 ? "" : "s", outlet_name(out));
}

void jam_look(struct turn *t)
{
	const struct world *w = t->worker->world;
	struct jam *j = &t->jam;
	uint64_t now = clock_now();
	bool known = j->acted && now - j->acted < OVER_S * NS_PER_S;
	struct circle c = {.dir = w->dir,
			   .queues = w->queues,
			   .identity = t->worker->identity,
			   .flow = {w->routes, w->board},
			   .home = t->index};
	struct outlet *out;
	bool found;

	c.queue = flow_behind(&c.flow, t->index);
	out = c.queue == FLOW_NONE ? NULL : outbox_waiting(&t->worker->outbox, t);
	if (!out || out->index != c.queue ||
	    now - out->stuck < ms(known ? AGAIN_MS : STILL_MS)) {
		j->seen = false;
		return;
	}
	if (now - j->looked < ms(known ? AGAIN_MS : LOOK_MS))
		return;
	j->looked = now;
	found = circle_find(&c);
	if (!j->seen)
		j->first = now;
	if (stands_still(j, out, found) && our_turn(t, &c, now))
		give_way(t, out, &c);
}
