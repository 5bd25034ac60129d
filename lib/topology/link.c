/* SPDX-License-Identifier: MIT */
/*
 * What only shows when all is linked: types that cannot meet, signals that lead to
 * themselves.
 */
#include <stdio.h>
#include <string.h>

#include "message/type.h"
#include "topology/connect.h"

static bool meet(struct reader *r, const char *a, const char *b)
{
	struct type *x = NULL, *y = NULL;
	bool met = true;
	int code;

	if (strcmp(a, "any") == 0 || strcmp(b, "any") == 0 || strcmp(a, b) == 0)
		return true;
	code = type_parse(a, &x, NULL);
	if (code >= 0)
		code = type_parse(b, &y, NULL);
	if (code >= 0)
		met = type_meets(x, y);
	else if (code == -ENOMEM)
		r->problems.no_memory = true;
	type_free(x);
	type_free(y);
	return met;
}

/* What `feed` sends is what `link` delivers: they differ where a queue is between. */
static void check_pair(struct reader *r, const struct model_link *link,
		       const struct model_link *feed, const char *to_text,
		       const char *type, const struct node *at)
{
	const struct model_signal *from = feed->from;
	char where[64] = "", there[64] = "";

	if (meet(r, from->type, type))
		return;
	if (from->at)
		snprintf(where, sizeof(where), " (line %u)", from->at->from.line);
	if (at)
		snprintf(there, sizeof(there), " (line %u)", at->from.line);
	problem_within(&r->problems, link->at, link->skip,
		       "these types cannot meet: `%.64s` sends %.100s%s, `%.64s` takes "
		       "%.100s%s",
		       feed->from_text, from->type, where, to_text, type, there);
}

static void check_types(struct reader *r, const struct model_link *link,
			const char *to_text, const char *type, const struct node *at)
{
	check_pair(r, link, link, to_text, type, at);
}

/* What comes out of a queue is what went in. */
static void check_queue(struct reader *r, const struct model_link *link)
{
	const struct model_queue *q = link->source;

	if (q->feeds_len > CONNECT_FEEDS)
		return;
	for (const struct model_link *feed = q->feeds; feed; feed = feed->next_feed)
		check_pair(r, link, feed, link->to_text, link->slot->type,
			   link->slot->at);
}

static void check_broadcast(struct reader *r, const struct model_link *link)
{
	for (struct model_object *o = link->broadcast->objects; o; o = o->next)
		for (struct model_subscription *s = o->subscriptions; s; s = s->next)
			if (strcmp(s->signal, link->from->name) == 0)
				check_types(r, link, o->thing.name, s->slot->type,
					    s->slot->at);
}

/* Depth first without recursion: a signal that is open when it is met again. */
static void check_circle(struct reader *r, struct model_signal *signal)
{
	signal->back = NULL;
	signal->seen = MODEL_OPEN;
	signal->walk = signal->links;
	while (signal) {
		struct model_link *link = signal->walk;
		struct model_signal *to = link ? link->signal : NULL;

		if (!link) {
			signal->seen = MODEL_SEEN;
			signal = signal->back;
			continue;
		}
		signal->walk = link->next;
		if (to && to->seen == MODEL_OPEN)
			problem_within(&r->problems, link->at, link->skip,
				       "a circle of signals: `%.64s` leads back to "
				       "`%.64s`",
				       link->from_text, link->to_text);
		if (!to || to->seen != MODEL_NEW)
			continue;
		to->back = signal;
		to->seen = MODEL_OPEN;
		to->walk = to->links;
		signal = to;
	}
}

void link_check(struct reader *r)
{
	for (size_t i = 0; i < r->t->links.len; i++) {
		struct model_link *link = r->t->links.at[i];

		if (link->source)
			check_queue(r, link);
		else if (link->slot)
			check_types(r, link, link->to_text, link->slot->type,
				    link->slot->at);
		if (link->signal)
			check_types(r, link, link->to_text, link->signal->type,
				    link->signal->at);
		if (link->broadcast)
			check_broadcast(r, link);
		if (link->signal && link->from->seen == MODEL_NEW)
			check_circle(r, link->from);
	}
}
