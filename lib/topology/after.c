/* SPDX-License-Identifier: MIT */
/*
 * A loop waits for what is named in its own `after:` and in that of its process; a
 * process is ready when all of its loops are. What is left when everything that waits
 * for nobody has been crossed out, again and again, waits for itself.
 */
#include "topology/after.h"

#include <string.h>

#include "base/buf.h"
#include "topology/member.h"
#include "topology/replica.h"

enum { SHOWN = 8 };

/* An object stands for its loop. */
static struct model_thing *find(struct reader *r, const struct node *name,
				const char *text)
{
	struct model_thing *thing = map_get(&r->t->names, text);
	struct near near = {.wanted = name->text};

	if (thing && thing->kind == MODEL_OBJECT)
		return &model_object_of(thing)->loop->thing;
	if (thing && thing->kind != MODEL_QUEUE)
		return thing;
	if (thing) {
		problem_node(&r->problems, name,
			     "%s is a queue, which is there before anything starts",
			     problem_quote(&r->problems, name->text));
		return NULL;
	}
	for (size_t i = 0; problem_guesses(&r->problems) && i < r->t->loops.len; i++)
		near_try(&near, r->t->loops.at[i]->thing.name);
	for (size_t i = 0; i < r->t->processes.len; i++)
		near_try(&near, r->t->processes.at[i]->thing.name);
	problem_node(&r->problems, name, "there is no loop, object or process %s%s",
		     problem_quote(&r->problems, name->text),
		     problem_near(&r->problems, &near));
	return NULL;
}

static void put(struct model_after *after, const struct node *name,
		struct model_thing *thing)
{
	if (!thing)
		return;
	after->at[after->len] = name;
	after->things[after->len++] = thing;
}

static void add(struct reader *r, struct model_after *after, const struct node *name)
{
	const struct model_group *group;

	if (name->broken)
		return;
	if (name->kind != NODE_TEXT) {
		problem_node(&r->problems, name,
			     "`after` must be a name or a list of names");
		return;
	}
	group = replica_group(r, name->text);
	for (uint32_t i = 0; group && i < group->len; i++)
		put(after, name, find(r, name, group->names[i]));
	if (!group)
		put(after, name, find(r, name, name->text));
}

static size_t weight(const struct reader *r, const struct node *name)
{
	const struct model_group *group = replica_group(r, name->text);

	return group ? group->len : 1;
}

static void read_after(struct reader *r, struct model_after *after)
{
	const struct node *n = after->node;
	size_t most = 0;

	if (!n)
		return;
	if (n->kind == NODE_LIST)
		node_each(e, n) most += weight(r, e);
	else
		most = weight(r, n);
	after->things = reader_alloc(r, (most + 1) * sizeof(*after->things));
	after->at = reader_alloc(r, (most + 1) * sizeof(*after->at));
	if (!after->things || !after->at)
		return;
	if (n->kind != NODE_LIST) {
		add(r, after, n);
		return;
	}
	node_each(e, n)
	{
		add(r, after, e);
	}
}

static bool settled(const struct model_thing *thing)
{
	const struct model_process *p =
		container_of(thing, struct model_process, thing);

	if (thing->kind == MODEL_LOOP)
		return container_of(thing, struct model_loop, thing)->settled;
	return p->settled == p->loops;
}

static const struct model_thing *find_unsettled(const struct model_after *after,
						const struct node **ret_at)
{
	for (size_t i = 0; i < after->len; i++) {
		if (settled(after->things[i]))
			continue;
		*ret_at = after->at[i];
		return after->things[i];
	}
	return NULL;
}

/* What a loop has to wait for still, and where that is said. NULL: nothing. */
static const struct model_thing *hindrance(const struct model_loop *l,
					   const struct node **ret_at)
{
	const struct model_thing *thing = find_unsettled(&l->after, ret_at);

	return thing ? thing : find_unsettled(&l->process->after, ret_at);
}

static void settle_loop(struct model_loop *l)
{
	l->settled = true;
	l->process->settled++;
}

static void cross_out(struct topology *t)
{
	const struct node *at;

	for (bool again = true; again;) {
		again = false;
		for (size_t i = 0; i < t->loops.len; i++) {
			struct model_loop *l = t->loops.at[i];

			if (l->settled || hindrance(l, &at))
				continue;
			settle_loop(l);
			again = true;
		}
	}
}

/* The loop that keeps this one from starting. */
static struct model_loop *next(const struct topology *t, const struct model_loop *l,
			       const struct node **ret_at)
{
	const struct model_thing *thing = hindrance(l, ret_at);

	for (size_t i = 0; i < t->loops.len; i++) {
		struct model_loop *other = t->loops.at[i];

		if (!other->settled &&
		    (&other->thing == thing || &other->process->thing == thing))
			return other;
	}
	return NULL;
}

/* From a loop of a circle once around it, which is then taken apart there. */
static void tell_circle(struct reader *r, struct model_loop *first)
{
	_buf_ struct buf names = {0};
	const struct node *at = NULL, *unused;
	struct model_loop *l = first;
	int code = buf_addf(&names, "`%s`", first->thing.name), shown = 0;

	do {
		l = next(r->t, l, at ? &unused : &at);
		if (code == 0 && shown++ < SHOWN)
			code = buf_addf(&names, " after `%s`", l->thing.name);
	} while (l != first);
	if (code == 0 && shown > SHOWN)
		code = buf_add_text(&names, " and so on");
	if (code < 0)
		r->problems.no_memory = true;
	else
		problem_node(&r->problems, at,
			     "what starts after itself never does: %s", names.data);
	settle_loop(first);
}

static void tell_circles(struct reader *r)
{
	const struct node *at;

	for (size_t i = 0; i < r->t->loops.len; i++) {
		struct model_loop *l = r->t->loops.at[i];

		if (l->settled)
			continue;
		for (; !l->seen; l = next(r->t, l, &at))
			l->seen = true;
		tell_circle(r, l);
		cross_out(r->t);
	}
}

void after_settle(struct reader *r)
{
	const struct topology *t = r->t;

	for (size_t i = 0; i < t->loops.len; i++)
		if (!t->loops.at[i]->process)
			return; /* that is told already */
	for (size_t i = 0; i < t->processes.len; i++)
		read_after(r, &t->processes.at[i]->after);
	for (size_t i = 0; i < t->loops.len; i++)
		read_after(r, &t->loops.at[i]->after);
	cross_out(r->t);
	tell_circles(r);
}
