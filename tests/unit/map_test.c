/* SPDX-License-Identifier: MIT */
/*
 * A map from strings to pointers: lib/base/map.c.
 */
#include "base/cleanup.h"
#include "base/map.h"
#include "tap.h"

enum { MANY = 5000 };

static char keys[MANY][16];

static void many(void)
{
	struct map m = {0};
	bool found = true, missed = true;

	for (int i = 0; i < MANY; i++) {
		snprintf(keys[i], sizeof(keys[i]), "key-%d", i);
		if (map_set(&m, keys[i], &keys[i]) < 0)
			BAIL("no memory");
		/* would not return from a full table */
		missed = missed && !map_get(&m, "none");
	}
	is_u64(m.len, MANY, "five thousand keys are counted");
	for (int i = 0; i < MANY; i++) {
		char other[24];

		found = found && map_get(&m, keys[i]) == &keys[i];
		snprintf(other, sizeof(other), "key-%d", i + MANY);
		missed = missed && !map_get(&m, other);
	}
	ok(found, "each is found with its value");
	ok(missed, "no other is");
	map_done(&m);
	ok(!m.entries && !m.len && !m.cap, "a map is empty when it is done");
}

int main(void)
{
	struct map m = {0};
	char key[] = "key", same[] = "key";
	int one, two;

	ok(!map_get(&m, "key"), "an empty map has no key");
	is_int(map_set(&m, key, &one), 0, "a key is set");
	ok(map_get(&m, same) == &one, "a key is found by its text, not by its address");
	ok(!map_get(&m, "ke") && !map_get(&m, "keyy") && !map_get(&m, ""),
	   "a prefix, a longer one and the empty one are other keys");
	map_set(&m, same, &two);
	ok(map_get(&m, key) == &two, "setting a key again replaces its value");
	is_u64(m.len, 1, "and does not count it twice");
	key[0] = 'x';
	ok(map_get(&m, "key") == &two, "then the newer of the equal keys is borrowed");
	map_set(&m, "", &one);
	ok(map_get(&m, "") == &one, "the empty string is a key");
	map_done(&m);
	map_done(&m);
	many();
	return done();
}
