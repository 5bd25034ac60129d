/* SPDX-License-Identifier: MIT */
/*
 * Ends within a window, in a ring: when the oldest of one more than are allowed is
 * recent, too, there were too many.
 */
#include "base/budget.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"

#define HEALTHY_NS (10 * NS_PER_S)

const struct budget_policy budget_usual = {
	.when = BUDGET_ON_FAILURE,
	.backoff_ns = 100 * NS_PER_MS,
	.backoff_max_ns = 10 * NS_PER_S,
	.max = 5,
	.window_ns = 60 * NS_PER_S,
};

bool budget_wants(const struct budget_policy *p, bool failed)
{
	return p->when == BUDGET_ALWAYS || (p->when == BUDGET_ON_FAILURE && failed);
}

bool budget_spend(struct budget *b, const struct budget_policy *p, uint64_t now)
{
	uint64_t ring = p->max + 1, oldest;

	if (p->max > BUDGET_MOST)
		return true;
	if (!b->ends)
		b->ends = calloc(ring, sizeof(*b->ends));
	if (!b->ends)
		return false;
	b->ends[b->len++ % ring] = now;
	oldest = b->ends[b->len % ring];
	return b->len < ring || now - oldest >= p->window_ns;
}

/* splitmix64: each seed, however near to another, gives numbers of its own. */
static uint64_t draw(struct budget *b)
{
	uint64_t z;

	if (!b->seed)
		b->seed = clock_now() ^ (uintptr_t)b;
	z = b->seed += 0x9e3779b97f4a7c15;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

uint64_t budget_wait(struct budget *b, const struct budget_policy *p)
{
	uint64_t ns = b->backoff_ns ? b->backoff_ns : p->backoff_ns;

	b->backoff_ns = ns > p->backoff_max_ns / 2 ? p->backoff_max_ns : ns * 2;
	return ns - draw(b) % (ns / 5 + 1);
}

void budget_refill(struct budget *b, uint64_t lived_ns, bool worked)
{
	if (worked && lived_ns >= HEALTHY_NS)
		budget_clear(b);
}

void budget_clear(struct budget *b)
{
	free(b->ends);
	*b = (struct budget){0};
}
