/* SPDX-License-Identifier: MIT */
/*
 * Memory that is freed together: lib/base/arena.c.
 */
#include <stdint.h>

#include "base/arena.h"
#include "tap.h"

static bool zeroed(const unsigned char *p, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (p[i])
			return false;
	return true;
}

/* Allocates all sizes up to 3000, fills each, and looks for overlaps afterwards. */
static void many(struct arena *a)
{
	static unsigned char *at[3000];
	bool aligned = true, clean = true, apart = true;

	for (unsigned i = 0; i < ARRAY_LEN(at); i++) {
		at[i] = arena_alloc(a, i);
		if (!at[i])
			BAIL("no memory");
		aligned = aligned && (uintptr_t)at[i] % 16 == 0;
		clean = clean && zeroed(at[i], i);
		memset(at[i], (int)(i % 255 + 1), i);
	}
	for (unsigned i = 0; i < ARRAY_LEN(at); i++)
		for (unsigned j = 0; j < i; j++)
			apart = apart && at[i][j] == i % 255 + 1;
	ok(aligned, "every allocation is aligned for any type");
	ok(clean, "every allocation is zeroed");
	ok(apart, "no allocation overlaps another");
}

int main(void)
{
	struct arena a = {0};
	char big[5000];
	char *p;

	many(&a);
	p = arena_alloc(&a, (size_t)1 << 20);
	ok(p && zeroed((unsigned char *)p, (size_t)1 << 20),
	   "one larger than any block is given out zeroed");
	ok(!arena_alloc(&a, SIZE_MAX), "an absurd size gives NULL");
	ok(!arena_alloc(&a, SIZE_MAX - 8), "also where rounding up would overflow");
	is_bytes(arena_copy(&a, "a\0b", 3), 4u, "a\0b", 4u,
		 "a copy keeps NUL bytes and ends in one more");
	is_str(arena_copy(&a, NULL, 0), "", "a copy of nothing is an empty string");
	is_str(arena_text(&a, "text"), "text", "a string is copied");
	is_str(arena_textf(&a, "%s=%d", "x", 1), "x=1", "text is formatted");
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	is_str(arena_textf(&a, "%s", big), big, "formatted text may be long");
	arena_done(&a);
	ok(!a.blocks, "an arena is empty when it is done");
	is_str(arena_text(&a, "again"), "again", "and can be used again");
	arena_done(&a);
	arena_done(&a);
	return done();
}
