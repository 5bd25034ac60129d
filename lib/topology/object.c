/* SPDX-License-Identifier: MIT */
/*
 * Objects as written. Signals are declared first, so that commands can name them, and
 * subscriptions last, when all slots are known.
 */
#include "topology/object.h"

#include <string.h>

#include "topology/fate.h"
#include "topology/member.h"

static void declare(struct reader *r, struct model_object *o, const struct node *name,
		    const char *type)
{
	const struct model_signal *first;

	if (!reader_name(r, name))
		return;
	first = member_signal(r, &o->thing, name->text);
	if (!first)
		member_add_signal(r, &o->thing, name->text, type, name);
	else if (first->at)
		problem_node(&r->problems, name, "%s is given twice: first in line %u",
			     problem_quote(&r->problems, name->text),
			     first->at->from.line);
	else
		problem_node(&r->problems, name,
			     "every object of this kind has the signal `%s` already",
			     name->text);
}

static void read_signals(struct reader *r, struct model_object *o, const struct node *n)
{
	if (!n)
		return;
	if (n->kind == NODE_TEXT) {
		problem_node(&r->problems, n,
			     "`signals` must be a map of names and types, or a list of "
			     "names");
		return;
	}
	for (struct node *e = n->first; e; e = e->next) {
		const char *type = "any";

		if (n->kind == NODE_LIST && e->kind != NODE_TEXT) {
			problem_node(&r->problems, e, "the name of a signal is a text");
			continue;
		}
		if (n->kind == NODE_MAP)
			type = reader_type(r, e->next);
		declare(r, o, e, type ? type : "any");
		if (n->kind == NODE_MAP)
			e = e->next;
	}
}

static void read_slot(struct reader *r, struct model_object *o, const struct node *name)
{
	unsigned known = o->does & DO_PLUGIN;
	size_t problems = r->problems.list.len;
	struct model_slot *slot;
	struct section s;

	if (!reader_name(r, name))
		return;
	if (member_slot(r, &o->thing, name->text)) {
		problem_node(&r->problems, name,
			     "the object has the slot `%s` already: its own command "
			     "is `in`, and timers have `start` and `stop`",
			     name->text);
		return;
	}
	if (known && node_empty(name->next))
		s = (struct section){.does = known};
	else if (!section_read(r, name->next, AT_SLOT, known, &s))
		return;
	if (!(s.does & DO_TAKES) && r->problems.list.len == problems)
		problem_node(&r->problems, name,
			     "the slot %s has nothing to do: give it `run`, `exec`, "
			     "`filter` or `builtin`",
			     problem_quote(&r->problems, name->text));
	slot = member_add_slot(r, &o->thing, name->text, section_text(&s, "in", "any"),
			       name);
	if (slot)
		command_read(r, &s, o, slot);
}

static void read_timer(struct model_object *o, const struct section *s)
{
	o->interval_ns = section_number(s, "every", section_number(s, "after", 0));
	o->burst = section_number(s, "missed", 0) == 1;
	o->disabled = !section_number(s, "enabled", 1);
}

static void check_tight(struct reader *r, const struct section *s)
{
	const struct setting *tight = section_get(s, "tight");

	if (tight && !tight->number)
		problem_node(&r->problems, tight->value,
			     "`tight` can only be true: leave it out, or say every or "
			     "after");
}

static void read_own_command(struct reader *r, struct model_object *o,
			     const struct section *s)
{
	bool source = s->does & DO_SOURCE;
	struct model_slot *slot;

	if (!(s->does & DO_COMMAND) && !(s->does & DO_BUILTIN) && !section_has(s, "in"))
		return;
	slot = member_add_slot(r, &o->thing, source ? "source" : "in",
			       section_text(s, "in", "any"), o->thing.at);
	if (slot)
		command_read(r, s, o, slot);
}

static struct model_slot *subscriber(struct reader *r, struct model_object *o,
				     const struct node *at)
{
	struct model_slot *slot;
	struct near near = {.wanted = at->text};

	if (at->kind != NODE_TEXT || at->broken) {
		problem_node(&r->problems, at, "what subscribes is the name of a slot");
		return NULL;
	}
	slot = member_slot(r, &o->thing, at->text);
	if (slot && slot->does != DO_SOURCE)
		return slot;
	if (o->any_slot && reader_name(r, at)) {
		slot = member_add_slot(r, &o->thing, at->text, "any", at);
		if (slot)
			slot->does = DO_PLUGIN;
		return slot;
	}
	for (slot = o->thing.slots; slot; slot = slot->next)
		if (slot->does != DO_SOURCE)
			near_try(&near, slot->name);
	problem_node(&r->problems, at, "%s has no slot %s%s",
		     problem_quote(&r->problems, o->thing.name),
		     problem_quote(&r->problems, at->text),
		     problem_near(&r->problems, &near));
	return NULL;
}

static void read_subscriptions(struct reader *r, struct model_object *o,
			       const struct node *n)
{
	struct model_subscription *s;

	if (!n)
		return;
	node_pairs(name, n)
	{
		if (!reader_name(r, name))
			continue;
		s = reader_alloc(r, sizeof(*s));
		if (!s)
			return;
		s->signal = name->text;
		s->at = name->next;
		s->slot = subscriber(r, o, name->next);
		if (!s->slot)
			continue;
		*o->subscriptions_tail = s;
		o->subscriptions_tail = &s->next;
	}
}

static struct model_object *add_object(struct reader *r, const struct node *name)
{
	struct model_object *o = reader_alloc(r, sizeof(*o)), **place;

	if (!o)
		return NULL;
	member_init(&o->thing, MODEL_OBJECT, name->text, name);
	o->subscriptions_tail = &o->subscriptions;
	if (!member_name(r, &o->thing))
		return o;
	o->thing.index = (uint32_t)r->t->objects.len;
	place = vec_add(&r->t->objects);
	if (place)
		*place = o;
	else
		r->problems.no_memory = true;
	return o;
}

static void place_on(struct reader *r, struct model_object *o, struct model_loop *loop)
{
	o->alone = !loop;
	o->loop = loop ? loop : loop_new(r, o->thing.name, o->thing.at);
	if (!o->loop)
		return;
	*o->loop->objects_tail = o;
	o->loop->objects_tail = &o->next;
}

static unsigned own_members(const struct model_object *o, const struct section *s)
{
	if (o->does & DO_TIMER)
		return OWN_TIMER;
	return (o->does & ~DO_BUILTIN) || section_has(s, "slots") ? OWN_COMMAND : 0;
}

/* Several objects may be of one file, of which one is told. */
static bool tried(const struct topology *t, const struct model_object *o)
{
	for (size_t i = 0; i < t->objects.len; i++)
		if (t->objects.at[i] != o && t->objects.at[i]->plugin &&
		    strcmp(t->objects.at[i]->plugin, o->plugin) == 0)
			return true;
	return false;
}

static void check_plugin(struct reader *r, const struct model_object *o,
			 const struct node *at)
{
	const struct topology_input *in = r->problems.in;
	struct sigslot_error err = {0};

	if (o->plugin && in->probe && !tried(r->t, o) &&
	    in->probe(in->directory, o->plugin, &err) < 0)
		problem_node(&r->problems, at, "%s", err.text);
}

void object_read(struct reader *r, const struct node *name, struct model_loop *loop)
{
	struct model_object *o = add_object(r, name);
	size_t problems = r->problems.list.len;
	const struct node *slots;
	struct section s;

	if (!o)
		return;
	place_on(r, o, loop);
	o->any_slot = o->any_signal = true;
	if (!section_read(r, name->next, AT_OBJECT, 0, &s))
		return;
	o->does = s.does;
	o->plugin = section_text(&s, "plugin", NULL);
	check_plugin(r, o, section_node(&s, "plugin"));
	o->declares = section_has(&s, "signals");
	o->any_slot = o->does == DO_PLUGIN && !section_has(&s, "slots");
	o->any_signal = o->does == DO_PLUGIN && !o->declares;
	if (section_node(&s, "config"))
		o->config = config_text(r, section_node(&s, "config"));
	o->shell = reader_shell(r, &s);
	read_timer(o, &s);
	check_tight(r, &s);
	o->thing.own = own_members(o, &s);
	read_signals(r, o, section_node(&s, "signals"));
	read_own_command(r, o, &s);
	if (o->does == DO_PLUGIN)
		fate_read(r, &s, o, &o->fate);
	o->fate.on_error = fate_on_error(&s);
	o->fate.group = section_text(&s, "group", NULL);
	slots = section_node(&s, "slots");
	for (const struct node *e = slots ? slots->first : NULL; e; e = e->next->next)
		read_slot(r, o, e);
	read_subscriptions(r, o, section_node(&s, "subscribe"));
	if (o->does || o->declares || slots)
		return;
	/* nobody knows what it was meant to be: arrows may name anything of it */
	o->any_slot = o->any_signal = true;
	if (r->problems.list.len == problems)
		problem_node(&r->problems, name,
			     "the object %s has nothing to do: give it a command, a "
			     "timer, `signals` or `slots`",
			     problem_quote(&r->problems, o->thing.name));
}

void object_settle(struct reader *r)
{
	vec_each(at, &r->t->objects) {
		struct model_thing *thing = &(*at)->thing;
		struct model_slot *slot;

		if ((*at)->does != DO_PLUGIN || thing->slots_len)
			continue;
		slot = member_add_slot(r, thing, "in", "any", thing->at);
		if (slot)
			slot->does = DO_PLUGIN;
	}
}
