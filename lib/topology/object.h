/* SPDX-License-Identifier: MIT */
/*
 * Objects: their command or timer, signals, slots and subscriptions.
 */
#ifndef TOPOLOGY_OBJECT_H
#define TOPOLOGY_OBJECT_H

#include "topology/section.h"

/*
 * Reads the object that `name` and the node after it describe, onto a loop, or onto a
 * loop of its own (NULL).
 */
void object_read(struct reader *r, const struct node *name, struct model_loop *loop);

/*
 * After the connections: a plugin that nobody connects to has a slot all the same, so
 * that it is loaded, and a missing file noticed.
 */
void object_settle(struct reader *r);

/* Reads what a slot, or the command of an object, does: its text, args, output. */
void command_read(struct reader *r, const struct section *s, struct model_object *o,
		  struct model_slot *slot);

/* Makes a loop that the main process runs; NULL: no memory. */
struct model_loop *loop_new(struct reader *r, const char *name, const struct node *at);

/* The value of `config:` as JSON text; NULL: no memory. */
const char *config_text(struct reader *r, const struct node *n);

#endif
