/* SPDX-License-Identifier: MIT */
/*
 * A number for all that is written about a process, and one for a loop and what is on
 * it, so that two readings can be compared without a list of what there is to be
 * compared. It is of the nodes: comments and layout play no part.
 */
#include <string.h>

#include "topology/member.h"
#include "topology/place.h"

enum { SEED = 0x811c9dc5 };

static uint64_t mix(uint64_t sum, const void *bytes, size_t size)
{
	const unsigned char *b = bytes;

	for (size_t i = 0; i < size; i++)
		sum = (sum ^ b[i]) * 0x100000001b3;
	return sum;
}

/* Depth first; nodes are no deeper than a topology may be. */
static uint64_t mix_node(uint64_t sum, const struct node *n)
{
	sum = mix(sum, &n->kind, sizeof(n->kind));
	sum = mix(sum, n->text,
		  n->len < strlen(n->text) ? n->len : strlen(n->text) + 1);
	for (const struct node *child = n->first; child; child = child->next)
		sum = mix_node(sum, child);
	return mix(sum, ";", 1);
}

/* What holds for all: everything at the top that is not a thing or an arrow. */
static uint64_t sum_top(const struct node *top)
{
	static const char *const others[] = {
		"sigslot", "name",    "connections", "processes",
		"loops",   "objects", "queues",	     "stop_timeout",
	};
	uint64_t sum = SEED;

	node_pairs(key, top)
	{
		bool other = false;

		for (size_t i = 0; i < ARRAY_LEN(others); i++)
			other = other || strcmp(key->text, others[i]) == 0;
		if (!other)
			sum = mix_node(mix_node(sum, key), key->next);
	}
	return sum;
}

static uint64_t mix_thing(uint64_t sum, const struct model_thing *thing)
{
	sum = mix(sum, thing->name, strlen(thing->name) + 1);
	return thing->at ? mix_node(sum, thing->at->next) : sum;
}

void place_sum(struct reader *r, const struct node *top)
{
	struct topology *t = r->t;
	uint64_t sum = sum_top(top);

	for (size_t i = 0; i < t->processes.len; i++)
		t->processes.at[i]->sum = mix_thing(sum, &t->processes.at[i]->thing);
	for (size_t i = 0; i < t->loops.len; i++) {
		struct model_loop *loop = t->loops.at[i];

		loop->sum = mix_thing(SEED, &loop->thing);
	}
	for (size_t i = 0; i < t->objects.len; i++) {
		struct model_object *o = t->objects.at[i];

		if (o->loop)
			o->loop->sum = mix_thing(o->loop->sum, &o->thing);
	}
}
