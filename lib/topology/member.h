/* SPDX-License-Identifier: MIT */
/*
 * Things, and their signals and slots: those that were written and those that loops,
 * processes, timers and commands have by themselves.
 */
#ifndef TOPOLOGY_MEMBER_H
#define TOPOLOGY_MEMBER_H

#include "topology/section.h"

enum { MEMBERS_MAX = 256 }; /* signals, and slots, of one thing */

/* Makes a thing ready; `at` is the node of its name, or NULL. */
void member_init(struct model_thing *thing, enum model_kind kind, const char *name,
		 const struct node *at);

/*
 * Gives the name to the thing in the one name space. Returns false, with the problem
 * told, if it is not a name, reserved or taken.
 */
bool member_name(struct reader *r, struct model_thing *thing);

/* Adds a signal or slot. NULL: no memory, or too many (told at `at`). */
struct model_signal *member_add_signal(struct reader *r, struct model_thing *thing,
				       const char *name, const char *type,
				       const struct node *at);
struct model_slot *member_add_slot(struct reader *r, struct model_thing *thing,
				   const char *name, const char *type,
				   const struct node *at);

/* Adds what loops, processes, timers, and objects with commands have by themselves. */
void member_add_loop(struct reader *r, struct model_thing *thing);
void member_add_process(struct reader *r, struct model_thing *thing);
void member_add_timer(struct reader *r, struct model_thing *thing);
void member_add_outcome(struct reader *r, struct model_thing *thing);

/* The member of that name, or NULL. */
struct model_signal *member_signal(const struct model_thing *thing, const char *name);
struct model_slot *member_slot(const struct model_thing *thing, const char *name);

static inline struct model_loop *model_loop_of(struct model_thing *thing)
{
	return container_of(thing, struct model_loop, thing);
}

static inline struct model_object *model_object_of(struct model_thing *thing)
{
	return container_of(thing, struct model_object, thing);
}

static inline struct model_process *model_process_of(struct model_thing *thing)
{
	return container_of(thing, struct model_process, thing);
}

static inline struct model_queue *model_queue_of(struct model_thing *thing)
{
	return container_of(thing, struct model_queue, thing);
}

#endif
