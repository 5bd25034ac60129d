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

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

struct keys_scope keys_open(const struct keys *k);

/*
 * Adds a key to the innermost object. `limit` bounds what may be read behind it.
 * Returns 0, -EEXIST if the object has it, -ENOMEM.
 */
int keys_add(struct keys *k, struct keys_scope *scope, struct key key,
	     const char *limit);

/* Forgets the innermost object. */
void keys_close(struct keys *k, const struct keys_scope *scope);

/* Whether the insides of two good quoted strings mean the same. */
bool keys_equal(const struct key *a, const struct key *b);

#endif
