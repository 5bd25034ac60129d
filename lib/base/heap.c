/* SPDX-License-Identifier: MIT */
/*
 * Filling the holes of the heap. Where there is another allocator than the C library's,
 * as with a sanitizer, nothing lies below the end of the heap, and nothing is done.
 */
#include "base/heap.h"

#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

enum { LARGEST = 65536 }; /* what is much larger is mapped, and leaves no hole */

struct heap_filling {
	struct heap_filling *next;
};

struct heap_filling *heap_tidy(void)
{
	struct heap_filling *all = NULL, *f;
	const char *top;

	malloc_trim(0);
	top = (const char *)sbrk(0) - mallinfo2().keepcost;
	for (size_t size = LARGEST; size >= sizeof(*f); size /= 2) {
		while ((f = malloc(size)) && (const char *)f < top) {
			f->next = all;
			all = f;
		}
		free(f);
	}
	return all;
}

void heap_untidy(struct heap_filling *f)
{
	while (f) {
		struct heap_filling *next = f->next;

		free(f);
		f = next;
	}
}
