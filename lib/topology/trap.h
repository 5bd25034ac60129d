/* SPDX-License-Identifier: MIT */
/*
 * YAML's own traps: what a shell command looks like to YAML, said so that the writer
 * knows what to do.
 */
#ifndef TOPOLOGY_TRAP_H
#define TOPOLOGY_TRAP_H

#include "topology/problem.h"

/* What libyaml says of a text that is not YAML. */
struct yaml_trouble {
	const char *what, *context;
	struct place place; /* where it noticed */
	struct place begin; /* of what it was reading then; line 1 if of nothing */
};

/* Adds the problem, with its cure if it is a known trap. */
void trap_tell(struct problems *p, const struct yaml_trouble *t);

/* Adds a problem if a comment cut this command: ` #` behind a plain text. */
void trap_comment(struct problems *p, const struct node *command);

#endif
