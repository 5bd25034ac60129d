/* SPDX-License-Identifier: MIT */
/*
 * The problems of one reading: collected in whatever order they are found, told in the
 * order of the text. Never prints.
 *
 * Lack of memory is one more sticky problem: whoever gets a NULL from the arena sets
 * no_memory and goes on as if nothing was there.
 */
#ifndef TOPOLOGY_PROBLEM_H
#define TOPOLOGY_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/near.h"
#include "base/vec.h"
#include "topology/node.h"
#include "topology/topology.h"

enum {
	PROBLEMS_MAX = 100, /* that many are told, and how many more there are */
};

struct problem {
	struct place place;
	size_t order; /* of finding */
	const char *text;
};

struct problems {
	const struct topology_input *in;
	struct arena *arena; /* borrowed */
	VEC(struct problem) list;
	VEC(size_t) lines; /* where each line of the text begins; filled on need */
	bool no_memory;
};

/* Adds one at a place, at a node, or `skip` bytes into a node's text. */
void problem_at(struct problems *p, struct place place, const char *format, ...)
	_printf_(3, 4);
void problem_node(struct problems *p, const struct node *n, const char *format, ...)
	_printf_(3, 4);
void problem_within(struct problems *p, const struct node *n, size_t skip,
		    const char *format, ...) _printf_(4, 5);

/* Returns the text in backquotes, cut to what a sentence bears. Never NULL. */
const char *problem_quote(struct problems *p, const char *text);

/* Returns ": did you mean `x`?", or "" if nothing is near. Never NULL. */
const char *problem_near(struct problems *p, const struct near *n);

/* Returns "in line 5", or that it was made while the topology ran. Never NULL. */
const char *problem_where(struct problems *p, const struct node *n);

/* Whether there are still so few problems that looking for near names is cheap. */
bool problem_guesses(const struct problems *p);

/* The place of a byte of the text. */
struct place problem_place(struct problems *p, size_t offset);

/* The bytes of a line (from 1) without its newline; 0 bytes if there is none. */
const char *problem_line(struct problems *p, unsigned line, size_t *ret_size);

/*
 * Tells all problems in the order of the text. Returns 0 if there were none, -ENOEXEC
 * with their number in err, or -ENOMEM.
 */
int problem_tell(struct problems *p, struct sigslot_error *err);

void problem_done(struct problems *p);

#endif
