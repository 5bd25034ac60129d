/* SPDX-License-Identifier: MIT */
/*
 * Where durable queues live: the state directory, which outlives a reboot.
 *
 * It is $SIGSLOT_STATE_DIR, else $XDG_STATE_HOME/sigslot if that is absolute, else
 * $HOME/.local/state/sigslot. It must be ours alone, like the runtime directory. Each
 * instance that has durable queues has a directory in it, with one for each of them.
 */
#ifndef STATE_STORE_H
#define STATE_STORE_H

#include <stdbool.h>

#include "base/error.h"

enum { STORE_PATH = 4096 };

/* Opens it, made if `create`. Returns 0; -ENOENT: there is none; -EPERM; -errno. */
int store_open(bool create, int *ret_dir, struct sigslot_error *err);

/*
 * The path of a queue in it, which need not be there; that of its instance is there if
 * `create`. With an empty name it is that of the instance. 0 or as store_open().
 */
int store_path(const char *instance, const char *name, bool create,
	       char ret_path[static STORE_PATH], struct sigslot_error *err);

#endif
