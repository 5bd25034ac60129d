/* SPDX-License-Identifier: MIT */
/* Restarts within a window, and what fills them up again. */
#include "base/budget.h"

#include "base/clock.h"
#include "tap.h"

static const struct budget_policy policy = {
	.when = BUDGET_ON_FAILURE,
	.backoff_ns = 300,
	.backoff_max_ns = 1000,
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

static bool waits_for(struct budget *b, uint64_t ns)
{
	uint64_t waited = budget_wait(b, &policy);

	return waited <= ns && waited >= ns - ns / 5;
}

static void waits(void)
{
	struct budget b = {0};

	ok(waits_for(&b, 300), "first the shortest delay");
	ok(waits_for(&b, 600), "then twice as long");
	ok(waits_for(&b, 1000), "at most the longest");
	ok(waits_for(&b, 1000), "and so on");
	budget_refill(&b, 10 * NS_PER_S, false);
	ok(waits_for(&b, 1000), "to live long alone is no health");
	budget_refill(&b, 10 * NS_PER_S - 1, true);
	ok(waits_for(&b, 1000), "nor is to work and die soon");
	budget_refill(&b, 10 * NS_PER_S, true);
	ok(waits_for(&b, 300), "both together are");
	budget_clear(&b);
}

static void scatters(void)
{
	struct budget_policy p = {.backoff_ns = NS_PER_S, .backoff_max_ns = NS_PER_S};
	unsigned tenths[10] = {0}, beyond = 0, same = 0;
	uint64_t first = 0;

	for (uint64_t seed = 1; seed <= 1000; seed++) {
		struct budget b = {.seed = seed}, again = {.seed = seed};
		uint64_t ns = budget_wait(&b, &p);
		uint64_t off = NS_PER_S - ns;

		if (ns > NS_PER_S || off > NS_PER_S / 5)
			beyond++;
		else
			tenths[off * 10 / (NS_PER_S / 5 + 1)]++;
		same += ns == first || budget_wait(&again, &p) != ns;
		first = ns;
	}
	is_u64(beyond, 0, "chance takes off no more than a fifth, and adds nothing");
	is_u64(same, 0, "neighbours wait for other times, each seed for its own");
	for (size_t i = 0; i < 10; i++)
		if (tenths[i] < 60 || tenths[i] > 140)
			beyond++;
	is_u64(beyond, 0, "all of that fifth is taken alike");
	p.backoff_ns = p.backoff_max_ns = 4;
	is_u64(budget_wait(&(struct budget){.seed = 1}, &p), 4, "a moment stays whole");
}

static void comes_from_the_clock(void)
{
	struct budget_policy p = {.backoff_ns = NS_PER_S, .backoff_max_ns = NS_PER_S};
	struct budget a = {0}, b = {0};

	ok(budget_wait(&a, &p) != budget_wait(&b, &p),
	   "two that ended together do not come back together");
}

int main(void)
{
	wants();
	is_spent();
	waits();
	scatters();
	comes_from_the_clock();
	return done();
}
