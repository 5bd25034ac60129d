/* SPDX-License-Identifier: MIT */
/*
 * Finding duplicate keys in nearly linear time, most often without any memory.
 */
#include "message/keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "message/scan.h"

/* Gives the bytes of a quoted string one by one, unescaped. */
struct reader {
	const char *at, *end;
	char bytes[4];
	size_t used, size;
};

static struct reader reader_of(const struct key *key)
{
	return (struct reader){.at = key->at, .end = key->at + key->size};
}

/* Returns the next byte, or -1 at the end. */
static int next(struct reader *r)
{
	if (r->used < r->size)
		return (unsigned char)r->bytes[r->used++];
	if (r->at == r->end)
		return -1;
	if (*r->at != '\\')
		return (unsigned char)*r->at++;
	r->at = scan_unescape(r->at, r->bytes, &r->size);
	r->used = 1;
	return (unsigned char)r->bytes[0];
}

bool keys_equal(const struct key *a, const struct key *b)
{
	struct reader left, right;
	int byte;

	if (!a->escaped && !b->escaped)
		return a->size == b->size && memcmp(a->at, b->at, a->size) == 0;
	left = reader_of(a);
	right = reader_of(b);
	do {
		byte = next(&left);
		if (byte != next(&right))
			return false;
	} while (byte >= 0);
	return true;
}

/* At most eight bytes as a number, without reading at or beyond limit. */
static uint64_t word_at(const char *at, size_t size, const char *limit)
{
	uint64_t word = 0;

	if (size < 8 && limit - at >= 8)
		return keys_word(at, size);
	memcpy(&word, at, size < 8 ? size : 8);
	return le64toh(word);
}

/*
 * Whole words of eight bytes, then the rest, which may be empty, then the size: the
 * same for the same meaning, however it is escaped.
 */
static uint64_t hash_plain(uint64_t seed, const struct key *key, const char *limit)
{
	const char *at = key->at;
	size_t left = key->size;
	uint64_t hash = seed;

	for (; left >= 8; at += 8, left -= 8)
		hash = keys_mix(hash, word_at(at, 8, limit));
	return keys_mix(hash, word_at(at, left, limit)) + key->size;
}

static uint64_t hash_escaped(uint64_t seed, const struct key *key)
{
	struct reader reader = reader_of(key);
	uint64_t hash = seed;
	size_t size = 0;

	for (;;) {
		char bytes[8] = {0};
		size_t held = 0;
		int byte;

		while (held < 8 && (byte = next(&reader)) >= 0)
			bytes[held++] = (char)byte;
		size += held;
		hash = keys_mix(hash, word_at(bytes, 8, bytes + 8));
		if (held < 8)
			return hash + size;
	}
}

uint64_t keys_hash_slowly(uint64_t seed, const struct key *key, const char *limit)
{
	return key->escaped ? hash_escaped(seed, key) : hash_plain(seed, key, limit);
}

/* Chosen once per process; two threads would choose the same. */
static uint64_t seed_of_process(void)
{
	static uint64_t chosen;
	uint64_t seed = __atomic_load_n(&chosen, __ATOMIC_RELAXED);
	const char *random;

	if (seed)
		return seed;
	random = (const char *)(uintptr_t)getauxval(AT_RANDOM);
	if (random)
		memcpy(&seed, random, sizeof(seed));
	seed |= 1;
	__atomic_store_n(&chosen, seed, __ATOMIC_RELAXED);
	return seed;
}

void keys_init(struct keys *k)
{
	k->at = k->local;
	k->len = 0;
	k->cap = KEYS_LOCAL;
	k->slots = NULL;
	k->slots_cap = k->listed = 0;
	k->seed = seed_of_process();
}

void keys_done(struct keys *k)
{
	if (k->at != k->local)
		free(k->at);
	free(k->slots);
}

static int grow(struct keys *k)
{
	bool local = k->at == k->local;
	size_t cap = k->cap * 4;
	struct key *at;

	if (cap > UINT32_MAX)
		return -ENOMEM;
	at = reallocarray(local ? NULL : k->at, cap, sizeof(*at));
	if (!at)
		return -ENOMEM;
	if (local)
		memcpy(at, k->local, sizeof(k->local));
	k->at = at;
	k->cap = cap;
	return 0;
}

/*
 * Returns the slot of the key with that hash that is `same`, or the free one where it
 * would go. As keys are removed in the reverse order of adding, no gap ever opens.
 */
static uint32_t *slot_of(const struct keys *k, const struct key *key, size_t first)
{
	size_t i = (size_t)key->hash & (k->slots_cap - 1);

	for (; k->slots[i]; i = (i + 1) & (k->slots_cap - 1)) {
		const struct key *other = &k->at[k->slots[i] - 1];

		if (other == key)
			break;
		if (other->hash == key->hash && other >= k->at + first &&
		    keys_equal(other, key))
			break;
	}
	return &k->slots[i];
}

/* Makes the set twice as big and puts what is listed in again, in its order. */
static int spread(struct keys *k)
{
	size_t cap = k->slots_cap ? k->slots_cap * 2 : 8 * KEYS_FEW;
	uint32_t *slots = calloc(cap, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	free(k->slots);
	k->slots = slots;
	k->slots_cap = cap;
	for (size_t i = 0; i < k->len; i++)
		if (k->at[i].listed)
			*slot_of(k, &k->at[i], i) = (uint32_t)i + 1;
	return 0;
}

/* Puts the keys from `i` on into the set, all of one object that began at `first`. */
static int list(struct keys *k, size_t first, size_t i)
{
	for (; i < k->len; i++) {
		uint32_t *slot;

		if (2 * k->listed >= k->slots_cap && spread(k) < 0)
			return -ENOMEM;
		slot = slot_of(k, &k->at[i], first);
		if (*slot)
			return -EEXIST;
		*slot = (uint32_t)i + 1;
		k->at[i].listed = true;
		k->listed++;
	}
	return 0;
}

static int add_to_many(struct keys *k, size_t first)
{
	size_t i = k->len - 1;

	return list(k, first, k->at[first].listed ? i : first);
}

static int add_to_few(const struct keys *k, size_t first)
{
	const struct key *key = &k->at[k->len - 1];

	for (const struct key *other = k->at + first; other < key; other++)
		if (other->hash == key->hash && keys_equal(other, key))
			return -EEXIST;
	return 0;
}

int keys_add_slowly(struct keys *k, struct keys_scope *scope, struct key key)
{
	if (k->len == k->cap && grow(k) < 0)
		return -ENOMEM;
	k->at[k->len++] = key;
	scope->filter |= UINT64_C(1) << (key.hash >> 58);
	if (k->len - scope->first > KEYS_FEW)
		return add_to_many(k, scope->first);
	return add_to_few(k, scope->first);
}

void keys_unlist(struct keys *k, const struct keys_scope *scope)
{
	for (size_t i = k->len; i-- > scope->first && k->at[i].listed; k->listed--)
		*slot_of(k, &k->at[i], i) = 0;
}
