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

/* What things have by themselves; a thing's `own` says of which kinds it is. */
enum {
	OWN_LOOP = 1 << 0,
	OWN_PROCESS = 1 << 1,
	OWN_TIMER = 1 << 2,
	OWN_COMMAND = 1 << 3,
	OWN_HERALD = 1 << 4, /* it says by a signal that it is ready */
};

struct member_own {
	const char *name, *type; /* type: NULL for a slot */
	unsigned of; /* OWN_ */
};

/* Walks these signals or slots of a thing, from *at = 0 on. NULL: no more. */
const struct member_own *member_own(const struct model_thing *thing, bool slots,
				    size_t *at);

/* The index of a signal that a thing has by itself; UINT32_MAX: it has none. */
uint32_t member_own_signal(const struct model_thing *thing, const char *name);

/* Gives every signal and slot of a thing its index in the topology. */
void member_number(struct topology *t, struct model_thing *thing);

/* The member of that name, or NULL. What it has by itself is made when it is found. */
struct model_signal *member_signal(struct reader *r, struct model_thing *thing,
				   const char *name);
struct model_slot *member_slot(struct reader *r, struct model_thing *thing,
			       const char *name);

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
