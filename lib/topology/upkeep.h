/* SPDX-License-Identifier: MIT */
/*
 * What is said of things that run for long: `restart:` and `ready:`.
 */
#ifndef TOPOLOGY_UPKEEP_H
#define TOPOLOGY_UPKEEP_H

#include "topology/section.h"

/* `restart:` of a process or a command. n: NULL, or its map; *policy as without it. */
void upkeep_restart(struct reader *r, const struct node *n,
		    struct budget_policy *policy);

/* `on_exit:`. */
enum upkeep_end upkeep_on_exit(const struct section *s);

/* All of it, of a slot that is a source or a filter. */
void upkeep_read(struct reader *r, const struct section *s, struct model_slot *slot);

#endif
