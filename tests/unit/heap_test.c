/* SPDX-License-Identifier: MIT */
/*
 * What is allocated after the heap was tidied lies side by side.
 */
#include "base/heap.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

enum { HOLES = 64 };

static char *blocks[2 * HOLES];

/* Between every two of them one is free. */
static void make_holes(void)
{
	for (int i = 0; i < 2 * HOLES; i++) {
		blocks[i] = malloc(2000 + 100 * (size_t)i);
		memset(blocks[i], 1, 2000);
	}
	for (int i = 0; i < 2 * HOLES; i += 2)
		free(blocks[i]);
}

static void keep(char *new[], int len)
{
	static const size_t sizes[] = {100, 4000, 48, 1600, 600, 6144, 64, 256};

	for (int i = 0; i < len; i++)
		new[i] = malloc(sizes[i]);
}

/* From the lowest to the highest of them. */
static size_t spread(char *new[], int len)
{
	uintptr_t low = UINTPTR_MAX, high = 0;

	for (int i = 0; i < len; i++) {
		uintptr_t at = (uintptr_t) new[i];

		low = at < low ? at : low;
		high = at > high ? at : high;
		free(new[i]);
	}
	return high - low;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { OWN_ALLOCATOR = 1 };
#else
enum { OWN_ALLOCATOR = 0 };
#endif

int main(void)
{
	struct heap_filling *filling;
	char *new[8];

	make_holes();
	filling = heap_tidy();
	keep(new, 8);
	ok(spread(new, 8) < 16384 || OWN_ALLOCATOR,
	   "what is allocated lies side by side");
	ok(memcmp(blocks[1], "\1\1\1\1", 4) == 0, "what was there is untouched");
	heap_untidy(filling);
	keep(new, 8);
	ok(spread(new, 8) > 16384 || OWN_ALLOCATOR, "then the holes are free again");
	heap_untidy(NULL);
	for (int i = 1; i < 2 * HOLES; i += 2)
		free(blocks[i]);
	return done();
}
