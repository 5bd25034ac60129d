/* SPDX-License-Identifier: MIT */
/*
 * The keys of the objects that are open while a text is checked: finds duplicates.
 *
 * It is a stack, as objects nest: an object's keys lie above those of the objects
 * around it. Small objects are searched one by one, behind a filter of 64 bits; from
 * KEYS_FEW on a hash set is used, seeded per process, so that nobody can choose keys
 * that collide. No memory is allocated for fewer than KEYS_LOCAL keys at once. Keys
 * are compared by what they mean, not by how they are escaped.
 */
#ifndef MESSAGE_KEYS_H
#define MESSAGE_KEYS_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { KEYS_LOCAL = 32, KEYS_FEW = 16 };

/* The inside of a quoted string that is known to be good. */
struct key {
	const char *at;
	size_t size;
	uint64_t hash;
	bool escaped; /* has a backslash */
	bool listed; /* is in the hash set */
};

/* One open object. */
struct keys_scope {
	size_t first; /* of its keys */
	uint64_t filter; /* which of 64 classes of hashes it has */
	uint64_t seed; /* of its hashes; open objects have different ones */
};

struct keys {
	struct key *at; /* `local` or allocated */
	size_t len, cap;
	uint32_t *slots; /* index + 1 into at, 0 = free; NULL until needed */
	size_t slots_cap, listed;
	uint64_t seed;
	struct key local[KEYS_LOCAL];
};

/* Leaves `local` uninitialised: this is done for every message. */
void keys_init(struct keys *k);
void keys_done(struct keys *k);

static inline uint64_t keys_mix(uint64_t hash, uint64_t word)
{
	unsigned __int128 product =
		(unsigned __int128)(hash ^ word) * 0x9e3779b97f4a7c15ULL;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline struct keys_scope keys_open(const struct keys *k)
{
	return (struct keys_scope){
		.first = k->len,
		.seed = keys_mix(k->seed, k->len),
	};
}

/* The first size < 8 bytes of eight as a number. */
static inline uint64_t keys_word(const char *at, size_t size)
{
	uint64_t word;

	memcpy(&word, at, 8);
	return le64toh(word) & ((UINT64_C(1) << (8 * size)) - 1);
}

/* The parts of keys_add() and keys_close() that are seldom needed. */
int keys_add_slowly(struct keys *k, struct keys_scope *scope, struct key key);
uint64_t keys_hash_slowly(uint64_t seed, const struct key *key, const char *limit);
void keys_unlist(struct keys *k, const struct keys_scope *scope);

/*
 * Adds a key to the innermost object. `limit` bounds what may be read behind it.
 * Returns 0, -EEXIST if the object has it, -ENOMEM.
 */
static inline int keys_add(struct keys *k, struct keys_scope *scope, struct key key,
			   const char *limit)
{
	uint64_t class;

	if (!key.escaped && key.size < 8 && limit - key.at >= 8) {
		uint64_t word = keys_word(key.at, key.size);

		key.hash = keys_mix(scope->seed, word) + key.size;
	} else {
		key.hash = keys_hash_slowly(scope->seed, &key, limit);
	}
	class = UINT64_C(1) << (key.hash >> 58);
	if (scope->filter & class || k->len - scope->first >= KEYS_FEW ||
	    k->len == k->cap)
		return keys_add_slowly(k, scope, key);
	scope->filter |= class;
	k->at[k->len++] = key;
	return 0;
}

/* Forgets the innermost object. */
static inline void keys_close(struct keys *k, const struct keys_scope *scope)
{
	if (k->len - scope->first > KEYS_FEW)
		keys_unlist(k, scope);
	k->len = scope->first;
}

/* Whether the insides of two good quoted strings mean the same. */
bool keys_equal(const struct key *a, const struct key *b);

#endif
