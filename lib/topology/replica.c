/* SPDX-License-Identifier: MIT */
/*
 * A replica's name is a node of its own at the place of the one that was written, so
 * whatever is wrong with it is told there, and once.
 */
#include "topology/replica.h"

#include <stdio.h>
#include <string.h>

#include "topology/connect.h"
#include "topology/member.h"
#include "topology/value.h"

enum { LOOP_MOST = 1024, NAMES_MOST = 65536 };

unsigned replica_count(const struct node *loop)
{
	uint64_t n;

	if (loop->kind != NODE_MAP || loop->broken)
		return 0;
	node_pairs(key, loop)
	{
		if (strcmp(key->text, "replicas") == 0 &&
		    value_number(key->next->text, &n) && n <= LOOP_MOST)
			return (unsigned)n;
	}
	return 0;
}

static struct model_group *add_group(struct reader *r, const struct node *name)
{
	struct model_group *g = reader_alloc(r, sizeof(*g));

	if (!g)
		return NULL;
	member_init(&g->thing, MODEL_GROUP, name->text, name);
	g->names = reader_alloc(r, r->replica_len * sizeof(*g->names));
	return g->names && member_name(r, &g->thing) ? g : NULL;
}

static struct model_group *group_of(const struct reader *r, const char *name)
{
	struct model_thing *thing = map_get(&r->t->names, name);

	return thing && thing->kind == MODEL_GROUP
		       ? container_of(thing, struct model_group, thing)
		       : NULL;
}

const struct model_group *replica_group(const struct reader *r, const char *name)
{
	return group_of(r, name);
}

const struct node *replica_name(struct reader *r, const struct node *name)
{
	struct model_group *g = group_of(r, name->text);
	size_t size = name->len + sizeof("-1024");
	struct node *n;

	if (!r->replica)
		return name;
	if (r->replicas++ >= NAMES_MOST) {
		if (r->replicas == NAMES_MOST + 1)
			problem_node(&r->problems, name,
				     "more than %d loops and objects in replicas",
				     NAMES_MOST);
		return NULL;
	}
	if (r->replica == 1)
		g = add_group(r, name);
	n = reader_alloc(r, sizeof(*n) + size);
	if (!n)
		return NULL;
	*n = *name;
	n->broken = n->broken || !g;
	n->len = (uint32_t)snprintf(n->text, size, "%s-%u", name->text, r->replica);
	if (g && g->thing.at == name)
		g->names[g->len++] = n->text;
	return n;
}

static size_t expand_end(struct reader *r, struct arrow_end *end,
			 const struct model_group *g)
{
	for (uint32_t i = g->len; i-- > 1;) {
		struct arrow_end *one = reader_alloc(r, sizeof(*one));

		if (!one)
			return 0;
		*one = *end;
		one->name = g->names[i];
		end->next = one;
	}
	end->name = g->names[0];
	return g->len - 1;
}

void replica_expand(struct reader *r, const struct node *arrow,
		    struct arrow_step *steps)
{
	for (struct arrow_step *step = steps; step && r->replicas; step = step->next)
		for (struct arrow_end *end = step->ends; end; end = end->next) {
			const struct model_group *g = group_of(r, end->name);

			if (g && g->len && !connect_too_many(r, arrow, g->len))
				step->ends_len += expand_end(r, end, g);
		}
}
