/* SPDX-License-Identifier: MIT */
/*
 * Pairs of plans, index by index.
 */
#include "plan/compare.h"

#include <string.h>

/* Members of plugins come to exist by being connected, and only at the start. */
int compare_things(const struct plan *a, const struct plan *b,
		   struct sigslot_error *err)
{
	if (a->signals_len == b->signals_len && a->slots_len == b->slots_len)
		return 0;
	return fail(err, -ENOEXEC,
		    "the plugin was started without that signal or slot: name it in "
		    "the topology and run that");
}

static int not_there(const char *what, const char *name, struct sigslot_error *err)
{
	return fail(err, -ENOEXEC,
		    "%s '%s' is not where it was: what runs goes and moves only when "
		    "it is stopped and run again",
		    what, name);
}

/* Files and places are known by their name, of whatever kind it is. */
static int other_kind(const struct plan *a, const char *name, struct sigslot_error *err)
{
	for (uint32_t i = 0; i < a->queues_len; i++)
		if (strcmp(a->queues[i].was, name) == 0)
			return fail(err, -ENOEXEC,
				    "'%s' was a queue, and can be something else only "
				    "when all is stopped and run again",
				    name);
	return 0;
}

/* What runs is known by its place among its kind. */
int compare_places(const struct plan *a, const struct plan *b,
		   struct sigslot_error *err)
{
	uint32_t i;

	if (strcmp(a->name, b->name) != 0)
		return fail(err, -ENOEXEC,
			    "it has another name: '%s' stays what it is called",
			    a->name);
	for (i = 0; i < a->processes_len; i++)
		if (!*b->processes[i].name)
			return not_there("process", a->processes[i].name, err);
	for (i = 0; i < a->loops_len; i++)
		if (a->loops[i].process != b->loops[i].process)
			return not_there("loop", a->loops[i].name, err);
	for (i = 0; i < a->queues_len; i++)
		if (!*b->queues[i].name || a->queues[i].durable != b->queues[i].durable)
			return not_there("queue", a->queues[i].name, err);
	for (i = a->loops_len; i < b->loops_len; i++)
		if (other_kind(a, b->loops[i].name, err) < 0)
			return -ENOEXEC;
	return 0;
}

/* Whether two plans have the same connections, in the same order. */
bool compare_connections(const struct plan *a, const struct plan *b)
{
	bool same = a->connections_len == b->connections_len;

	for (uint32_t i = 0; same && i < a->connections_len; i++) {
		const struct plan_connection *x = &a->connections[i];
		const struct plan_connection *y = &b->connections[i];

		same = strcmp(x->from, y->from) == 0 && strcmp(x->to, y->to) == 0 &&
		       strcmp(x->full, y->full) == 0 && x->once == y->once;
	}
	return same;
}
