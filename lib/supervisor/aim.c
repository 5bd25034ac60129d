/* SPDX-License-Identifier: MIT */
/*
 * A loop comes before a process, an object stands for its loop, and the plain name of
 * replicas for all of them.
 */
#include "supervisor/aim.h"

#include <stdio.h>
#include <string.h>

static uint32_t find_loop(const struct plan *p, const char *name)
{
	for (uint32_t i = 0; i < p->loops_len; i++)
		if (strcmp(p->loops[i].name, name) == 0)
			return i;
	for (uint32_t i = 0; i < p->objects_len; i++)
		if (strcmp(p->objects[i].name, name) == 0)
			return p->objects[i].loop;
	return PLAN_NONE;
}

static uint32_t find_process(const struct plan *p, const char *name)
{
	for (uint32_t i = 0; i < p->processes_len; i++)
		if (strcmp(p->processes[i].name, name) == 0)
			return i;
	return PLAN_NONE;
}

static bool is_replica(const char *name, const char *plain, uint32_t replica)
{
	char text[80];

	snprintf(text, sizeof(text), "%s-%u", plain, replica);
	return strcmp(name, text) == 0;
}

/* Whether a loop is one of the replicas that a plain name stands for, or runs one. */
static bool in_group(const struct plan *p, const char *plain, uint32_t loop)
{
	const struct plan_loop *l = &p->loops[loop];

	if (!l->replica)
		return false;
	if (is_replica(l->name, plain, l->replica))
		return true;
	for (uint32_t i = 0; i < p->objects_len; i++)
		if (p->objects[i].loop == loop &&
		    is_replica(p->objects[i].name, plain, l->replica))
			return true;
	return false;
}

static int order_group(struct supervisor *s, const char *verb, const char *plain)
{
	int r = -ENXIO;

	for (uint32_t i = 0; i < s->plan->loops_len; i++)
		if (in_group(s->plan, plain, i))
			r = order_loop(s, verb, i);
	return r;
}

int aim_order(struct supervisor *s, const char *verb, const char *target)
{
	uint32_t loop = find_loop(s->plan, target);
	uint32_t process = find_process(s->plan, target);

	if (!*target)
		return order_instance(s, verb);
	if (loop != PLAN_NONE)
		return order_loop(s, verb, loop);
	return process == PLAN_NONE ? order_group(s, verb, target)
				    : order_process(s, verb, process);
}

bool aim_concerns(const struct plan *p, const char *target, uint32_t loop)
{
	uint32_t own, process;

	if (!*target)
		return *p->loops[loop].name;
	if (!*p->loops[loop].name)
		return false;
	own = find_loop(p, target);
	process = find_process(p, target);
	if (own != PLAN_NONE || process != PLAN_NONE)
		return own != PLAN_NONE ? loop == own
					: p->loops[loop].process == process;
	return in_group(p, target, loop);
}
