/* SPDX-License-Identifier: MIT */
/*
 * The order of the flow. Loops that lead to one another in a circle have one rank
 * (Tarjan's components, without recursion); every other loop has a higher rank than
 * all that lead to it.
 */
#include "base/vec.h"
#include "plan/make.h"

struct ranks {
	struct plan *p;
	uint32_t *
		first; /* edges of loop i are edges[first[i]] ... edges[first[i + 1]] */
	uint32_t *edges;
	uint32_t *number, *low, *component, *next, *stack, *path, *sorted;
	uint32_t numbered, stacked, depth, components;
};

/* The loop that a signal's owner lives on; NONE: the supervisor emits it. */
static uint32_t loop_of(const struct plan *p, const struct plan_signal *s)
{
	if (s->owner == PLAN_OBJECT)
		return p->objects[s->owned_by].loop;
	return s->owner == PLAN_LOOP ? s->owned_by : PLAN_NONE;
}

static uint32_t target_loop(const struct plan *p, const struct plan_target *t)
{
	return t->slot == PLAN_NONE ? PLAN_NONE : p->slots[t->slot].loop;
}

/* Calls for each edge twice: once to count, once to place. */
static void each_edge(struct ranks *r, bool place)
{
	const struct plan *p = r->p;

	for (uint32_t i = 0; i < p->signals_len; i++) {
		const struct plan_signal *s = &p->signals[i];
		uint32_t from = loop_of(p, s);

		for (uint32_t k = 0; from != PLAN_NONE && k < s->targets_len; k++) {
			uint32_t to = target_loop(p, &p->targets[s->first_target + k]);

			if (to == PLAN_NONE || to == from)
				continue;
			if (place)
				r->edges[r->next[from]++] = to;
			else
				r->first[from + 1]++;
		}
	}
}

static void collect_edges(struct ranks *r)
{
	uint32_t loops = r->p->loops_len;

	each_edge(r, false);
	for (uint32_t i = 0; i < loops; i++) {
		r->first[i + 1] += r->first[i];
		r->next[i] = r->first[i];
	}
	each_edge(r, true);
	for (uint32_t i = 0; i < loops; i++)
		r->next[i] = r->first[i];
}

static void open_loop(struct ranks *r, uint32_t loop)
{
	r->number[loop] = r->low[loop] = ++r->numbered;
	r->stack[r->stacked++] = loop;
	r->path[r->depth++] = loop;
}

static void close_loop(struct ranks *r, uint32_t loop)
{
	uint32_t member;

	r->depth--;
	if (r->depth && r->low[loop] < r->low[r->path[r->depth - 1]])
		r->low[r->path[r->depth - 1]] = r->low[loop];
	if (r->low[loop] != r->number[loop])
		return;
	r->components++;
	do {
		member = r->stack[--r->stacked];
		r->component[member] = r->components;
	} while (member != loop);
}

static void visit(struct ranks *r, uint32_t start)
{
	open_loop(r, start);
	while (r->depth) {
		uint32_t loop = r->path[r->depth - 1], to;

		if (r->next[loop] == r->first[loop + 1]) {
			close_loop(r, loop);
			continue;
		}
		to = r->edges[r->next[loop]++];
		if (!r->number[to])
			open_loop(r, to);
		else if (!r->component[to] && r->number[to] < r->low[loop])
			r->low[loop] = r->number[to];
	}
}

/* Components were closed last ones of the flow first. Sorts loops the other way. */
static void sort(struct ranks *r)
{
	uint32_t loops = r->p->loops_len, *count = r->low, sum = 0;

	for (uint32_t i = 0; i <= loops; i++)
		count[i] = 0;
	for (uint32_t i = 0; i < loops; i++)
		count[r->components - r->component[i]]++;
	for (uint32_t i = 0; i < r->components; i++) {
		uint32_t here = count[i];

		count[i] = sum;
		sum += here;
	}
	for (uint32_t i = 0; i < loops; i++)
		r->sorted[count[r->components - r->component[i]]++] = i;
}

static void assign(struct ranks *r)
{
	uint32_t *rank = r->number; /* of a component, from 1 */

	for (uint32_t i = 0; i <= r->p->loops_len; i++)
		rank[i] = 0;
	for (uint32_t i = 0; i < r->p->loops_len; i++) {
		uint32_t loop = r->sorted[i], own = r->component[loop];

		for (uint32_t k = r->first[loop]; k < r->first[loop + 1]; k++) {
			uint32_t to = r->component[r->edges[k]];

			if (to != own && rank[to] < rank[own] + 1)
				rank[to] = rank[own] + 1;
		}
		r->p->loops[loop].rank = rank[own];
	}
}

int rank_make(struct plan *p)
{
	struct ranks r = {.p = p};
	size_t each = p->loops_len + 2;
	_free_ uint32_t *room = calloc(each * 8 + p->targets_len, sizeof(*room));

	if (!room)
		return -ENOMEM;
	r.first = room;
	r.number = room + each;
	r.low = room + each * 2;
	r.component = room + each * 3;
	r.next = room + each * 4;
	r.stack = room + each * 5;
	r.path = room + each * 6;
	r.sorted = room + each * 7;
	r.edges = room + each * 8;
	collect_edges(&r);
	for (uint32_t i = 0; i < p->loops_len; i++)
		if (!r.number[i])
			visit(&r, i);
	sort(&r);
	assign(&r);
	return 0;
}
