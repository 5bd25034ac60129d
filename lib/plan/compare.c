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

static int other_thing(const char *what, const char *name, struct sigslot_error *err)
{
	return fail(err, -ENOEXEC,
		    "%s '%s' is not where it was: processes, loops and queues come, go "
		    "and move only when it is stopped and run again",
		    what, name);
}

/* What runs is known by its place among its kind. */
int compare_places(const struct plan *a, const struct plan *b,
		   struct sigslot_error *err)
{
	uint32_t i;

	for (i = 0; i < a->processes_len || i < b->processes_len; i++)
		if (i >= a->processes_len || i >= b->processes_len ||
		    strcmp(a->processes[i].name, b->processes[i].name) != 0)
			return other_thing(
				"process",
				(i < b->processes_len ? b : a)->processes[i].name, err);
	for (i = 0; i < a->loops_len || i < b->loops_len; i++)
		if (i >= a->loops_len || i >= b->loops_len ||
		    a->loops[i].process != b->loops[i].process ||
		    strcmp(a->loops[i].name, b->loops[i].name) != 0)
			return other_thing(
				"loop", (i < b->loops_len ? b : a)->loops[i].name, err);
	for (i = 0; i < a->queues_len || i < b->queues_len; i++)
		if (i >= a->queues_len || i >= b->queues_len ||
		    a->queues[i].durable != b->queues[i].durable ||
		    strcmp(a->queues[i].name, b->queues[i].name) != 0)
			return other_thing("queue",
					   (i < b->queues_len ? b : a)->queues[i].name,
					   err);
	return strcmp(a->name, b->name) == 0
		       ? 0
		       : fail(err, -ENOEXEC,
			      "it has another name: '%s' stays what it is called",
			      a->name);
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
