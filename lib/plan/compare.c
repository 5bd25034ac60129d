/* SPDX-License-Identifier: MIT */
/*
 * Pairs of plans, index by index.
 */
#include "plan/compare.h"

#include <string.h>

bool compare_process(const struct plan *a, const struct plan *b, uint32_t process)
{
	const struct plan_process *x, *y;

	if (process >= a->processes_len || process >= b->processes_len)
		return false;
	x = &a->processes[process];
	y = &b->processes[process];
	return *x->name && *y->name && x->sum == y->sum;
}

bool compare_loop(const struct plan *a, const struct plan *b, uint32_t loop)
{
	const struct plan_loop *x, *y;

	if (loop >= a->loops_len || loop >= b->loops_len)
		return false;
	x = &a->loops[loop];
	y = &b->loops[loop];
	return *x->name && *y->name && x->process == y->process && x->sum == y->sum;
}

static bool hosts(const struct plan *p, uint32_t process, uint32_t loop)
{
	return loop < p->loops_len && p->loops[loop].process == process;
}

bool compare_host(const struct plan *a, const struct plan *b, uint32_t process)
{
	uint32_t len = a->loops_len > b->loops_len ? a->loops_len : b->loops_len;
	bool same = compare_process(a, b, process);

	for (uint32_t i = 0; same && i < len; i++)
		if (hosts(a, process, i) || hosts(b, process, i))
			same = compare_loop(a, b, i);
	return same;
}

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

static bool was_queue(const struct plan *p, const char *name)
{
	for (uint32_t i = 0; i < p->queues_len; i++)
		if (strcmp(p->queues[i].was, name) == 0)
			return true;
	return false;
}

static bool was_loop(const struct plan *p, const char *name)
{
	for (uint32_t i = 0; i < p->loops_len; i++)
		if (strcmp(p->loops[i].was, name) == 0)
			return true;
	return false;
}

static int other_kind(const char *name, const char *was, struct sigslot_error *err)
{
	return fail(err, -ENOEXEC,
		    "'%s' was a %s, and is something else only when all is stopped and "
		    "run again",
		    name, was);
}

/* What runs is known by its place among its kind, and its files by their name. */
int compare_places(const struct plan *a, const struct plan *b,
		   struct sigslot_error *err)
{
	if (strcmp(a->name, b->name) != 0)
		return fail(err, -ENOEXEC,
			    "it has another name: '%s' stays what it is called",
			    a->name);
	for (uint32_t i = 0; i < a->queues_len; i++)
		if (*a->queues[i].name && *b->queues[i].name &&
		    a->queues[i].durable != b->queues[i].durable)
			return fail(err, -ENOEXEC,
				    "queue '%s' is durable or not from its beginning: "
				    "stop all and run it again",
				    a->queues[i].name);
	for (uint32_t i = 0; i < b->loops_len; i++)
		if (*b->loops[i].name && was_queue(a, b->loops[i].name))
			return other_kind(b->loops[i].name, "queue", err);
	for (uint32_t i = 0; i < b->queues_len; i++)
		if (*b->queues[i].name && was_loop(a, b->queues[i].name))
			return other_kind(b->queues[i].name, "loop", err);
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
