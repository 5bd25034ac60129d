/* SPDX-License-Identifier: MIT */
/*
 * Things are compared place by place, connections by their ends.
 */
#include "supervisor/change.h"

#include <stdio.h>
#include <string.h>

#include "base/map.h"
#include "plan/compare.h"
#include "supervisor/hand.h"

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

/* One that was given up is wanted again if anything in it is another. */
static bool restarts(const struct change *c, uint32_t i)
{
	return *process_name(c->a, i) && *process_name(c->b, i) &&
	       (!compare_process(c->a, c->b, i) ||
		(!c->hands[i].stale && !compare_host(c->a, c->b, i)));
}

/* With its process, which goes on. */
static bool loop_restarts(const struct change *c, uint32_t i)
{
	uint32_t process = c->b->loops[i].process;

	return *loop_name(c->a, i) && *loop_name(c->b, i) &&
	       c->a->loops[i].process == process && !compare_loop(c->a, c->b, i) &&
	       !restarts(c, process);
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

static void tell_restarts(const struct change *c, struct buf *out)
{
	for (uint32_t i = 0; i < c->b->loops_len; i++)
		if (loop_restarts(c, i))
			buf_addf(out, "restarted loop %s\n", c->b->loops[i].name);
	for (uint32_t i = 0; i < c->b->processes_len; i++)
		if (restarts(c, i))
			buf_addf(out, "restarted process %s\n", process_name(c->b, i));
}

void change_tell(const struct change *c, struct buf *out)
{
	const struct plan *a = c->a, *b = c->b;
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
	tell_restarts(c, out);
}

static bool comes(const struct change *c, uint32_t i)
{
	return !*process_name(c->a, i) && *process_name(c->b, i);
}

static bool goes(const struct change *c, uint32_t i)
{
	return *process_name(c->a, i) && !*process_name(c->b, i);
}

/* "restarts 'a', 'b'"; nothing if there are none. */
static void name_processes(const struct change *c,
			   bool (*is)(const struct change *, uint32_t),
			   const char *what, struct buf *out)
{
	const char *before = what;

	for (uint32_t i = 0; i < c->b->processes_len; i++) {
		if (!is(c, i))
			continue;
		buf_addf(out, "%s'%s'", before, c->b->processes[i].was);
		before = ", ";
	}
}

static void name_loops(const struct change *c, struct buf *out)
{
	const char *before = ", restarts loops ";

	for (uint32_t i = 0; i < c->b->loops_len; i++) {
		if (!loop_restarts(c, i))
			continue;
		buf_addf(out, "%s'%s'", before, c->b->loops[i].name);
		before = ", ";
	}
}

void change_sum_up(const struct change *c, struct buf *out)
{
	const struct plan *a = c->a, *b = c->b;
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
	name_loops(c, out);
	name_processes(c, restarts, ", restarts ", out);
	name_processes(c, comes, ", starts ", out);
	name_processes(c, goes, ", stops ", out);
	if (out->size == size)
		buf_addf(out, ", restarts nothing");
}
