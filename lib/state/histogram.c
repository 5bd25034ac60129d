/* SPDX-License-Identifier: MIT */
/*
 * Reading histograms. A quantile is the middle of the bucket in which the number of its
 * rank lies, and never more than the maximum.
 */
#include "state/histogram.h"

#include "base/cleanup.h"

/* The middle of a bucket: half its width is a sixteenth of its least number at most. */
static uint64_t middle(unsigned bucket)
{
	unsigned power = bucket >> HISTOGRAM_FINE;
	uint64_t least;

	if (power < 2)
		return bucket;
	power--;
	least = (uint64_t)(bucket - (power << HISTOGRAM_FINE)) << power;
	return least + ((1ull << power) - 1) / 2;
}

/* The number of which `rank` are not greater; ranks count from 1. */
static uint64_t at_rank(const uint64_t *counts, uint64_t rank)
{
	unsigned i = 0;

	while (i < HISTOGRAM_BUCKETS - 1 && counts[i] < rank)
		rank -= counts[i++];
	return middle(i);
}

static uint64_t less(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

void histogram_join(struct histogram *h, const struct histogram *more)
{
	uint64_t max = __atomic_load_n(&more->max, __ATOMIC_RELAXED);

	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
		h->buckets[i] += __atomic_load_n(&more->buckets[i], __ATOMIC_RELAXED);
	if (max > h->max)
		h->max = max;
}

void histogram_sum_up(const struct histogram *h, struct histogram_summary *ret)
{
	uint64_t counts[HISTOGRAM_BUCKETS], count = 0;

	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		counts[i] = __atomic_load_n(&h->buckets[i], __ATOMIC_RELAXED);
		count += counts[i];
	}
	*ret = (struct histogram_summary){.count = count};
	if (!count)
		return;
	ret->max = __atomic_load_n(&h->max, __ATOMIC_RELAXED);
	ret->p50 = less(at_rank(counts, count - count / 2), ret->max);
	ret->p99 = less(at_rank(counts, count - count / 100), ret->max);
}
