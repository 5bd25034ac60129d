/* SPDX-License-Identifier: MIT */
/*
 * "Did you mean ...?": Damerau-Levenshtein with adjacent swaps (optimal string
 * alignment), at most a third of the wanted name's length away.
 */
#include "base/near.h"

#include <string.h>

enum { LONGEST = 127 };

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t rows[3][LONGEST + 1];
	size_t *before = rows[0], *last = rows[1], *row = rows[2];

	for (size_t j = 0; j <= b_len; j++)
		last[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *spare = before;

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t cost = a[i - 1] != b[j - 1];

			row[j] = least(last[j - 1] + cost,
				       1 + least(last[j], row[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
		before = last;
		last = row;
		row = spare;
	}
	return last[b_len];
}

void near_try(struct near *n, const char *candidate)
{
	size_t a_len = strlen(n->wanted), b_len = strlen(candidate), d;

	if (!a_len || a_len > LONGEST || b_len > LONGEST)
		return;
	d = distance(n->wanted, a_len, candidate, b_len);
	/* a name of which no letter is right is not a slip of the keyboard */
	if (d > (a_len + 2) / 3 || d >= a_len || (n->best && d >= n->distance))
		return;
	n->best = candidate;
	n->distance = d;
}
