/* SPDX-License-Identifier: MIT */
/*
 * `replicas: N` of a loop: it is read N times, each time with names of its own, and
 * the names that were written stand for all of them.
 */
#ifndef TOPOLOGY_REPLICA_H
#define TOPOLOGY_REPLICA_H

#include "topology/arrow.h"
#include "topology/section.h"

/* How many the map of a loop wants; 0: one, under its own name. */
unsigned replica_count(const struct node *loop);

/*
 * The name of the replica r->replica of what has this name; the node itself if that is
 * 0. NULL: too many, or no memory; told.
 */
const struct node *replica_name(struct reader *r, const struct node *name);

/* The names that a name stands for, or NULL: only itself. */
const struct model_group *replica_group(const struct reader *r, const char *name);

/* In the steps of an arrow, puts replicas in the place of a name that means them. */
void replica_expand(struct reader *r, const struct node *arrow,
		    struct arrow_step *steps);

#endif
