/* SPDX-License-Identifier: MIT */
/*
 * A map from strings to pointers, open addressing. {0} is a valid, empty map. It
 * borrows its keys: they must live and stay unchanged as long as the map.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stddef.h>

struct map {
	struct map_entry {
		const char *key;
		void *value;
	} * entries;
	size_t len, cap;
};

/* Returns the value of key, or NULL if there is none. */
void *map_get(const struct map *m, const char *key);

/* Sets key to value, which must not be NULL. Returns 0 or -ENOMEM, m unchanged. */
int map_set(struct map *m, const char *key, void *value);

/* Frees the table, not keys and values. */
void map_done(struct map *m);

#endif
