/* SPDX-License-Identifier: MIT */
/*
 * The queue between many processes, each message checked: the twelve workloads that
 * faster-fifo publishes, and one load against everything that is installed here.
 */
#include <stdio.h>

#include "bench.h"
#include "load.h"

enum {
	SMALL = 40, /* what a pickled tuple of the published workloads has */
	BATCH = 100,
	ROOM = 2048, /* messages in 100,000 bytes of faster-fifo */
	MESSAGES = 200000,
};

/* --- the twelve workloads --- */

/*
 * Where a factor is known, faster-fifo's core is that factor of the mutex ring, one at
 * a time and in batches. Elsewhere the ring stands for itself: a factor of 1.
 */
static const struct workload {
	unsigned producers, consumers;
	long messages;
	double one, batch;
} workloads[] = {
	{1, 1, 200001, 0.73, 0.88}, {1, 10, 200001, 1, 1}, {10, 1, 100001, 1, 1},
	{3, 20, 100001, 1, 1},	    {20, 3, 50001, 1, 1},  {20, 20, 50001, 1, 1},
};

static void workload_rows(const struct workload *w)
{
	const struct load one = {w->producers, w->consumers, SMALL, 1,
				 w->messages,  ROOM};
	struct load batch = one;
	double better[2][BENCH_TURNS], ours[2][BENCH_TURNS];
	char name[64];
	struct bench_row row = {
		.bench = name,
		.unit = "messages/s",
		.anchor = w->one != 1 ? "faster-fifo's core, better of mutex ring x "
					"0.73 and in batches x 0.88"
				      : "mutex ring, better of one at a time and in "
					"batches",
		.goal = 1,
	};

	batch.batch = BATCH;
	for (int i = 0; i < BENCH_TURNS; i++) {
		double x = load_measure(&anchor_plain, &one) * w->one;
		double y;

		ours[0][i] = load_measure_ours(&one);
		y = load_measure(&anchor_plain, &batch) * w->batch;
		ours[1][i] = load_measure_ours(&batch);
		better[0][i] = better[1][i] = x > y ? x : y;
	}
	for (int i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "%ux%u, 40 B, %s", w->producers,
			 w->consumers, i ? "batches of 100" : "one at a time");
		bench_print_turns(&row, ours[i], better[i]);
	}
}

/* --- the anchors --- */

static const struct load *load;
static const struct anchor *anchor;

static double ours(void)
{
	return load_measure_ours(load);
}

static double theirs(void)
{
	struct load l = *load;

	l.messages /= anchor->slow ?: 1;
	return load_measure(anchor, &l);
}

static void anchor_row(const struct anchor *a, unsigned producers)
{
	const struct load l = {producers, 1, 64, 1, MESSAGES / producers, 0};
	char name[64];
	struct bench_row row = {
		.bench = name,
		.unit = "messages/s",
		.anchor = a->name,
		.ours = ours,
		.theirs = load_installed(a) ? theirs : NULL,
		.goal = 1,
		.needs = load_installed(a) ? NULL : a->needs,
	};

	snprintf(name, sizeof(name), "%ux1, 64 B, one at a time", producers);
	load = &l;
	anchor = a;
	bench_row(&row);
}

int main(void)
{
#define ANCHOR_ENTRY(name) &anchor_##name,
	static const struct anchor *const anchors[] = {ANCHORS(ANCHOR_ENTRY)};

	bench_begin();
	for (size_t i = 0; i < ARRAY_LEN(workloads); i++)
		workload_rows(&workloads[i]);
	for (size_t i = 0; i < ARRAY_LEN(anchors); i++) {
		anchor_row(anchors[i], 1);
		anchor_row(anchors[i], 4);
	}
	return 0;
}
