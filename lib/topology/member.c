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
		[MODEL_GROUP] = "name with replicas",
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
	if (len < MEMBERS_MAX || !at)
		return false;
	problem_node(&r->problems, at, "%s has more than %d %s",
		     problem_quote(&r->problems, thing->name), MEMBERS_MAX, what);
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
	thing->signals_len += !!at;
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
	thing->slots_len += !!at;
	return s;
}

/* In the order of their indices. */
static const struct member_own owns[] = {
	{"start", "any", OWN_LOOP},
	{"terminate", "any", OWN_LOOP},
	{"ready", "any", OWN_PROCESS | OWN_HERALD},
	{"exit", "object", OWN_LOOP | OWN_PROCESS},
	{"timeout", "any", OWN_TIMER},
	{"finished", "object", OWN_COMMAND},
	{"failed", "object", OWN_COMMAND},
	{"start", NULL, OWN_LOOP | OWN_PROCESS | OWN_TIMER},
	{"stop", NULL, OWN_LOOP | OWN_PROCESS | OWN_TIMER},
	{"terminate", NULL, OWN_LOOP | OWN_PROCESS},
	{"kill", NULL, OWN_PROCESS},
	{"ready", NULL, OWN_HERALD},
};

const struct member_own *member_own(const struct model_thing *thing, bool slots,
				    size_t *at)
{
	while (*at < ARRAY_LEN(owns)) {
		const struct member_own *own = &owns[(*at)++];

		if ((own->of & thing->own) && !own->type == slots)
			return own;
	}
	return NULL;
}

/* Finds one by name: how many come before it, or NULL in *ret. */
static uint32_t own_position(const struct model_thing *thing, bool slots,
			     const char *name, const struct member_own **ret)
{
	uint32_t position = 0;
	size_t at = 0;

	while ((*ret = member_own(thing, slots, &at)) &&
	       strcmp((*ret)->name, name) != 0)
		position++;
	return position;
}

uint32_t member_own_signal(const struct model_thing *thing, const char *name)
{
	const struct member_own *own;
	uint32_t position = own_position(thing, false, name, &own);

	return own ? thing->first_signal + position : UINT32_MAX;
}

void member_number(struct topology *t, struct model_thing *thing)
{
	const struct member_own *own;
	size_t at = 0;

	thing->first_signal = t->signals_len;
	while (member_own(thing, false, &at))
		t->signals_len++;
	for (struct model_signal *s = thing->signals; s; s = s->next)
		s->index = s->at ? t->signals_len++ : member_own_signal(thing, s->name);
	thing->end_signal = t->signals_len;
	thing->first_slot = t->slots_len;
	for (at = 0; member_own(thing, true, &at);)
		t->slots_len++;
	for (struct model_slot *s = thing->slots; s; s = s->next)
		s->index = s->at ? t->slots_len++
				 : thing->first_slot +
					   own_position(thing, true, s->name, &own);
	thing->end_slot = t->slots_len;
}

struct model_signal *member_signal(struct reader *r, struct model_thing *thing,
				   const char *name)
{
	struct model_signal *s = thing->signals;
	const struct member_own *own;

	while (s && strcmp(s->name, name) != 0)
		s = s->next;
	if (s || !thing->own)
		return s;
	own_position(thing, false, name, &own);
	return own ? member_add_signal(r, thing, own->name, own->type, NULL) : NULL;
}

struct model_slot *member_slot(struct reader *r, struct model_thing *thing,
			       const char *name)
{
	struct model_slot *s = thing->slots;
	const struct member_own *own;

	while (s && strcmp(s->name, name) != 0)
		s = s->next;
	if (s || !thing->own)
		return s;
	own_position(thing, true, name, &own);
	return own ? member_add_slot(r, thing, own->name, "any", NULL) : NULL;
}
