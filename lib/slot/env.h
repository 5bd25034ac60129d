/* SPDX-License-Identifier: MIT */
/*
 * The environment of a slot's commands: that of this process without what sigslot
 * sets, then `env:`, then PWD, SIGSLOT_INSTANCE and its like, then what belongs to one
 * message. The constant part is prepared once.
 */
#ifndef SLOT_ENV_H
#define SLOT_ENV_H

#include "base/arena.h"
#include "slot/slot.h"

struct env {
	const char **at; /* NULL-terminated once env_message() was called */
	size_t len; /* of the constant part; there is room for a message's own */
	const char *path; /* the value of PATH; NULL: it is not set */
};

/* Prepares the constant part in the arena. Returns 0 or -ENOMEM. */
int env_init(struct env *e, const struct slot_spec *spec, struct arena *arena);

/* Whether all names are those of a shell, which drops others on their way through. */
bool env_plain(const struct env *e);

/* Adds what this message brings (NULL: nothing) in place of the one before. */
int env_message(struct env *e, const struct sigslot_message *m, struct arena *arena);

#endif
