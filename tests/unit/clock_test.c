/* SPDX-License-Identifier: MIT */
/*
 * Times and vectors: lib/base/clock.h and lib/base/vec.h.
 */
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/vec.h"
#include "tap.h"

static void times(void)
{
	uint64_t now = clock_now();

	ok(clock_now() >= now, "the clock does not go back");
	ok(clock_wall() > 1600000000 * NS_PER_S, "the wall clock knows the year");
	is_u64(clock_after(5, 7), 12, "an interval is added");
	is_u64(clock_after(5, NEVER), NEVER, "for ever is never");
	is_u64(clock_after(NEVER - 1, 5), NEVER, "so is what overflows");
	is_u64(clock_after(NEVER - 5, 5), NEVER, "up to the last instant");
	is_int(clock_poll_ms(5, NEVER), -1,
	       "poll() waits for ever for what never comes");
	is_int(clock_poll_ms(5, 5), 0, "not at all for what is due");
	is_int(clock_poll_ms(9, 5), 0, "or overdue");
	is_int(clock_poll_ms(0, 1), 1, "a whole millisecond for a nanosecond");
	is_int(clock_poll_ms(0, NS_PER_MS), 1, "one for one");
	is_int(clock_poll_ms(0, NS_PER_MS + 1), 2, "two for a little more");
	is_int(clock_poll_ms(0, NEVER - 1), 86400000, "at most a day at a time");
}

static void vectors(void)
{
	VEC(int) v = {0};
	long sum = 0;
	bool zeroed = true;

	vec_each(e, &v)
		sum++;
	is_int(sum, 0, "an empty vector has no elements");
	for (int i = 1; i <= 1000; i++) {
		int *e = vec_add(&v);

		if (!e)
			BAIL("no memory");
		zeroed = zeroed && *e == 0;
		*e = i;
	}
	vec_each(e, &v)
		sum += *e;
	ok(zeroed, "a new element is zeroed");
	is_int(sum, 500500, "all elements are visited");
	*vec_push(&v) = 7;
	is_int(v.at[1000], 7, "an element can be pushed that was not zeroed before");
	vec_done(&v);
	ok(!v.at && !v.len && !v.cap, "a vector is empty when it is done");
}

int main(void)
{
	times();
	vectors();
	return done();
}
