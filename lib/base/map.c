/* SPDX-License-Identifier: MIT */
/*
 * A map from strings to pointers: linear probing at most half full, FNV-1a.
 */
#include "base/map.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static struct map_entry *find(struct map_entry *entries, size_t cap, const char *key)
{
	uint64_t hash = 0xcbf29ce484222325u;
	size_t i;

	for (const char *c = key; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 0x100000001b3u;
	i = (hash ^ hash >> 32) & (cap - 1);
	while (entries[i].key && strcmp(entries[i].key, key) != 0)
		i = (i + 1) & (cap - 1);
	return &entries[i];
}

void *map_get(const struct map *m, const char *key)
{
	return m->cap ? find(m->entries, m->cap, key)->value : NULL;
}

static int grow(struct map *m)
{
	size_t cap = m->cap ? m->cap * 2 : 16;
	struct map_entry *entries = calloc(cap, sizeof(*entries));

	if (!entries)
		return -ENOMEM;
	for (size_t i = 0; i < m->cap; i++)
		if (m->entries[i].key)
			*find(entries, cap, m->entries[i].key) = m->entries[i];
	free(m->entries);
	m->entries = entries;
	m->cap = cap;
	return 0;
}

int map_set(struct map *m, const char *key, void *value)
{
	struct map_entry *e;

	if (m->len * 2 >= m->cap && grow(m) < 0)
		return -ENOMEM;
	e = find(m->entries, m->cap, key);
	if (!e->key)
		m->len++;
	*e = (struct map_entry){key, value};
	return 0;
}

void map_done(struct map *m)
{
	free(m->entries);
	*m = (struct map){0};
}
