/* SPDX-License-Identifier: MIT */
/*
 * The JSON validator against json_loads(): objects of about 100 bytes and 1 KB, both
 * in the same run and in turns, the median of seven. One JSON line per row; the last
 * is the rate in bytes of the larger ones, whose goal has no anchor.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "message/json.h"

enum { ROUNDS = 7 };

static const char small[] = "{\"id\":1234567,\"name\":\"Ada "
			    "Lovelace\",\"email\":\"ada@example.org\",\"tags\":"
			    "[\"a\",\"b\"],\"ok\":true,\"score\":0.25}";

static size_t check(const char *text, size_t size)
{
	return json_check(text, size, NULL) == 0;
}

static size_t load(const char *text, size_t size)
{
	json_t *value = json_loadb(text, size, 0, NULL);

	json_decref(value);
	return value && size;
}

/* Returns how often a second fn takes the text, from a run of about 50 ms. */
static double rate(size_t (*fn)(const char *, size_t), const struct buf *text)
{
	uint64_t start = clock_now(), spent = 0;
	size_t done = 0, wanted = 64;

	for (; spent < 50000000; wanted = done * 2) {
		for (; done < wanted; done++)
			if (!fn(text->data, text->size))
				abort();
		spent = clock_now() - start;
	}
	return (double)done * 1e9 / (double)spent;
}

static int by_size(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static double compare(const char *name, const struct buf *text)
{
	double ours[ROUNDS], theirs[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		ours[i] = rate(check, text);
		theirs[i] = rate(load, text);
	}
	qsort(ours, ROUNDS, sizeof(*ours), by_size);
	qsort(theirs, ROUNDS, sizeof(*theirs), by_size);
	printf("{\"bench\":\"json check %s, %zu "
	       "bytes\",\"value\":%.0f,\"unit\":\"1/s\","
	       "\"anchor\":\"jansson %.0f\",\"ratio\":%.1f,\"goal\":\">= 10\"}\n",
	       name, text->size, ours[ROUNDS / 2], theirs[ROUNDS / 2],
	       ours[ROUNDS / 2] / theirs[ROUNDS / 2]);
	return ours[ROUNDS / 2] * (double)text->size;
}

static void add_records(struct buf *b, size_t size)
{
	buf_add_text(b, "{\"records\":[");
	while (b->size < size - 130)
		buf_addf(b,
			 "{\"key\":%zu,\"text\":\"the quick brown fox jumps over it\","
			 "\"pair\":[%zu,-1.5e3],\"flag\":null},",
			 b->size, b->size * b->size);
	buf_addf(b, "0],\"title\":\"caf\xc3\xa9 \\u20ac\",\"count\":%zu}", b->size);
}

int main(void)
{
	_buf_ struct buf large = {0}, little = {0};
	double bytes;

	buf_add(&little, small, sizeof(small) - 1);
	add_records(&large, 1024);
	compare("small", &little);
	bytes = compare("large", &large);
	printf("{\"bench\":\"json "
	       "check\",\"value\":%.2f,\"unit\":\"GB/s\",\"anchor\":\"none\","
	       "\"ratio\":%.2f,\"goal\":\">= 1\"}\n",
	       bytes / 1e9, bytes / 1e9);
	return 0;
}
