/* SPDX-License-Identifier: MIT */
/*
 * Makes the next snapshot of an instance's routes.
 *
 * Add queues first, then names, then the targets of names, name by name; then
 * write. Everything is copied. Not for concurrent use.
 */
#ifndef ROUTE_BUILD_H
#define ROUTE_BUILD_H

#include "base/buf.h"
#include "base/map.h"
#include "base/vec.h"
#include "route/route.h"

struct route_build {
	uint32_t generation, fuses; /* its own; the last one so far */
	uint32_t loops_len; /* queues of loops, which are added first */
	const struct routes *old; /* NULL: the first one */
	VEC(struct route_name) names;
	VEC(struct route_target) targets;
	VEC(struct route_reach) reaches;
	VEC(struct route_queue) queues;
	struct buf strings;
	bool *kept; /* by id, names of the old snapshot: see route_build_keep() */
};

/* Begins from the old snapshot, whose names are all gone until added again. */
int route_build_start(struct route_build *b, const struct routes *old);
void route_build_done(struct route_build *b);

/* Adds a queue and returns its index, or -ENOMEM. */
int64_t route_build_queue(struct route_build *b, const char *name, uint64_t size,
			  uint32_t flags);

/* Adds a name, or revives it with its id. Returns the id or -ENOMEM. */
int64_t route_build_name(struct route_build *b, enum route_kind kind, const char *owner,
			 const char *member, const char *type, uint32_t queue);

/*
 * Adds a target to the signal that the last one was added to, or to a new one; or to
 * the name of a named queue a slot behind it.
 */
int route_build_target(struct route_build *b, uint32_t signal, struct route_target t);

/* The fuse of a target like that one in the old snapshot; 0: it has none there. */
uint32_t route_build_fuse(const struct route_build *b, uint32_t signal,
			  const struct route_target *like);

/* How targets go. Those of a slot that is kept, or has moved, are drained. */
struct route_going {
	uint32_t flags; /* of those that go with this snapshot */
	bool (*passed)(void *data, const char *queue); /* nothing old is in it */
	void *data;
};

/*
 * Adds what the old snapshot had and this one has not, as gone, behind the targets of
 * that signal: for each the last time that it went, and all that may still be drained.
 */
int route_build_gone(struct route_build *b, uint32_t signal,
		     const struct route_going *how);

/*
 * Lets a name be in it as it was in the old snapshot, if it was not added: when all
 * names are there. Then, behind all targets, adds those of such names, as far as what
 * they lead to is there; and of signals that are gone now what they still lead to for
 * messages that were emitted before. Returns 0 or -ENOMEM.
 */
void route_build_keep(struct route_build *b, uint32_t id);
int route_build_kept(struct route_build *b, const struct route_going *how);

/* Writes and publishes it. Returns 0 or a negative errno. */
int route_build_write(struct route_build *b, int dir, struct sigslot_error *err);

/*
 * The same in two steps: writes it beside the one that holds, and opens it, so that
 * nothing but a rename is left to be done. Both return 0 or a negative errno.
 */
int route_build_draft(struct route_build *b, int dir, struct routes **ret,
		      struct sigslot_error *err);
int route_build_publish(int dir, struct sigslot_error *err);

#endif
