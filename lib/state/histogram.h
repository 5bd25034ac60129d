/* SPDX-License-Identifier: MIT */
/*
 * How often which number came: a page of counters, eight to each power of two, for all
 * numbers of 64 bits.
 *
 * A quantile is off by at most a sixteenth of what it would be exactly, the maximum is
 * exact. One writer at a time; readers in other processes see whole numbers, of which
 * some may be newer than others. Zeros are a valid, empty histogram.
 */
#ifndef STATE_HISTOGRAM_H
#define STATE_HISTOGRAM_H

#include <stdint.h>

enum {
	HISTOGRAM_FINE = 3, /* bits behind the first one that tell buckets apart */
	HISTOGRAM_BUCKETS = (64 - HISTOGRAM_FINE + 1) << HISTOGRAM_FINE,
};

struct histogram {
	uint64_t max;
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

/* What can be said of one in short; all 0 if it is empty. */
struct histogram_summary {
	uint64_t count, p50, p99, max;
};

/* The bucket of a number: below eight each has its own. */
static inline unsigned histogram_bucket(uint64_t value)
{
	unsigned power;

	if (value >> HISTOGRAM_FINE == 0)
		return (unsigned)value;
	power = 63 - (unsigned)__builtin_clzll(value) - HISTOGRAM_FINE;
	return (power << HISTOGRAM_FINE) + (unsigned)(value >> power);
}

/* A number came so many times. */
static inline void histogram_add(struct histogram *h, uint64_t value, uint64_t times)
{
	uint64_t *bucket = &h->buckets[histogram_bucket(value)];

	if (value > h->max)
		__atomic_store_n(&h->max, value, __ATOMIC_RELAXED);
	__atomic_store_n(bucket, *bucket + times, __ATOMIC_RELAXED);
}

/* Adds to h what came in another one, as that is at this moment. */
void histogram_join(struct histogram *h, const struct histogram *more);

/* Sums it up as it is at this moment, whatever is in it. */
void histogram_sum_up(const struct histogram *h, struct histogram_summary *ret);

#endif
