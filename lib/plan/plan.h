/* SPDX-License-Identifier: MIT */
/*
 * What will happen: processes, loops, objects, signals, slots, queues and, for every
 * signal, whom it reaches. The waist of the system: above it is text, below it are
 * processes. Pure: no system calls, no state; the same topology gives the same plan.
 *
 * Everything is in arrays and refers to one another by index; strings and arrays live
 * in the plan's arena. NONE is the index of nothing. A plan is immutable once made, but
 * for who counts its users.
 */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "plan/connection.h"
#include "plan/process.h"
#include "plan/slot.h"

enum { PLAN_NONE = 0xffffffff };

struct plan_loop {
	const char *name; /* "": nobody's place any more */
	const char *was; /* the name that the place is kept for */
	struct plan_members members;
	uint32_t process; /* NONE: of nobody */
	uint64_t size, messages; /* of its queue: bytes; at most, 0 = no limit */
	uint32_t rank; /* above that of all that lead to it; equal in a cycle */
	uint32_t circle; /* in which what is in it makes more that waits; 0: none */
	uint32_t first_intake,
		intakes_len; /* in plan.intakes: it takes from these, too */
	bool evicting; /* what waits in its queue may have to make way */
	uint32_t replica; /* of `replicas:` the which, from 1; 0: there is but one */
	uint64_t sum; /* the same if it and what is on it are written the same */
	enum upkeep_end on_exit;
	struct plan_after after; /* besides that of its process */
};

/* COMMANDS: an object whose slots are commands, or that has none. */
enum plan_kind { PLAN_COMMANDS, PLAN_TIMER, PLAN_PLUGIN };

struct plan_timer {
	enum { PLAN_EVERY, PLAN_AFTER, PLAN_TIGHT } how;
	uint64_t interval_ns;
	bool burst, disabled; /* `missed: burst`; begins stopped */
};

struct plan_object {
	const char *name;
	struct plan_members members;
	uint32_t loop;
	enum plan_kind kind;
	struct plan_timer timer;
	const char *plugin; /* file as written: relative to the plan's directory */
	const char *config; /* JSON text; "null" if there is none */
};

struct plan_signal {
	const char *name;
	enum plan_owner owner;
	uint32_t owned_by; /* index of the object, loop or process */
	const char *type; /* canonical text, see message/type.h */
	uint32_t first_target, targets_len; /* in plan.targets, order of connecting */
};

struct plan_queue {
	const char *name, *was; /* as of a loop */
	uint64_t size, messages;
	bool durable; /* survives a reboot */
	uint32_t rank, circle; /* as of a loop */
	uint32_t first_slot, slots_len; /* in plan.takers, order of connecting */
	bool evicting; /* as of a loop */
};

struct plan {
	struct arena arena;
	unsigned users; /* but for the first one */
	const char *name, *file, *directory; /* as given; absolute: paths start there */
	uint64_t stop_timeout_ns; /* 0: a stop takes as long as it takes */
	struct plan_process *processes;
	struct plan_loop *loops;
	struct plan_object *objects;
	struct plan_signal *signals;
	struct plan_slot *slots;
	struct plan_queue *queues;
	struct plan_target *targets;
	struct plan_connection *connections;
	uint32_t *takers; /* slots behind queues: one of them gets each message */
	uint32_t *intakes; /* queues that slots of loops stand behind */
	const char **circles; /* in which all wait, "a -> b -> a"; ends with NULL */
	uint32_t processes_len, loops_len, objects_len, signals_len, slots_len,
		queues_len, targets_len, connections_len, takers_len, intakes_len;
};

struct topology;

/*
 * Makes the plan of a checked topology, whose name is overridden unless `name` is NULL.
 * Processes, loops and named queues that were in the plan `like` (NULL: in none) have
 * the index that they had there. Returns 0, -ENOEXEC (too many routes through
 * signals), or -ENOMEM.
 */
int plan_make(const struct topology *t, const char *name, const struct plan *like,
	      struct plan **ret, struct sigslot_error *err);
/* One user more of it; one less, the last of which frees it. Takes NULL. */
const struct plan *plan_share(const struct plan *p);
void plan_free(const struct plan *p);

/* The name of the object, loop or process that owns a signal or slot. */
const char *plan_owner_name(const struct plan *p, enum plan_owner owner,
			    uint32_t index);

/* What it owns. */
static inline struct plan_members *plan_members(const struct plan *p,
						enum plan_owner owner, uint32_t index)
{
	if (owner == PLAN_OBJECT)
		return &p->objects[index].members;
	return owner == PLAN_LOOP ? &p->loops[index].members
				  : &p->processes[index].members;
}

/* The plan as text for people (check --print), to be freed. NULL: no memory. */
char *plan_text(const struct plan *p);

#endif
