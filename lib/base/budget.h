/* SPDX-License-Identifier: MIT */
/*
 * How often something that ended may be started again, and how long to wait before.
 *
 * A budget is spent by each end that counts, and is full again only when what was
 * started has proved healthy: to have started well says nothing. One thread.
 */
#ifndef BASE_BUDGET_H
#define BASE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

enum budget_when { BUDGET_NEVER, BUDGET_ON_FAILURE, BUDGET_ALWAYS };

enum { BUDGET_MOST = 1000 }; /* that `max` may be */

struct budget_policy {
	enum budget_when when; /* after which ends it is started again */
	uint64_t backoff_ns, backoff_max_ns; /* before the first start, and at most */
	uint64_t max; /* starts within the window; above BUDGET_MOST: no limit */
	uint64_t window_ns;
};

/* What holds where a topology asks for restarts and says no more. */
extern const struct budget_policy budget_usual;

struct budget { /* {0} is a full one */
	uint64_t *ends; /* when the last ones were: a ring, one more than allowed */
	uint64_t len; /* in all, since it was full */
	uint64_t backoff_ns; /* the next; 0: the first */
	uint64_t seed; /* of what chance takes off a wait; 0: the clock gives one */
};

/* Whether the policy wants another start after such an end. */
bool budget_wants(const struct budget_policy *p, bool failed);

/* Notes an end. Returns whether another start may follow. */
bool budget_spend(struct budget *b, const struct budget_policy *p, uint64_t now);

/*
 * Returns how long to wait now; the next time it is twice as long. Chance takes up to a
 * fifth off: what ended together does not come back in one instant.
 */
uint64_t budget_wait(struct budget *b, const struct budget_policy *p);

/* Fills it again if what has ended was healthy: lived so long, and did some work. */
void budget_refill(struct budget *b, uint64_t lived_ns, bool worked);

/* Fills it again, and frees. */
void budget_clear(struct budget *b);

#endif
