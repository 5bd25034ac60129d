/* SPDX-License-Identifier: MIT */
/*
 * One map of the topology, read by the table of keys: which keys were written, with
 * values that are already checked and worked out as far as their kind says.
 */
#ifndef TOPOLOGY_SECTION_H
#define TOPOLOGY_SECTION_H

#include "topology/keys.h"
#include "topology/model.h"
#include "topology/problem.h"

/* What all readers share. */
struct reader {
	struct topology *t;
	struct problems problems;
	struct map links; /* by "FROM -> TO" */
	struct map removed; /* the same, of edits: they are not there any more */
	struct map fulls; /* by "FROM => QUEUE": the first link of that signal to it */
	size_t pairs; /* of ends of arrows, so far */
	unsigned replica; /* which one of a loop is read, from 1; 0: there is but one */
	unsigned replica_len; /* of how many */
	unsigned replicas; /* names of such, so far */
	bool asking; /* the arrow that is read is only asked for */
	bool comments; /* the text has a # somewhere */
	const struct node *dead; /* of the top: holds for all that can fail */
	struct later_link *later_links; /* see connect_later() */
};

struct setting {
	const struct key *key;
	const struct node *name, *value;
	bool bad; /* a problem was told */
	uint64_t number; /* of a number, duration, size, boolean; index of a word */
	const char *text; /* of a type: canonical */
};

struct section {
	unsigned place;
	const struct node *node;
	struct setting *settings;
	size_t len;
	unsigned does; /* DO_ that its keys choose, bad ones included */
};

/*
 * Reads the map n, which stands at a place. `what` names it in sentences. `does` is
 * what is known of it before its keys (0 but for slots of plugins). Returns false if n
 * is not a map: then the section is empty.
 */
bool section_read(struct reader *r, const struct node *n, unsigned place, unsigned does,
		  struct section *ret);

/* The setting of that name if it was written and is good, else NULL. */
const struct setting *section_get(const struct section *s, const char *name);

/* Its text, number or map; what is given instead if it is absent or bad. */
const char *section_text(const struct section *s, const char *name,
			 const char *otherwise);
uint64_t section_number(const struct section *s, const char *name, uint64_t otherwise);
const struct node *section_node(const struct section *s, const char *name);

/* Whether the key stands there at all, good or bad. */
bool section_has(const struct section *s, const char *name);

/* Zeroed memory of the topology; NULL is noted as a problem. */
void *reader_alloc(struct reader *r, size_t size);

/* Returns the canonical text of a type, or NULL with the problem told. */
const char *reader_type(struct reader *r, const struct node *n);

/* Returns the texts of a list, NULL-terminated, or NULL with the problem told. */
const char *const *reader_texts(struct reader *r, const struct node *list,
				const char *what);

/* The words of `shell:`, NULL-terminated; NULL: it is not there, or is told. */
const char *const *reader_shell(struct reader *r, const struct section *s);

/* Returns the words of a text, NULL-terminated; NULL: no memory, or no word. */
const char *const *reader_words(struct reader *r, const char *text);

/* Whether the text of a node is a name; if not, tells. */
bool reader_name(struct reader *r, const struct node *n);

#endif
