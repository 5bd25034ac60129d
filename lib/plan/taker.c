/* SPDX-License-Identifier: MIT */
/*
 * Which slots stand behind which queue, and the other way round: which named queues a
 * loop takes messages from.
 */
#include "base/vec.h"
#include "plan/make.h"

static int make_takers(const struct topology *t, struct plan *p)
{
	uint32_t len = 0;

	for (size_t i = 0; i < t->links.len; i++)
		len += t->links.at[i]->source != NULL;
	p->takers = arena_alloc(&p->arena, (len + 1) * sizeof(*p->takers));
	if (!p->takers)
		return -ENOMEM;
	for (size_t i = 0; i < t->queues.len; i++) {
		struct plan_queue *to = &p->queues[t->queues.at[i]->thing.index];

		to->first_slot = p->takers_len;
		for (const struct model_link *link = t->queues.at[i]->links; link;
		     link = link->next)
			p->takers[p->takers_len++] = link->slot->index;
		to->slots_len = p->takers_len - to->first_slot;
	}
	return 0;
}

static int order(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Pairs of loop and queue, the loop above, as many as there are takers. */
static void pair_up(const struct plan *p, uint64_t *pairs)
{
	for (uint32_t i = 0; i < p->queues_len; i++)
		for (uint32_t k = 0; k < p->queues[i].slots_len; k++) {
			uint32_t taker = p->queues[i].first_slot + k;
			uint64_t loop = p->slots[p->takers[taker]].loop;

			pairs[taker] = loop << 32 | i;
		}
	qsort(pairs, p->takers_len, sizeof(*pairs), order);
}

int taker_make(const struct topology *t, struct plan *p)
{
	_free_ uint64_t *pairs = NULL;

	if (make_takers(t, p) < 0)
		return -ENOMEM;
	pairs = calloc(p->takers_len + 1, sizeof(*pairs));
	p->intakes = arena_alloc(&p->arena, (p->takers_len + 1) * sizeof(*p->intakes));
	if (!pairs || !p->intakes)
		return -ENOMEM;
	pair_up(p, pairs);
	for (uint32_t i = 0; i < p->takers_len; i++) {
		struct plan_loop *loop = &p->loops[pairs[i] >> 32];

		if (i && pairs[i] == pairs[i - 1])
			continue; /* several slots of one loop */
		if (!loop->intakes_len++)
			loop->first_intake = p->intakes_len;
		p->intakes[p->intakes_len++] = (uint32_t)pairs[i];
	}
	return 0;
}
