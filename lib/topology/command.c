/* SPDX-License-Identifier: MIT */
/*
 * What a slot does with a message: its command, the arguments that it gets, and the
 * signal that its lines become.
 */
#include <string.h>

#include "message/json.h"
#include "topology/fate.h"
#include "topology/member.h"
#include "topology/object.h"
#include "topology/trap.h"
#include "topology/upkeep.h"

static void read_args(struct reader *r, const struct node *n, struct model_slot *slot)
{
	struct problems *p = &r->problems;

	if (!n)
		return;
	if (n->kind == NODE_TEXT && strcmp(n->text, "none") == 0) {
		slot->args_none = true;
		return;
	}
	if (n->kind != NODE_LIST) {
		problem_node(p, n,
			     "`args` must be none or a list of paths, such as [.ip, "
			     ".status]");
		return;
	}
	slot->args = reader_texts(r, n, "a path in `args`");
	if (!slot->args)
		return;
	node_each(e, n)
	{
		size_t offset = 0;

		if (json_path_check(e->text, &offset) < 0)
			problem_within(p, e, offset,
				       "%s is not a simple path such as .ip, .a.b or "
				       ".list[0]",
				       problem_quote(p, e->text));
	}
}

static const char *read_key(struct reader *r, const struct section *s)
{
	const struct node *n = section_node(s, "key");
	size_t offset = 0;

	if (!n)
		return NULL;
	if (json_path_check(n->text, &offset) < 0)
		problem_within(&r->problems, n, offset,
			       "`key` is a simple path such as .id, .a.b or .list[0]");
	else if (!section_has(s, "parallel"))
		problem_node(&r->problems, n,
			     "`key` says which messages of `parallel` come one after "
			     "the other: say how many run at the same time, too");
	return n->text;
}

static void read_exec(struct reader *r, const struct node *n, struct model_slot *slot)
{
	slot->argv = reader_texts(r, n, "an element of `exec`");
	node_each(e, n)
	{
		if (r->comments && e->kind == NODE_TEXT)
			trap_comment(&r->problems, e);
	}
	if (!n->first ||
	    (n->first->kind == NODE_TEXT && !n->first->len && !n->first->broken))
		problem_node(&r->problems, n, "`exec` has no program");
}

/* Checks a signal that exists already against what this command says of it. */
static void check_emit(struct reader *r, const struct section *s,
		       const struct model_signal *signal)
{
	const struct setting *out = section_get(s, "out");
	const struct setting *emit = section_get(s, "emit");
	const struct node *at = out ? out->value : emit ? emit->value : s->node;

	if (!signal->at)
		problem_node(&r->problems, at,
			     "the signal `%s` is emitted by sigslot itself: choose "
			     "another name",
			     signal->name);
	else if (out && strcmp(out->text, signal->type) != 0)
		problem_node(&r->problems, at,
			     "the signal `%s` is %s here and %s in line %u",
			     signal->name, out->text, signal->type,
			     signal->at->from.line);
}

static void unknown_signal(struct reader *r, struct model_object *o,
			   const struct node *at)
{
	struct near near = {.wanted = at->text};

	for (struct model_signal *s = o->thing.signals; s; s = s->next)
		near_try(&near, s->name);
	problem_node(&r->problems, at, "%s is not among the `signals` of %s%s",
		     problem_quote(&r->problems, at->text),
		     problem_quote(&r->problems, o->thing.name),
		     problem_near(&r->problems, &near));
}

static struct model_signal *output(struct reader *r, const struct section *s,
				   struct model_object *o)
{
	bool resident = s->does & DO_RESIDENT;
	const struct node *emit = section_node(s, "emit");
	struct model_signal *signal;
	const char *type;

	if (!(s->does & DO_LINES))
		return NULL;
	if (!resident && !section_has(s, "emit") && !section_has(s, "out"))
		return NULL;
	if (section_has(s, "emit") && !emit)
		return NULL;
	signal = member_signal(r, &o->thing, emit ? emit->text : "out");
	if (signal) {
		check_emit(r, s, signal);
		return signal;
	}
	if (emit && o->declares && !section_has(s, "out")) {
		unknown_signal(r, o, emit);
		return NULL;
	}
	type = section_text(s, "out", resident ? "string" : "any");
	return member_add_signal(r, &o->thing, emit ? emit->text : "out", type,
				 emit ? emit : o->thing.at);
}

void command_read(struct reader *r, const struct section *s, struct model_object *o,
		  struct model_slot *slot)
{
	static const char *const texts[] = {"source", "run", "filter", "builtin"};
	const struct node *exec = section_node(s, "exec");

	slot->does = s->does;
	for (size_t i = 0; i < ARRAY_LEN(texts) && !slot->text; i++)
		slot->text = section_text(s, texts[i], NULL);
	if (exec)
		read_exec(r, exec, slot);
	read_args(r, section_node(s, "args"), slot);
	slot->input_json = section_number(s, "input", 0) == 1;
	slot->reply_line = section_number(s, "reply", 0) == 1;
	slot->timeout_ns = section_number(s, "timeout", 0);
	slot->parallel = (uint32_t)section_number(s, "parallel", 1);
	slot->key = read_key(r, s);
	if (s->does & DO_TAKES)
		fate_read(r, s, o, &slot->fate);
	slot->fate.group = section_text(s, "group", NULL);
	if (s->does & DO_RESIDENT)
		upkeep_read(r, s, slot);
	slot->emit = output(r, s, o);
}
