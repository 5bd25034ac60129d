/* SPDX-License-Identifier: MIT */
/*
 * Things are compared place by place, connections by their ends.
 */
#include "supervisor/change.h"

#include <stdio.h>
#include <string.h>

#include "base/map.h"

/* The connections of a plan by their ends; values are plan_connections. */
struct ends {
	struct arena arena;
	struct map map;
};

static const char *spell(const struct plan_connection *c, char out[static 300])
{
	snprintf(out, 300, "%s -> %s", c->from, c->to);
	return out;
}

static void collect(struct ends *e, const struct plan *p)
{
	for (uint32_t i = 0; i < p->connections_len; i++) {
		struct plan_connection *c = &p->connections[i];
		char text[300];
		const char *key = arena_text(&e->arena, spell(c, text));

		if (!key || map_set(&e->map, key, c) < 0)
			return;
	}
}

static void ends_done(struct ends *e)
{
	map_done(&e->map);
	arena_done(&e->arena);
}

static bool differ(const struct plan_connection *a, const struct plan_connection *b)
{
	return strcmp(a->full, b->full) != 0 || a->once != b->once;
}

/* Those of p that are not there; and those that are, with another option. */
static unsigned tell_connections(const struct plan *p, const struct ends *there,
				 const char *what, const char *other, struct buf *out)
{
	unsigned len = 0;

	for (uint32_t i = 0; i < p->connections_len; i++) {
		const struct plan_connection *c = &p->connections[i], *old;
		char text[300];

		old = map_get(&there->map, spell(c, text));
		len += !old;
		if (out && !old)
			buf_addf(out, "%s %s\n", what, text);
		else if (out && other && differ(old, c))
			buf_addf(out, "%s %s\n", other, text);
	}
	return len;
}

static const char *process_name(const struct plan *p, uint32_t i)
{
	return i < p->processes_len ? p->processes[i].name : "";
}

static const char *loop_name(const struct plan *p, uint32_t i)
{
	return i < p->loops_len ? p->loops[i].name : "";
}

static const char *queue_name(const struct plan *p, uint32_t i)
{
	return i < p->queues_len ? p->queues[i].name : "";
}

bool change_of_process(const struct plan *a, const struct plan *b, uint32_t process)
{
	return *process_name(a, process) && *process_name(b, process) &&
	       a->processes[process].sum != b->processes[process].sum;
}

static void tell_places(const struct plan *a, const struct plan *b, uint32_t len,
			const char *(*name)(const struct plan *, uint32_t),
			const char *const words[static 2], struct buf *out)
{
	for (uint32_t i = 0; i < len; i++) {
		const char *x = name(a, i), *y = name(b, i);

		if (!*x && *y)
			buf_addf(out, "%s %s\n", words[0], y);
		else if (*x && !*y)
			buf_addf(out, "%s %s\n", words[1], x);
	}
}

static void tell_moves(const struct plan *a, const struct plan *b, struct buf *out)
{
	for (uint32_t i = 0; i < a->loops_len; i++)
		if (*a->loops[i].name && *b->loops[i].name &&
		    a->loops[i].process != b->loops[i].process)
			buf_addf(out, "moved loop %s to process %s\n", b->loops[i].name,
				 b->processes[b->loops[i].process].name);
}

static void collect_objects(struct ends *e, const struct plan *p)
{
	for (uint32_t i = 0; i < p->objects_len; i++)
		if (map_set(&e->map, p->objects[i].name, &p->objects[i]) < 0)
			return;
}

/* Those that stand alone on their loop are told of as that. */
static bool alone(const struct plan *p, const struct plan_object *o)
{
	return strcmp(p->loops[o->loop].name, o->name) == 0;
}

static void tell_objects(const struct plan *a, const struct plan *b, struct buf *out)
{
	struct ends before = {0}, after = {0};

	collect_objects(&before, a);
	collect_objects(&after, b);
	for (uint32_t i = 0; i < a->objects_len; i++)
		if (!map_get(&after.map, a->objects[i].name) &&
		    !alone(a, &a->objects[i]))
			buf_addf(out, "removed object %s\n", a->objects[i].name);
	for (uint32_t i = 0; i < b->objects_len; i++) {
		const struct plan_object *o = &b->objects[i],
					 *old = map_get(&before.map, o->name);

		if (!old && !alone(b, o))
			buf_addf(out, "added object %s\n", o->name);
		else if (old && old->loop != o->loop)
			buf_addf(out, "moved object %s to loop %s\n", o->name,
				 b->loops[o->loop].name);
	}
	ends_done(&before);
	ends_done(&after);
}

static void tell_processes(const struct plan *a, const struct plan *b, struct buf *out)
{
	for (uint32_t i = 0; i < b->processes_len; i++)
		if (change_of_process(a, b, i))
			buf_addf(out, "restarted process %s\n", b->processes[i].name);
}

void change_tell(const struct plan *a, const struct plan *b, struct buf *out)
{
	static const char *const loops[] = {"added loop", "removed loop"};
	static const char *const queues[] = {"added queue", "removed queue"};
	static const char *const processes[] = {"started process", "stopped process"};
	struct ends before = {0}, after = {0};

	collect(&before, a);
	collect(&after, b);
	tell_connections(a, &after, "disconnected", NULL, out);
	tell_connections(b, &before, "connected", "changed", out);
	ends_done(&before);
	ends_done(&after);
	tell_objects(a, b, out);
	tell_places(a, b, b->loops_len, loop_name, loops, out);
	tell_moves(a, b, out);
	tell_places(a, b, b->queues_len, queue_name, queues, out);
	tell_places(a, b, b->processes_len, process_name, processes, out);
	tell_processes(a, b, out);
}

static bool comes(const struct plan *a, const struct plan *b, uint32_t i)
{
	return !*process_name(a, i) && *process_name(b, i);
}

static bool goes(const struct plan *a, const struct plan *b, uint32_t i)
{
	return *process_name(a, i) && !*process_name(b, i);
}

/* "restarts 'a', 'b'"; nothing if there are none. */
static void name_processes(const struct plan *a, const struct plan *b,
			   bool (*is)(const struct plan *, const struct plan *,
				      uint32_t),
			   const char *what, struct buf *out)
{
	const char *before = what;

	for (uint32_t i = 0; i < b->processes_len; i++) {
		if (!is(a, b, i))
			continue;
		buf_addf(out, "%s'%s'", before, b->processes[i].was);
		before = ", ";
	}
}

void change_sum_up(const struct plan *a, const struct plan *b, struct buf *out)
{
	struct ends before = {0}, after = {0};
	unsigned came, went;
	size_t size;

	collect(&before, a);
	collect(&after, b);
	came = tell_connections(b, &before, "", NULL, NULL);
	went = tell_connections(a, &after, "", NULL, NULL);
	ends_done(&before);
	ends_done(&after);
	buf_addf(out, "%u connection%s came, %u went", came, came == 1 ? "" : "s",
		 went);
	size = out->size;
	name_processes(a, b, change_of_process, ", restarts ", out);
	name_processes(a, b, comes, ", starts ", out);
	name_processes(a, b, goes, ", stops ", out);
	if (out->size == size)
		buf_addf(out, ", restarts nothing");
}
