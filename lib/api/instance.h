/* SPDX-License-Identifier: MIT */
/*
 * Finding what an address names: [INSTANCE/]NAME[.MEMBER] -> an open instance.
 */
#ifndef API_INSTANCE_H
#define API_INSTANCE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "route/route.h"

struct address {
	char instance[64]; /* "" if the address has none */
	char name[64], member[64]; /* member "" if it has none */
	bool queue; /* only a queue by its own name is meant */
	bool loops; /* with it: that of a loop will do, too */
};

/* Takes an address apart. Returns 0 or -EINVAL with a sentence. */
int address_parse(const char *text, struct address *ret, struct sigslot_error *err);

/* An instance that somebody looks at. */
struct instance {
	char name[64];
	int dir; /* owned */
	pid_t supervisor; /* 0: dead, or a free-standing queue */
	bool queue; /* a free-standing queue, which needs no supervisor */
	struct routes *routes; /* NULL until asked for */
};

/* Opens the instance of that name. -ENXIO: there is none (did you mean ...). */
int instance_open(const char *name, struct instance *ret, struct sigslot_error *err);
void instance_done(struct instance *in);

/* Whether it takes messages: a dead run does not. */
static inline bool instance_lives(const struct instance *in)
{
	return in->supervisor || in->queue;
}

/*
 * Its queue of that name, as `queue` commands find it; with `loops`, also that of a
 * loop. NULL: none. With routes.
 */
const struct route_queue *instance_queue(const struct instance *in, const char *name,
					 bool loops);

/* Whether it has anything of that name, or replicas of it. With routes. */
bool instance_has(const struct instance *in, const char *name);

/* Maps its routes, once. */
int instance_routes(struct instance *in, struct sigslot_error *err);

/*
 * Opens the instance that an address means, with its routes: the one it names, else
 * $SIGSLOT_INSTANCE, else the only live one that has an object, loop, process or queue
 * of that name. A queue is also found free-standing where $SIGSLOT_INSTANCE has none,
 * and in a dead run if nothing that lives has it. -EINVAL: several have, err names
 * them. -ENXIO: none has.
 */
int instance_find(const struct address *a, struct instance *ret,
		  struct sigslot_error *err);

/* Fails with "no NAME in INSTANCE" and the nearest name that there is. */
int instance_no_name(const struct instance *in, const struct address *a,
		     struct sigslot_error *err);

#endif
