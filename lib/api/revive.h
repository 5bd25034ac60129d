/* SPDX-License-Identifier: MIT */
/*
 * Durable queues that nobody has used since the machine was started: their rings lie in
 * the state directory, and the runtime directory knows nothing of them.
 */
#ifndef API_REVIVE_H
#define API_REVIVE_H

#include <stdint.h>

#include "base/error.h"

/* Where the state directory has the free-standing ones: no instance has such a name. */
#define REVIVE_STORE ".queues"

/*
 * Makes a free-standing durable queue usable again. Returns 0, also if it is; -ENOENT:
 * there is none; what queue_create() returns, with err.
 */
int revive(const char *name, struct sigslot_error *err);

/* All of them, as far as they are whole: for who lists what there is. */
void revive_all(void);

/* Removes a queue of that instance with its ring, if that is in the state directory. */
int revive_forget(int instance, const char *queue);

/* The same for all queues of the instance. */
int revive_forget_all(int instance);

/*
 * Durable queues of an instance of which nothing else is left: how many messages are in
 * them, and with `drop` removes them. Returns 0; -ENOENT: there are none; -errno.
 */
int revive_dead(const char *instance, bool drop, uint64_t *ret_messages,
		struct sigslot_error *err);

/*
 * The site of the only durable queue of that name, in an instance or "": free-standing,
 * else in any. Returns 0; -ENOENT; -EINVAL: several, with err.
 */
int revive_find(const char *instance, const char *queue, char ret_site[static 4096],
		struct sigslot_error *err);

#endif
