/* SPDX-License-Identifier: MIT */
/*
 * A loop comes before a process, and an object stands for its loop.
 */
#include "supervisor/aim.h"

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

int aim_order(struct supervisor *s, const char *verb, const char *target)
{
	uint32_t loop = find_loop(s->plan, target);
	uint32_t process = find_process(s->plan, target);

	if (!*target)
		return order_instance(s, verb);
	if (loop != PLAN_NONE)
		return order_loop(s, verb, loop);
	return process == PLAN_NONE ? -ENXIO : order_process(s, verb, process);
}

bool aim_concerns(const struct plan *p, const char *target, uint32_t loop)
{
	uint32_t process = find_process(p, target), own = find_loop(p, target);

	if (!*target)
		return true;
	return own != PLAN_NONE ? loop == own : p->loops[loop].process == process;
}
