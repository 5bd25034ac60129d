/* SPDX-License-Identifier: MIT */
/*
 * Names and members. Members of one thing are few, so they are found one by one.
 */
#include "topology/member.h"

#include <string.h>

void member_init(struct model_thing *thing, enum model_kind kind, const char *name,
		 const struct node *at)
{
	thing->kind = kind;
	thing->name = name;
	thing->at = at;
	thing->signals_tail = &thing->signals;
	thing->slots_tail = &thing->slots;
}

static const char *kind_name(const struct model_thing *thing)
{
	static const char *const names[] = {
		[MODEL_PROCESS] = "process",
		[MODEL_LOOP] = "loop",
		[MODEL_OBJECT] = "object",
		[MODEL_QUEUE] = "queue",
	};

	return names[thing->kind];
}

bool member_name(struct reader *r, struct model_thing *thing)
{
	struct model_thing *first;

	if (thing->at && !reader_name(r, thing->at))
		return false;
	first = map_get(&r->t->names, thing->name);
	if (!first) {
		if (map_set(&r->t->names, thing->name, thing) < 0)
			r->problems.no_memory = true;
		return true;
	}
	if (strcmp(thing->name, "main") == 0)
		problem_node(&r->problems, thing->at,
			     "`main` is reserved for the main worker process");
	else
		problem_node(&r->problems, thing->at,
			     "the name %s is taken: a%s %s has it in line %u",
			     problem_quote(&r->problems, thing->name),
			     first->kind == MODEL_OBJECT ? "n" : "", kind_name(first),
			     first->at->from.line);
	return false;
}

static bool too_many(struct reader *r, const struct model_thing *thing, unsigned len,
		     const struct node *at, const char *what)
{
	if (len < MEMBERS_MAX)
		return false;
	if (at)
		problem_node(&r->problems, at, "%s has more than %d %s",
			     problem_quote(&r->problems, thing->name), MEMBERS_MAX,
			     what);
	return true;
}

struct model_signal *member_add_signal(struct reader *r, struct model_thing *thing,
				       const char *name, const char *type,
				       const struct node *at)
{
	struct model_signal *s;

	if (too_many(r, thing, thing->signals_len, at, "signals"))
		return NULL;
	s = reader_alloc(r, sizeof(*s));
	if (!s)
		return NULL;
	s->owner = thing;
	s->name = name;
	s->type = type;
	s->at = at;
	s->links_tail = &s->links;
	*thing->signals_tail = s;
	thing->signals_tail = &s->next;
	thing->signals_len++;
	return s;
}

struct model_slot *member_add_slot(struct reader *r, struct model_thing *thing,
				   const char *name, const char *type,
				   const struct node *at)
{
	struct model_slot *s;

	if (too_many(r, thing, thing->slots_len, at, "slots"))
		return NULL;
	s = reader_alloc(r, sizeof(*s));
	if (!s)
		return NULL;
	s->owner = thing;
	s->name = name;
	s->type = type;
	s->at = at;
	s->parallel = 1;
	*thing->slots_tail = s;
	thing->slots_tail = &s->next;
	thing->slots_len++;
	return s;
}

static void add_slots(struct reader *r, struct model_thing *thing,
		      const char *const *names)
{
	for (; *names; names++)
		member_add_slot(r, thing, *names, "any", NULL);
}

void member_add_loop(struct reader *r, struct model_thing *thing)
{
	static const char *const slots[] = {"start", "stop", "terminate", NULL};

	member_add_signal(r, thing, "start", "any", NULL);
	member_add_signal(r, thing, "terminate", "any", NULL);
	member_add_signal(r, thing, "exit", "object", NULL);
	add_slots(r, thing, slots);
}

void member_add_process(struct reader *r, struct model_thing *thing)
{
	static const char *const slots[] = {"start", "stop", "terminate", "kill", NULL};

	member_add_signal(r, thing, "ready", "any", NULL);
	member_add_signal(r, thing, "exit", "object", NULL);
	add_slots(r, thing, slots);
}

void member_add_timer(struct reader *r, struct model_thing *thing)
{
	static const char *const slots[] = {"start", "stop", NULL};

	member_add_signal(r, thing, "timeout", "any", NULL);
	add_slots(r, thing, slots);
}

void member_add_outcome(struct reader *r, struct model_thing *thing)
{
	member_add_signal(r, thing, "finished", "object", NULL);
	member_add_signal(r, thing, "failed", "object", NULL);
}

struct model_signal *member_signal(const struct model_thing *thing, const char *name)
{
	struct model_signal *s = thing->signals;

	while (s && strcmp(s->name, name) != 0)
		s = s->next;
	return s;
}

struct model_slot *member_slot(const struct model_thing *thing, const char *name)
{
	struct model_slot *s = thing->slots;

	while (s && strcmp(s->name, name) != 0)
		s = s->next;
	return s;
}
