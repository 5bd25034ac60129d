/* SPDX-License-Identifier: MIT */
/*
 * What an arrow says of itself: whether that can be, and agrees with what others say.
 */
#include <string.h>

#include "topology/connect.h"
#include "topology/member.h"

/* The queue whose room an arrow is about; NULL: it has none of its own. */
static const char *queue_of(const struct model_link *link)
{
	if (link->queue)
		return link->queue->thing.name;
	if (link->broadcast)
		return link->broadcast->thing.name;
	if (!link->slot || !link->slot->does)
		return NULL;
	return model_object_of(link->slot->owner)->loop->thing.name;
}

static void refuse_full(struct reader *r, const struct model_link *link)
{
	const char *why = link->signal
				  ? "it belongs on the arrow that goes on from there"
				  : "what steers never waits";

	if (link->source)
		why = "it belongs on the arrow into the queue";
	problem_within(&r->problems, link->at, link->skip,
		       "`full: %s` says nothing about `%.64s` -> `%.64s`: %s",
		       link->full, link->from_text, link->to_text, why);
}

/* One signal has one policy for one queue, however many connections lead there. */
static void check_full(struct reader *r, const struct model_link *link)
{
	const char *queue = link->source ? NULL : queue_of(link);
	const struct model_link *first;
	char *key;

	if (!queue) {
		if (strcmp(link->full, CONNECT_FULL) != 0)
			refuse_full(r, link);
		return;
	}
	key = connect_text(r, link->from_text, " => ", queue);
	if (!key)
		return;
	first = map_get(&r->fulls, key);
	if (!first && map_set(&r->fulls, key, (void *)link) < 0)
		r->problems.no_memory = true;
	if (first && strcmp(first->full, link->full) != 0)
		problem_within(&r->problems, link->at, link->skip,
			       "`%.64s` has `full: %s` for the queue of `%.64s` here, "
			       "and `full: %s` %s: a signal has one for each queue, "
			       "write the same",
			       link->from_text, link->full, queue, first->full,
			       problem_where(&r->problems, first->at));
}

/* Only a loop that hands messages to a slot knows when it has handed over one. */
static void check_once(struct reader *r, const struct model_link *link)
{
	if (!link->once || (link->slot && link->slot->does && !link->source))
		return;
	problem_within(&r->problems, link->at, link->skip,
		       "`once` cannot be said of `%.64s` -> `%.64s`: it belongs on an "
		       "arrow from a signal into a slot of an object",
		       link->from_text, link->to_text);
}

void policy_check(struct reader *r, const struct model_link *link)
{
	check_full(r, link);
	check_once(r, link);
}
