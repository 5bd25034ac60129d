/* SPDX-License-Identifier: MIT */
/* Restarts within a window, and what fills them up again. */
#include "base/budget.h"

#include "base/clock.h"
#include "tap.h"

static const struct budget_policy policy = {
	.when = BUDGET_ON_FAILURE,
	.backoff_ns = 3,
	.backoff_max_ns = 10,
	.max = 2,
	.window_ns = 100,
};

static void wants(void)
{
	struct budget_policy p = policy;

	ok(budget_wants(&p, true) && !budget_wants(&p, false), "after failures");
	p.when = BUDGET_ALWAYS;
	ok(budget_wants(&p, true) && budget_wants(&p, false), "always");
	p.when = BUDGET_NEVER;
	ok(!budget_wants(&p, true) && !budget_wants(&p, false), "never");
}

static void is_spent(void)
{
	struct budget_policy p = policy;
	struct budget b = {0};

	ok(budget_spend(&b, &p, 1000) && budget_spend(&b, &p, 1001),
	   "as many as are allowed");
	ok(!budget_spend(&b, &p, 1099), "and no more within the window");
	ok(budget_spend(&b, &p, 1101), "those that are long ago do not count");
	budget_clear(&b);
	p.max = 0;
	ok(!budget_spend(&b, &p, 1000), "0 allows none");
	budget_clear(&b);
	p.max = UINT64_MAX;
	for (int i = 0; i < 100; i++)
		if (!budget_spend(&b, &p, 1000))
			BAIL("a limit where there is none");
	ok(!b.ends, "no limit costs no memory");
}

static void waits(void)
{
	struct budget b = {0};

	is_u64(budget_wait(&b, &policy), 3, "first the shortest delay");
	is_u64(budget_wait(&b, &policy), 6, "then twice as long");
	is_u64(budget_wait(&b, &policy), 10, "at most the longest");
	is_u64(budget_wait(&b, &policy), 10, "and so on");
	budget_refill(&b, 10 * NS_PER_S, false);
	is_u64(budget_wait(&b, &policy), 10, "to live long alone is no health");
	budget_refill(&b, 10 * NS_PER_S - 1, true);
	is_u64(budget_wait(&b, &policy), 10, "nor is to work and die soon");
	budget_refill(&b, 10 * NS_PER_S, true);
	is_u64(budget_wait(&b, &policy), 3, "both together are");
	budget_clear(&b);
}

int main(void)
{
	wants();
	is_spent();
	waits();
	return done();
}
