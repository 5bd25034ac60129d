/* SPDX-License-Identifier: MIT */
/*
 * YAML as a tree of nodes that know where they stand. Texts, lists and maps, nothing
 * else: anchors, aliases, tags, second documents, duplicate keys and NUL are refused.
 */
#ifndef TOPOLOGY_NODE_H
#define TOPOLOGY_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum node_kind { NODE_TEXT, NODE_LIST, NODE_MAP };

/* Line from 1, and which byte of the text. Line 0: no place. */
struct place {
	uint32_t line, at;
};

struct node {
	struct node *first, *next; /* elements; of a map: key, value, key, value ... */
	struct place from;
	uint32_t end; /* of a text: the byte that follows it */
	uint32_t len; /* bytes of a text, elements of a list, pairs of a map */
	uint8_t kind; /* enum node_kind */
	bool plain; /* a text without quotes, on one or more lines */
	bool block; /* a text after | or > */
	bool broken; /* a problem was told: check nothing further */
	char text[]; /* NUL-terminated; "" of lists and maps */
};

/* for (key, value in map); n->first is the first key. */
#define node_pairs(key, n) \
	for (struct node *key = (n)->first; key; key = key->next->next)
#define node_each(e, n) for (struct node *e = (n)->first; e; e = e->next)

/* Whether it is an empty plain text: `key:` with nothing behind it. */
bool node_empty(const struct node *n);

/* "a text", "a list", "a map", "nothing". */
const char *node_name(const struct node *n);

struct problems;

/*
 * Reads the text of p->in into nodes of p->arena. What is wrong is added to p. Returns
 * the root, or NULL if the text is empty or not YAML.
 */
struct node *node_read(struct problems *p);

#endif
