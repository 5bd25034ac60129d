/* SPDX-License-Identifier: MIT */
/*
 * Keeps the end.
 */
#include "slot/tail.h"

#include <string.h>

void tail_add(struct tail *t, const char *bytes, size_t size)
{
	size_t keep = t->size;

	if (size > TAIL_SIZE) {
		bytes += size - TAIL_SIZE;
		size = TAIL_SIZE;
	}
	if (keep > TAIL_SIZE - size)
		keep = TAIL_SIZE - size;
	memmove(t->text, t->text + t->size - keep, keep);
	memcpy(t->text + keep, bytes, size);
	t->size = keep + size;
	t->text[t->size] = '\0';
}
