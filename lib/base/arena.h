/* SPDX-License-Identifier: MIT */
/*
 * Memory for tree-shaped stages: many small allocations, freed together. {0} is a
 * valid, empty arena. What it hands out is zeroed and aligned for any type.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "base/cleanup.h"

struct arena {
	struct arena_block *blocks;
};

/* Returns `size` zeroed bytes that live as long as the arena; NULL: no memory. */
void *arena_alloc(struct arena *a, size_t size);

/* Returns a NUL-terminated copy of `size` bytes; NULL: no memory. */
char *arena_copy(struct arena *a, const void *bytes, size_t size);

/* The same for a string, and for a formatted one. */
char *arena_text(struct arena *a, const char *text);
char *arena_textf(struct arena *a, const char *format, ...) _printf_(2, 3);

/* Frees all at once and leaves an empty arena. */
void arena_done(struct arena *a);

#endif
