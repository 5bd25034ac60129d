/* SPDX-License-Identifier: MIT */
/*
 * The order of the flow. Its stages are the loops and, behind these by number, the
 * named queues. Stages that lead to one another in a circle have one rank (Tarjan's
 * components, without recursion); every other one has a higher rank than all that lead
 * to it. Circles in which everybody waits for room are noted, for a warning.
 */
#include <string.h>

#include "base/buf.h"
#include "base/vec.h"
#include "plan/make.h"

enum { CIRCLES = 8 };

struct ranks {
	struct plan *p;
	bool waits; /* only where a message makes another one, which waits for room */
	uint32_t stages;
	uint32_t *first; /* edges of stage i: edges[first[i]] ... edges[first[i + 1]] */
	uint32_t *edges;
	uint32_t *number, *low, *component, *next, *stack, *path, *sorted;
	uint32_t *itself; /* by stage: leads to itself, without another one */
	uint32_t *taker; /* by object: takes messages, so that it may wait for itself */
	uint32_t numbered, stacked, depth, components;
};

/* The loop that a signal's owner lives on; NONE: the supervisor emits it. */
static uint32_t loop_of(const struct plan *p, const struct plan_signal *s)
{
	if (s->owner == PLAN_OBJECT)
		return p->objects[s->owned_by].loop;
	return s->owner == PLAN_LOOP ? s->owned_by : PLAN_NONE;
}

static uint32_t target_stage(const struct plan *p, const struct plan_target *t)
{
	return t->slot == PLAN_NONE ? p->loops_len + t->queue : p->slots[t->slot].loop;
}

static void add_edge(struct ranks *r, uint32_t from, uint32_t to, bool place)
{
	if (to == from)
		r->itself[from] = 1;
	if (to == PLAN_NONE || to == from)
		return;
	if (place)
		r->edges[r->next[from]++] = to;
	else
		r->first[from + 1]++;
}

static bool counts(const struct ranks *r, const struct plan_target *t)
{
	return !r->waits || strcmp(r->p->connections[t->connection].full, "block") == 0;
}

/* Calls for each edge twice: once to count, once to place. */
static void each_edge(struct ranks *r, bool place)
{
	const struct plan *p = r->p;

	for (uint32_t i = 0; i < p->signals_len; i++) {
		const struct plan_signal *s = &p->signals[i];
		const struct plan_target *t = p->targets + s->first_target;
		uint32_t from = loop_of(p, s);

		if (from == PLAN_NONE ||
		    (r->waits && s->owner == PLAN_OBJECT && !r->taker[s->owned_by]))
			continue;
		for (uint32_t k = 0; k < s->targets_len; k++)
			if (counts(r, &t[k]))
				add_edge(r, from, target_stage(p, &t[k]), place);
	}
	for (uint32_t i = 0; i < p->queues_len; i++)
		for (uint32_t k = 0; k < p->queues[i].slots_len; k++) {
			uint32_t slot = p->takers[p->queues[i].first_slot + k];

			add_edge(r, p->loops_len + i, p->slots[slot].loop, place);
		}
}

static void collect_edges(struct ranks *r)
{
	uint32_t stages = r->stages;

	each_edge(r, false);
	for (uint32_t i = 0; i < stages; i++) {
		r->first[i + 1] += r->first[i];
		r->next[i] = r->first[i];
	}
	each_edge(r, true);
	for (uint32_t i = 0; i < stages; i++)
		r->next[i] = r->first[i];
}

static void open_stage(struct ranks *r, uint32_t stage)
{
	r->number[stage] = r->low[stage] = ++r->numbered;
	r->stack[r->stacked++] = stage;
	r->path[r->depth++] = stage;
}

static void close_stage(struct ranks *r, uint32_t stage)
{
	uint32_t member;

	r->depth--;
	if (r->depth && r->low[stage] < r->low[r->path[r->depth - 1]])
		r->low[r->path[r->depth - 1]] = r->low[stage];
	if (r->low[stage] != r->number[stage])
		return;
	r->components++;
	do {
		member = r->stack[--r->stacked];
		r->component[member] = r->components;
	} while (member != stage);
}

static void visit(struct ranks *r, uint32_t start)
{
	open_stage(r, start);
	while (r->depth) {
		uint32_t stage = r->path[r->depth - 1], to;

		if (r->next[stage] == r->first[stage + 1]) {
			close_stage(r, stage);
			continue;
		}
		to = r->edges[r->next[stage]++];
		if (!r->number[to])
			open_stage(r, to);
		else if (!r->component[to] && r->number[to] < r->low[stage])
			r->low[stage] = r->number[to];
	}
}

/* Components were closed last ones of the flow first. Sorts stages the other way. */
static void sort(struct ranks *r)
{
	uint32_t stages = r->stages, *count = r->low, sum = 0;

	for (uint32_t i = 0; i <= stages; i++)
		count[i] = 0;
	for (uint32_t i = 0; i < stages; i++)
		count[r->components - r->component[i]]++;
	for (uint32_t i = 0; i < r->components; i++) {
		uint32_t here = count[i];

		count[i] = sum;
		sum += here;
	}
	for (uint32_t i = 0; i < stages; i++)
		r->sorted[count[r->components - r->component[i]]++] = i;
}

static uint32_t *place_of(struct plan *p, uint32_t stage)
{
	return stage < p->loops_len ? &p->loops[stage].rank
				    : &p->queues[stage - p->loops_len].rank;
}

static void assign(struct ranks *r)
{
	uint32_t *rank = r->number; /* of a component, from 1 */

	for (uint32_t i = 0; i <= r->stages; i++)
		rank[i] = 0;
	for (uint32_t i = 0; i < r->stages; i++) {
		uint32_t stage = r->sorted[i], own = r->component[stage];

		for (uint32_t k = r->first[stage]; k < r->first[stage + 1]; k++) {
			uint32_t to = r->component[r->edges[k]];

			if (to != own && rank[to] < rank[own] + 1)
				rank[to] = rank[own] + 1;
		}
		*place_of(r->p, stage) = rank[own];
	}
}

static const char *name_of(const struct plan *p, uint32_t stage)
{
	return stage < p->loops_len ? p->loops[stage].name
				    : p->queues[stage - p->loops_len].name;
}

/* The shortest way from a stage back to itself, by what was before each on it. */
static bool find_way(struct ranks *r, uint32_t home)
{
	uint32_t *queue = r->path, *before = r->low, len = 1;

	for (uint32_t i = 0; i < r->stages; i++)
		before[i] = PLAN_NONE;
	queue[0] = home;
	for (uint32_t at = 0; at < len && before[home] == PLAN_NONE; at++)
		for (uint32_t k = r->first[queue[at]]; k < r->first[queue[at] + 1];
		     k++) {
			uint32_t to = r->edges[k];

			if (r->component[to] != r->component[home] ||
			    before[to] != PLAN_NONE)
				continue;
			before[to] = queue[at];
			queue[len++] = to;
		}
	return before[home] != PLAN_NONE;
}

static int note_circle(struct ranks *r, uint32_t home, const char **ret)
{
	uint32_t *way = r->stack, len = 0;
	_buf_ struct buf text = {0};
	int code;

	for (uint32_t i = r->low[home]; i != home; i = r->low[i])
		way[len++] = i;
	code = buf_add_text(&text, name_of(r->p, home));
	while (code == 0 && len)
		code = buf_addf(&text, " -> %s", name_of(r->p, way[--len]));
	code = code ?: buf_addf(&text, " -> %s", name_of(r->p, home));
	*ret = code ? NULL : arena_text(&r->p->arena, text.data);
	return *ret ? 0 : -ENOMEM;
}

/* One of each component, and no more of them than anybody reads. */
static int note_circles(struct ranks *r)
{
	const char **at = arena_alloc(&r->p->arena, (CIRCLES + 1) * sizeof(*at));
	uint32_t *told = r->number, len = 0; /* by component */
	int code = at ? 0 : -ENOMEM;

	r->p->circles = at;
	for (uint32_t i = 0; i <= r->components; i++)
		told[i] = 0;
	for (uint32_t i = 0; i < r->stages && code == 0 && len < CIRCLES; i++) {
		if (told[r->component[i]]++ || !find_way(r, i))
			continue;
		code = note_circle(r, i, &at[len++]);
	}
	if (at)
		at[len] = NULL;
	return code;
}

/* What is in a circle, also one of a single loop whose objects feed each other. */
static void mark_circles(struct ranks *r)
{
	struct plan *p = r->p;
	uint32_t *members = r->sorted;

	for (uint32_t i = 0; i <= r->components; i++)
		members[i] = 0;
	for (uint32_t i = 0; i < r->stages; i++)
		members[r->component[i]]++;
	for (uint32_t i = 0; i < r->stages; i++) {
		uint32_t circle = r->component[i];

		if (members[circle] == 1 && !r->itself[i])
			circle = 0;
		if (i < p->loops_len)
			p->loops[i].circle = circle;
		else
			p->queues[i - p->loops_len].circle = circle;
	}
}

static int set_up(struct ranks *r, struct plan *p, bool waits)
{
	size_t each = (size_t)p->loops_len + p->queues_len + 2;
	uint32_t *room =
		calloc(each * 9 + p->targets_len + p->takers_len + p->objects_len,
		       sizeof(*room));

	if (!room)
		return -ENOMEM;
	*r = (struct ranks){.p = p, .waits = waits};
	r->stages = p->loops_len + p->queues_len;
	r->first = room;
	r->number = room + each;
	r->low = room + each * 2;
	r->component = room + each * 3;
	r->next = room + each * 4;
	r->stack = room + each * 5;
	r->path = room + each * 6;
	r->sorted = room + each * 7;
	r->itself = room + each * 8;
	r->taker = room + each * 9;
	r->edges = r->taker + p->objects_len;
	for (uint32_t i = 0; i < p->slots_len; i++)
		if (p->slots[i].owner == PLAN_OBJECT &&
		    p->slots[i].kind != PLAN_MEMBER && p->slots[i].kind != PLAN_SOURCE)
			r->taker[p->slots[i].owned_by] = 1;
	collect_edges(r);
	for (uint32_t i = 0; i < r->stages; i++)
		if (!r->number[i])
			visit(r, i);
	return 0;
}

int rank_make(struct plan *p)
{
	struct ranks r;
	int code = set_up(&r, p, false);

	if (code < 0)
		return code;
	sort(&r);
	assign(&r);
	free(r.first);
	code = set_up(&r, p, true);
	if (code < 0)
		return code;
	mark_circles(&r);
	code = note_circles(&r);
	free(r.first);
	return code;
}
