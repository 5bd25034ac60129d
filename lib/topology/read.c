/* SPDX-License-Identifier: MIT */
/*
 * From text to a checked topology: nodes, then the sections of the top in an order in
 * which each finds what it needs, then the connections.
 */
#include <string.h>

#include "base/unit.h"
#include "topology/after.h"
#include "topology/connect.h"
#include "topology/fate.h"
#include "topology/member.h"
#include "topology/object.h"
#include "topology/place.h"

static void number_all(struct topology *t)
{
	for (size_t i = 0; i < t->processes.len; i++)
		member_number(t, &t->processes.at[i]->thing);
	for (size_t i = 0; i < t->loops.len; i++)
		member_number(t, &t->loops.at[i]->thing);
	for (size_t i = 0; i < t->objects.len; i++)
		member_number(t, &t->objects.at[i]->thing);
}

static void read_objects(struct reader *r, const struct node *map)
{
	node_pairs(name, map)
	{
		object_read(r, name, NULL);
	}
}

/* The name of the instance: of the file's text, else of the file. */
static void read_name(struct reader *r, const struct section *s)
{
	const char *stem = r->problems.in->stem;

	r->t->name = section_text(s, "name", NULL);
	if (r->t->name || section_has(s, "name"))
		return;
	if (!unit_name_ok(stem, strlen(stem)))
		problem_node(&r->problems, s->node,
			     "%s, from the file's name, cannot name an instance: give "
			     "it a `name:`",
			     problem_quote(&r->problems, stem));
	r->t->name = arena_text(&r->t->arena, stem);
}

static void read_top(struct reader *r, const struct section *s)
{
	const struct node *connections = section_node(s, "connections");
	bool named = section_has(s, "objects") || section_has(s, "loops");

	read_name(r, s);
	r->t->shell = reader_shell(r, s);
	r->t->env = place_env(r, section_node(s, "env"), NULL);
	r->dead = section_node(s, "dead");
	r->t->on_error = fate_on_error(s);
	r->t->stop_timeout_ns = section_number(s, "stop_timeout", 0);
	place_main(r);
	if (r->problems.no_memory)
		return;
	for (size_t i = 0; i < s->len; i++) {
		const struct setting *setting = &s->settings[i];
		static const struct {
			const char *name;
			void (*read)(struct reader *r, const struct node *map);
		} parts[] = {
			{"processes", place_processes},
			{"loops", place_loops},
			{"objects", read_objects},
			{"queues", place_queues},
		};

		for (size_t k = 0; !setting->bad && k < ARRAY_LEN(parts); k++)
			if (strcmp(setting->key->name, parts[k].name) == 0)
				parts[k].read(r, setting->value);
	}
	if (r->problems.no_memory)
		return;
	place_settle(r);
	after_settle(r);
	place_sum(r, s->node);
	edit_begin(r);
	if (connections)
		connect_read(r, connections);
	edit_finish(r);
	connect_rest(r);
	object_settle(r);
	link_check(r);
	if (r->t->loops.len || (named && r->problems.list.len))
		return;
	problem_node(&r->problems, s->node,
		     "there is nothing to run: give `objects:` or `loops:`");
}

static void read_text(struct reader *r)
{
	const struct topology_input *in = r->problems.in;
	struct node *root;
	struct section s;

	if (in->size > TOPOLOGY_SIZE) {
		problem_at(&r->problems, (struct place){0},
			   "the file has more than 1 MiB");
		return;
	}
	r->comments = memchr(in->text, '#', in->size);
	root = node_read(&r->problems);
	if (!root && !r->problems.list.len)
		problem_at(&r->problems, (struct place){.line = 1},
			   "the file is empty: give `objects:` or `loops:`");
	else if (root && section_read(r, root, AT_TOP, 0, &s))
		read_top(r, &s);
}

/* A byte order mark says no more than that this is UTF-8. */
void topology_skip_mark(struct topology_input *in)
{
	if (in->size < 3 || memcmp(in->text, "\xef\xbb\xbf", 3) != 0)
		return;
	in->text += 3;
	in->size -= 3;
}

int topology_read(const struct topology_input *in, struct topology **ret,
		  struct sigslot_error *err)
{
	struct topology *t = calloc(1, sizeof(*t));
	struct topology_input text = *in;
	struct reader r = {.t = t};
	int code;

	if (!t)
		return fail(err, -ENOMEM, "out of memory");
	topology_skip_mark(&text);
	r.problems.in = &text;
	r.problems.arena = &t->arena;
	t->file = arena_text(&t->arena, in->file);
	t->directory = arena_text(&t->arena, in->directory);
	if (!t->file || !t->directory)
		r.problems.no_memory = true;
	else
		read_text(&r);
	code = problem_tell(&r.problems, err);
	problem_done(&r.problems);
	map_done(&r.links);
	map_done(&r.removed);
	map_done(&r.fulls);
	if (code < 0) {
		topology_free(t);
		return code;
	}
	number_all(t);
	*ret = t;
	return 0;
}

void topology_free(struct topology *t)
{
	if (!t)
		return;
	vec_done(&t->processes);
	vec_done(&t->loops);
	vec_done(&t->objects);
	vec_done(&t->queues);
	vec_done(&t->links);
	vec_done(&t->asked);
	map_done(&t->names);
	arena_done(&t->arena);
	free(t);
}
