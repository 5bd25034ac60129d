/* SPDX-License-Identifier: MIT */
/*
 * The one table of keys: what may stand where in a topology. The parser and its checks
 * read it; sigslot.yaml(5) is compared with it by a test.
 */
#ifndef TOPOLOGY_KEYS_H
#define TOPOLOGY_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a key may stand. */
enum {
	AT_TOP = 1 << 0,
	AT_PROCESS = 1 << 1,
	AT_RESTART = 1 << 2,
	AT_LOOP = 1 << 3,
	AT_OBJECT = 1 << 4,
	AT_SLOT = 1 << 5,
	AT_QUEUE = 1 << 6,
	AT_ARROW = 1 << 7,
	AT_RETRY = 1 << 8,
	AT_READY = 1 << 9,
	PLACES = 10,
};

/* What an object or slot does: the keys that choose it, and which keys go with them. */
enum {
	DO_SOURCE = 1 << 0,
	DO_RUN = 1 << 1,
	DO_EXEC = 1 << 2,
	DO_FILTER = 1 << 3,
	DO_PLUGIN = 1 << 4,
	DO_BUILTIN = 1 << 5,
	DO_EVERY = 1 << 6,
	DO_AFTER = 1 << 7,
	DO_TIGHT = 1 << 8,
	DO_ONCE_PER_MESSAGE = DO_RUN | DO_EXEC,
	DO_LINES = DO_SOURCE | DO_RUN | DO_EXEC | DO_FILTER, /* what writes lines */
	DO_COMMAND = DO_LINES,
	DO_RESIDENT = DO_SOURCE | DO_FILTER, /* runs between messages */
	DO_FALLIBLE = DO_RUN | DO_EXEC | DO_FILTER | DO_PLUGIN,
	DO_TAKES = DO_RUN | DO_EXEC | DO_FILTER | DO_PLUGIN | DO_BUILTIN,
	DO_TIMER = DO_EVERY | DO_AFTER | DO_TIGHT,
};

enum key_kind {
	KEY_TEXT,
	KEY_COMMAND, /* a text that a shell reads: YAML's traps are looked for */
	KEY_NAME,
	KEY_WORD, /* one of `words` */
	KEY_BOOLEAN,
	KEY_NUMBER, /* a whole number from `least` to `most` */
	KEY_DURATION, /* ns from `least` to `most` */
	KEY_SIZE, /* bytes from `least` to `most` */
	KEY_TYPE, /* of payloads */
	KEY_LIST,
	KEY_MAP,
	KEY_OTHER, /* its reader looks at it */
};

struct key {
	const char *name;
	unsigned at; /* AT_: places */
	unsigned does; /* DO_ that it chooses; 0: none */
	unsigned with; /* DO_ that it goes with; 0: any */
	enum key_kind kind;
	bool later; /* known, but not in this version */
	uint64_t least, most;
	const char *words; /* separated by spaces */
	const char *fallback; /* what holds without it, for people; NULL: nothing */
	const char *page; /* one sentence for people */
};

extern const struct key keys[];
extern const size_t keys_len;

/* The key of that name at a place, or NULL. */
const struct key *keys_find(const char *name, unsigned place);

/* The key that chooses one DO_. */
const struct key *keys_doing(unsigned does);

/* "at the top", "in a process", "in an object" ... */
const char *keys_place(unsigned place);

#endif
