/* SPDX-License-Identifier: MIT */
/*
 * Which place each process, loop and named queue has among its kind. One that was in
 * the plan before keeps its place for ever; what is new stands behind all that ever
 * were.
 */
#include "base/map.h"
#include "plan/make.h"

/* Places by what they are kept for; the values are indices, from 1 on. */
static int note(struct map *places, const char *was, uint32_t index)
{
	return map_set(places, was, (void *)(uintptr_t)(index + 1));
}

static void number(const struct map *places, struct model_thing *thing, uint32_t *len)
{
	uintptr_t place = (uintptr_t)map_get(places, thing->name);

	thing->index = place ? (uint32_t)place - 1 : (*len)++;
}

static int number_processes(const struct topology *t, const struct plan *like,
			    struct plan *p)
{
	struct map places = {0};
	int r = 0;

	p->processes_len = like ? like->processes_len : 0;
	for (uint32_t i = 0; r == 0 && i < p->processes_len; i++)
		r = note(&places, like->processes[i].was, i);
	for (size_t i = 0; i < t->processes.len; i++)
		number(&places, &t->processes.at[i]->thing, &p->processes_len);
	map_done(&places);
	return r;
}

static int number_loops(const struct topology *t, const struct plan *like,
			struct plan *p)
{
	struct map places = {0};
	int r = 0;

	p->loops_len = like ? like->loops_len : 0;
	for (uint32_t i = 0; r == 0 && i < p->loops_len; i++)
		r = note(&places, like->loops[i].was, i);
	for (size_t i = 0; i < t->loops.len; i++)
		number(&places, &t->loops.at[i]->thing, &p->loops_len);
	map_done(&places);
	return r;
}

static int number_queues(const struct topology *t, const struct plan *like,
			 struct plan *p)
{
	struct map places = {0};
	int r = 0;

	p->queues_len = like ? like->queues_len : 0;
	for (uint32_t i = 0; r == 0 && i < p->queues_len; i++)
		r = note(&places, like->queues[i].was, i);
	for (size_t i = 0; i < t->queues.len; i++)
		number(&places, &t->queues.at[i]->thing, &p->queues_len);
	map_done(&places);
	return r;
}

int number_make(const struct topology *t, const struct plan *like, struct plan *p)
{
	int r = number_processes(t, like, p);

	r = r ?: number_loops(t, like, p);
	return r ?: number_queues(t, like, p);
}

/* Members of plugins are not in its text, and its worker must know them. */
static uint64_t sum_of(const struct plan *p, uint32_t object, const char *member)
{
	uint64_t sum = 0x811c9dc5;

	for (const char *c = p->objects[object].name; *c; c++)
		sum = (sum ^ (unsigned char)*c) * 0x100000001b3;
	for (const char *c = member; *c; c++)
		sum = (sum ^ (unsigned char)*c) * 0x100000001b3;
	return sum;
}

static void count_member(struct plan *p, enum plan_owner owner, uint32_t owned_by,
			 const char *name)
{
	if (owner == PLAN_OBJECT && p->objects[owned_by].kind == PLAN_PLUGIN)
		p->loops[p->objects[owned_by].loop].sum += sum_of(p, owned_by, name);
}

void number_members(struct plan *p)
{
	for (uint32_t i = 0; i < p->signals_len; i++)
		count_member(p, p->signals[i].owner, p->signals[i].owned_by,
			     p->signals[i].name);
	for (uint32_t i = 0; i < p->slots_len; i++)
		count_member(p, p->slots[i].owner, p->slots[i].owned_by,
			     p->slots[i].name);
}

/* Copies the word, and has the place be nobody's. */
static int keep(struct plan *p, const char *was, const char **ret_was,
		const char **ret_name)
{
	*ret_was = arena_text(&p->arena, was);
	*ret_name = "";
	return *ret_was ? 0 : -ENOMEM;
}

int number_keep(const struct plan *like, struct plan *p)
{
	int r = 0;

	if (!like)
		return 0;
	for (uint32_t i = 0; r == 0 && i < like->processes_len; i++)
		r = keep(p, like->processes[i].was, &p->processes[i].was,
			 &p->processes[i].name);
	for (uint32_t i = 0; r == 0 && i < like->loops_len; i++) {
		r = keep(p, like->loops[i].was, &p->loops[i].was, &p->loops[i].name);
		p->loops[i].process = PLAN_NONE;
	}
	for (uint32_t i = 0; r == 0 && i < like->queues_len; i++)
		r = keep(p, like->queues[i].was, &p->queues[i].was, &p->queues[i].name);
	return r;
}
