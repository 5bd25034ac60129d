/* SPDX-License-Identifier: MIT */
/*
 * Where things run: processes, loops and queues, and the environment of commands.
 */
#ifndef TOPOLOGY_PLACE_H
#define TOPOLOGY_PLACE_H

#include "topology/section.h"

/* Makes the process `main`, which is there in any case until place_settle(). */
void place_main(struct reader *r);

/* Read what stands under `processes:`, `loops:` and `queues:`. */
void place_processes(struct reader *r, const struct node *map);
void place_loops(struct reader *r, const struct node *map);
void place_queues(struct reader *r, const struct node *map);

/* Puts loops into the processes that they name; drops main if it hosts none. */
void place_settle(struct reader *r);

/* Sums up what is written about each process and all that runs in it. */
void place_sum(struct reader *r, const struct node *top);

/* NAME=VALUE of a map, after those of `base` (or NULL) that it does not change. */
const char *const *place_env(struct reader *r, const struct node *map,
			     const char *const *base);

#endif
