/* SPDX-License-Identifier: MIT */
/*
 * Names at the ends of arrows -> signals and slots. An object alone on its loop shares
 * the name with it: the object's members come first.
 */
#include <stdio.h>
#include <string.h>

#include "topology/arrow.h"
#include "topology/connect.h"
#include "topology/member.h"

/* One end that is being resolved. */
struct search {
	struct reader *r;
	const struct node *n;
	const struct arrow_end *end;
	struct model_thing *thing;
	struct model_thing *loop; /* that shares the thing's name, or NULL */
	const char *member;
};

static const char *quote(struct search *s, const char *text)
{
	return problem_quote(&s->r->problems, text);
}

static void unknown_thing(struct search *s)
{
	const struct map *names = &s->r->t->names;
	struct near near = {.wanted = s->end->name};

	for (size_t i = 0; problem_guesses(&s->r->problems) && i < names->cap; i++)
		if (names->entries[i].key)
			near_try(&near, names->entries[i].key);
	problem_within(&s->r->problems, s->n, s->end->offset,
		       "there is no object, loop, process or queue %s%s",
		       quote(s, s->end->name), problem_near(&s->r->problems, &near));
}

static bool find_thing(struct search *s)
{
	s->thing = map_get(&s->r->t->names, s->end->name);
	if (!s->thing) {
		unknown_thing(s);
		return false;
	}
	if (s->thing->kind == MODEL_OBJECT && model_object_of(s->thing)->alone &&
	    model_object_of(s->thing)->loop)
		s->loop = &model_object_of(s->thing)->loop->thing;
	if (s->thing->kind != MODEL_PROCESS || model_process_of(s->thing)->loops)
		return true;
	if (!s->thing->at)
		problem_within(&s->r->problems, s->n, s->end->offset,
			       "no loop runs in the process %s", quote(s, "main"));
	return false;
}

static void add_name(char *list, size_t size, const char *name)
{
	size_t used = strlen(list);

	snprintf(list + used, size - used, "%s`%s`", used ? ", " : "", name);
}

/* "it has `a`, `b`", for a thing of which no member, or an unknown one, was named. */
static const char *offer_signals(const struct search *s, char *list, size_t size)
{
	const struct member_own *own;
	size_t at = 0;

	snprintf(list, size, "%s", "");
	for (struct model_signal *m = s->thing->signals; m; m = m->next)
		if (m->at)
			add_name(list, size, m->name);
	while ((own = member_own(s->thing, false, &at)))
		add_name(list, size, own->name);
	return *list ? list : "none";
}

static const char *offer_slots(const struct search *s, char *list, size_t size)
{
	const struct member_own *own;
	size_t at = 0;

	snprintf(list, size, "%s", "");
	for (struct model_slot *m = s->thing->slots; m; m = m->next)
		if (m->at && m->does != DO_SOURCE)
			add_name(list, size, m->name);
	while ((own = member_own(s->thing, true, &at)))
		add_name(list, size, own->name);
	return *list ? list : "none";
}

static void near_own(struct near *near, const struct model_thing *thing, bool slots)
{
	const struct member_own *own;
	size_t at = 0;

	while ((own = member_own(thing, slots, &at)))
		near_try(near, own->name);
}

static void near_signals(struct near *near, const struct model_thing *thing)
{
	if (!thing)
		return;
	for (struct model_signal *m = thing->signals; m; m = m->next)
		near_try(near, m->name);
	near_own(near, thing, false);
}

static void near_slots(struct near *near, const struct model_thing *thing)
{
	if (!thing)
		return;
	for (struct model_slot *m = thing->slots; m; m = m->next)
		if (m->does != DO_SOURCE)
			near_try(near, m->name);
	near_own(near, thing, true);
}

static struct model_signal *find_signal(struct search *s)
{
	struct model_signal *signal = member_signal(s->r, s->thing, s->member);

	if (!signal && s->loop)
		signal = member_signal(s->r, s->loop, s->member);
	return signal;
}

static struct model_slot *find_slot(struct search *s)
{
	struct model_slot *slot = member_slot(s->r, s->thing, s->member);

	if (!slot && s->loop)
		slot = member_slot(s->r, s->loop, s->member);
	return slot && slot->does != DO_SOURCE ? slot : NULL;
}

static void no_signal(struct search *s)
{
	struct problems *p = &s->r->problems;
	struct near near = {.wanted = s->member};
	char list[200];

	near_signals(&near, s->thing);
	near_signals(&near, s->loop);
	if (find_slot(s) && s->end->member)
		problem_within(p, s->n, s->end->offset,
			       "%s is a slot of %s: only signals stand to the left of "
			       "an arrow",
			       quote(s, s->member), quote(s, s->end->name));
	else if (near.best || s->end->member)
		problem_within(p, s->n, s->end->offset, "%s has no signal %s%s",
			       quote(s, s->end->name), quote(s, s->member),
			       problem_near(p, &near));
	else if (s->thing->kind == MODEL_OBJECT &&
		 model_object_of(s->thing)->does & (DO_RUN | DO_EXEC))
		problem_within(
			p, s->n, s->end->offset,
			"%s emits nothing: give it `out:` with a type, or `emit:`",
			quote(s, s->end->name));
	else
		problem_within(p, s->n, s->end->offset,
			       "%s has no signal `out`: say which one; it has %s",
			       quote(s, s->end->name),
			       offer_signals(s, list, sizeof(list)));
}

static void no_slot(struct search *s)
{
	struct problems *p = &s->r->problems;
	struct near near = {.wanted = s->member};
	char list[200];

	near_slots(&near, s->thing);
	near_slots(&near, s->loop);
	if (s->thing->kind == MODEL_OBJECT && !s->end->member &&
	    model_object_of(s->thing)->does & DO_SOURCE)
		problem_within(p, s->n, s->end->offset,
			       "%s takes no messages: it is a source",
			       quote(s, s->end->name));
	else if (s->end->member)
		problem_within(p, s->n, s->end->offset, "%s has no slot %s%s",
			       quote(s, s->end->name), quote(s, s->member),
			       problem_near(p, &near));
	else
		problem_within(p, s->n, s->end->offset,
			       "%s has no slot `in`: say which one; it has %s",
			       quote(s, s->end->name),
			       offer_slots(s, list, sizeof(list)));
}

static struct model_queue *find_queue(struct search *s, const char *members)
{
	if (!s->end->member)
		return model_queue_of(s->thing);
	problem_within(&s->r->problems, s->n, s->end->offset,
		       "%s is a queue: it has no %s, write only its name",
		       quote(s, s->end->name), members);
	return NULL;
}

static struct model_signal *find_or_add_signal(struct search *s)
{
	struct model_signal *signal = find_signal(s);

	if (signal)
		return signal;
	if (s->thing->kind == MODEL_OBJECT && model_object_of(s->thing)->any_signal)
		return member_add_signal(s->r, s->thing, s->member, "any", s->n);
	no_signal(s);
	return NULL;
}

bool resolve_left(struct reader *r, const struct node *n, const struct arrow_end *end,
		  struct origin *ret)
{
	struct search s = {.r = r, .n = n, .end = end, .member = end->member};

	*ret = (struct origin){0};
	if (!find_thing(&s))
		return false;
	if (s.thing->kind == MODEL_QUEUE) {
		ret->queue = find_queue(&s, "signals");
		return ret->queue;
	}
	if (!s.member)
		s.member = s.thing->kind == MODEL_OBJECT &&
					   model_object_of(s.thing)->does & DO_TIMER
				   ? "timeout"
				   : "out";
	ret->signal = find_or_add_signal(&s);
	return ret->signal;
}

static bool to_signal(struct search *s, struct destination *ret)
{
	struct model_signal *signal = find_signal(s);

	if (!signal || !s->end->member)
		return false;
	if (signal->at) {
		ret->signal = signal;
		return true;
	}
	problem_within(
		&s->r->problems, s->n, s->end->offset,
		"the signal %s of %s is emitted by sigslot itself: nothing leads "
		"to it",
		quote(s, s->member), quote(s, s->end->name));
	return true;
}

static struct model_slot *new_slot(struct search *s)
{
	struct model_slot *slot;

	if (s->thing->kind != MODEL_OBJECT || !model_object_of(s->thing)->any_slot)
		return NULL;
	slot = member_add_slot(s->r, s->thing, s->member, "any", s->n);
	if (slot)
		slot->does = DO_PLUGIN;
	return slot;
}

/* The loop whose `broadcast` is meant, or NULL. */
static struct model_loop *broadcast(struct search *s)
{
	struct model_thing *loop = s->loop ? s->loop : s->thing;

	if (loop->kind != MODEL_LOOP || strcmp(s->member, "broadcast") != 0)
		return NULL;
	return model_loop_of(loop);
}

bool resolve_right(struct reader *r, const struct node *n, const struct arrow_end *end,
		   struct destination *ret)
{
	struct search s = {.r = r, .n = n, .end = end};

	*ret = (struct destination){0};
	s.member = end->member ? end->member : "in";
	if (!find_thing(&s))
		return false;
	if (s.thing->kind == MODEL_QUEUE) {
		ret->queue = find_queue(&s, "slots");
		return ret->queue;
	}
	ret->slot = find_slot(&s);
	if (ret->slot)
		return true;
	if (to_signal(&s, ret))
		return ret->signal;
	ret->broadcast = broadcast(&s);
	if (ret->broadcast)
		return true;
	ret->slot = new_slot(&s);
	if (!ret->slot)
		no_slot(&s);
	return ret->slot;
}
