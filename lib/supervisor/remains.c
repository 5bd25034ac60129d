/* SPDX-License-Identifier: MIT */
/*
 * Read from the headers of the queues, so it is exact also where a worker was killed.
 */
#include "supervisor/remains.h"

#include <string.h>

#include "base/log.h"
#include "queue/dead.h"
#include "supervisor/aim.h"

enum { LINE_MOST = 32 * 1024 }; /* bytes, half of what an answer can hold */

struct remains {
	const char *name;
	bool named;
	uint64_t messages, dead;
};

/* False: the queue is not there, or nothing is left in it. */
static bool look(const struct supervisor *s, uint32_t queue, struct remains *ret)
{
	const struct routes *r = s->world.routes;
	const struct route_queue *q = routes_queue(r, queue);
	struct queue_counts n = {0};

	*ret = (struct remains){.name = routes_text(r, q->name),
				.named = q->flags & ROUTE_NAMED};
	if (!*ret->name)
		return false;
	if (queue_peek(s->world.queues, ret->name, &n, NULL) == 0)
		ret->messages = n.records;
	ret->dead = dead_count(s->world.queues, ret->name);
	return ret->messages || ret->dead;
}

static void add(struct buf *out, const struct remains *left)
{
	if (left->messages)
		buf_addf(out, "%llu message%s", (unsigned long long)left->messages,
			 left->messages == 1 ? "" : "s");
	if (left->dead)
		buf_addf(out, "%s%llu dead", left->messages ? ", " : "",
			 (unsigned long long)left->dead);
}

void remains_tell(const struct supervisor *s)
{
	struct remains left;

	for (uint32_t i = 0; i < world_control(&s->world); i++) {
		_buf_ struct buf line = {0};

		if (!look(s, i, &left))
			continue;
		add(&line, &left);
		log_line("sigslot", "%s '%s' keeps %s", left.named ? "queue" : "loop",
			 left.name, line.size ? line.data : "");
	}
}

/* Loops that a reload took away have their queue in the routes, and no place here. */
static bool concerns(const struct supervisor *s, const char *target,
		     const struct remains *left)
{
	if (!*target)
		return true;
	for (uint32_t i = 0; !left->named && i < s->plan->loops_len; i++)
		if (strcmp(s->plan->loops[i].name, left->name) == 0)
			return aim_concerns(s->plan, target, i);
	return false;
}

void remains_describe(const struct supervisor *s, const char *target, struct buf *out)
{
	struct remains left;
	unsigned more = 0;

	for (uint32_t i = 0; i < world_control(&s->world); i++) {
		if (!look(s, i, &left) || !concerns(s, target, &left))
			continue;
		if (out->size > LINE_MOST) {
			more++;
			continue;
		}
		buf_addf(out, "%s%s (", out->size ? ", " : "", left.name);
		add(out, &left);
		buf_add_text(out, ")");
	}
	if (more)
		buf_addf(out, " and %u more", more);
}
