/* SPDX-License-Identifier: MIT */
/*
 * Time. Inside sigslot every time is a uint64_t of monotonic nanoseconds (`due`,
 * `deadline`); an interval ends in _ns. Only what people read is wall-clock time.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_US 1000ull
#define NS_PER_MS 1000000ull
#define NS_PER_S  1000000000ull
#define NEVER	  UINT64_MAX /* a deadline that does not come */

static inline uint64_t clock_of(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

/* Monotonic nanoseconds: stands still while the machine is suspended. */
static inline uint64_t clock_now(void)
{
	return clock_of(CLOCK_MONOTONIC);
}

/* Nanoseconds since 1970, for people and for record headers. */
static inline uint64_t clock_wall(void)
{
	return clock_of(CLOCK_REALTIME);
}

/* now + interval_ns, NEVER if that overflows. */
static inline uint64_t clock_after(uint64_t now, uint64_t interval_ns)
{
	return interval_ns > NEVER - now ? NEVER : now + interval_ns;
}

/* Milliseconds to the deadline for poll(): rounded up, at most a day, -1 for NEVER. */
static inline int clock_poll_ms(uint64_t now, uint64_t deadline)
{
	uint64_t ms;

	if (deadline == NEVER)
		return -1;
	if (deadline <= now)
		return 0;
	ms = (deadline - now - 1) / NS_PER_MS + 1;
	return ms > 86400000 ? 86400000 : (int)ms;
}

#endif
