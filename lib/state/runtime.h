/* SPDX-License-Identifier: MIT */
/*
 * Where instances live: the runtime directory and what stands in it.
 *
 * It is $SIGSLOT_RUNTIME_DIR, else $XDG_RUNTIME_DIR/sigslot, else
 * /run/user/UID/sigslot, else /tmp/sigslot-UID. A step is skipped only if its directory
 * does not exist; one that exists but belongs to somebody else, or that others may
 * enter, is refused: there is no silent way around it. All later opens are relative to
 * this descriptor.
 */
#ifndef STATE_RUNTIME_H
#define STATE_RUNTIME_H

#include <stdbool.h>

#include "base/error.h"

/*
 * Opens the runtime directory, made if `create`. Returns 0; -ENOENT: there is none;
 * -EPERM: it is unsafe; -errno.
 */
int runtime_open(bool create, int *ret_dir, struct sigslot_error *err);

/* Opens a directory below, not following links, made if `create`. */
int runtime_subdir(int dir, const char *name, bool create, int *ret_dir,
		   struct sigslot_error *err);

/* In the directory of an instance: it is a free-standing queue, not a run. */
#define RUNTIME_QUEUE "queue"
bool runtime_is_queue(int dir);

/* The same of an instance in the runtime directory, without opening it. */
bool runtime_has_queue(int dir, const char *name);

/*
 * Makes a directory that nobody sees by this name before runtime_publish() gives it to
 * it; until then it is locked, so that it is taken for a leftover only once its maker
 * has died. Returns 0; -EEXIST: somebody else makes one of this name; -errno.
 */
int runtime_prepare(int dir, const char *name, int *ret_dir, struct sigslot_error *err);

/* Returns 0; -EEXIST: the name is taken; -errno. What failed goes to _discard(). */
int runtime_publish(int dir, const char *name, struct sigslot_error *err);
void runtime_discard(int dir, const char *name);

/* Calls fn for the name of each directory, sorted; fn returns 0 to go on. -ENOMEM. */
int runtime_each(int dir, int (*fn)(void *data, const char *name), void *data);

/*
 * Removes what stands below `name` and itself, after renaming it out of the way, so
 * that nobody sees half of it. Returns 0, also if there is none, or a negative errno.
 */
int runtime_remove(int dir, const char *name);

/* Removes what others died over removing or making. */
void runtime_sweep(int dir);

#endif
