/* SPDX-License-Identifier: MIT */
/*
 * Which lines of a log belong to a name. A loop has those of its objects, a process
 * those of its loops; and each those of the run itself that name it.
 */
#include <stdio.h>
#include <string.h>

#include "api/logs.h"
#include "route/group.h"

static bool known(const struct instance *in, const struct address *a)
{
	const struct routes *r = in->routes;
	char first[GROUP_NAME];
	const char *name = group_replica(r, a->name, 1, first) ? first : a->name;

	if (routes_find(r, name, "", ROUTE_OBJECT) == ROUTE_NOBODY)
		return false;
	return !*a->member ||
	       routes_find(r, name, a->member, ROUTE_SLOT) != ROUTE_NOBODY ||
	       routes_find(r, name, a->member, ROUTE_SIGNAL) != ROUTE_NOBODY;
}

int logs_want(struct logs_view *v, const struct address *a, struct sigslot_error *err)
{
	if (!known(&v->in, a))
		return instance_no_name(&v->in, a, err);
	if (v->wanted_len == LOGS_NAMES)
		return fail(err, -EINVAL, "more than %d names", LOGS_NAMES);
	v->wanted[v->wanted_len++] = *a;
	return 0;
}

int logs_choose(struct logs_view *v, const char *operand, struct sigslot_error *err)
{
	struct address a;
	int r = address_parse(operand, &a, err);

	if (r < 0)
		return r;
	if (!*a.instance && !*a.member && instance_open(a.name, &v->in, NULL) == 0)
		return 0;
	r = instance_find(&a, &v->in, err);
	if (r == 0)
		r = logs_want(v, &a, err);
	return r;
}

void logs_look(struct logs_view *v)
{
	if (v->wanted_len && board_open(v->in.dir, &v->board) < 0)
		v->board = NULL;
}

void logs_done(struct logs_view *v)
{
	board_close(v->board);
	instance_done(&v->in);
}

/* The loop that an object lives on; "" if it is unknown. */
static const char *loop_of(const struct logs_view *v, const char *object)
{
	const struct routes *r = v->in.routes;
	const struct route_name *n =
		routes_name(r, routes_find(r, object, "", ROUTE_OBJECT));
	const struct route_queue *q = n ? routes_queue(r, n->queue) : NULL;

	return q ? routes_text(r, q->name) : "";
}

static const char *process_of(const struct logs_view *v, const char *loop)
{
	struct board *b = (struct board *)v->board;

	for (uint32_t i = 0; b && i < b->loops_len; i++)
		if (strncmp(b->loops[i].name, loop, sizeof(b->loops[i].name)) == 0 &&
		    b->loops[i].process < b->processes_len)
			return board_process(b, b->loops[i].process)->name;
	return "";
}

/* Whether a name is that of a thing, or one of its replicas. */
static bool is(const struct logs_view *v, const char *name, const char *thing)
{
	return strcmp(thing, name) == 0 || group_has(v->in.routes, name, thing);
}

/* The lines of slot `in` and of sources bear the object's name alone. */
static bool is_slot(const struct logs_view *v, const struct address *a,
		    const char *from, const char *object)
{
	if (!is(v, a->name, object))
		return false;
	return from[strlen(object)] == '.'
		       ? strcmp(from + strlen(object) + 1, a->member) == 0
		       : strcmp(a->member, "in") == 0 || strcmp(a->member, "out") == 0;
}

static bool names(const char *line, const char *name)
{
	char quoted[68];

	snprintf(quoted, sizeof(quoted), "'%s'", name);
	return strstr(line, quoted);
}

bool logs_belongs(const struct logs_view *v, const char *from, const char *line)
{
	char object[64];
	const char *loop, *process;

	if (v->whole || !v->wanted_len)
		return true;
	snprintf(object, sizeof(object), "%.*s", (int)strcspn(from, "."), from);
	loop = loop_of(v, object);
	process = process_of(v, loop);
	for (size_t i = 0; i < v->wanted_len; i++) {
		const struct address *a = &v->wanted[i];

		if (*a->member ? is_slot(v, a, from, object)
			       : is(v, a->name, object) || is(v, a->name, loop) ||
					 strncmp(process, a->name, 64) == 0 ||
					 (strcmp(from, "sigslot") == 0 &&
					  names(line, a->name)))
			return true;
	}
	return false;
}
