/* SPDX-License-Identifier: MIT */
/*
 * Arrows: "a.x, b -> c -> d". Pure text -> steps; who is meant is not its affair.
 */
#ifndef TOPOLOGY_ARROW_H
#define TOPOLOGY_ARROW_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

/* NAME or NAME.MEMBER, and where it begins in the text. */
struct arrow_end {
	struct arrow_end *next; /* behind a comma */
	const char *name, *member; /* member: NULL if there is none */
	size_t offset;
};

/* What stands between two arrows. */
struct arrow_step {
	struct arrow_step *next;
	struct arrow_end *ends;
	size_t ends_len;
};

struct arrow_fault {
	size_t offset;
	const char *what;
};

/*
 * Parses into the arena: two steps at least. Returns 0, -EINVAL with the fault, or
 * -ENOMEM.
 */
int arrow_parse(struct arena *arena, const char *text, struct arrow_step **ret,
		struct arrow_fault *ret_fault);

#endif
