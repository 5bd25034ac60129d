/* SPDX-License-Identifier: MIT */
/*
 * Directories that nobody else may enter: opened first, then judged by the descriptor.
 */
#ifndef STATE_PRIVATE_H
#define STATE_PRIVATE_H

#include <stdbool.h>

#include "base/error.h"

/*
 * Opens a directory, not following a link, made if `create`. `variable` is what people
 * may set to have another one. Returns 0; -EPERM: not ours alone; -ENOENT; -errno.
 */
int private_open(int dir, const char *path, bool create, const char *variable,
		 int *ret_dir, struct sigslot_error *err);

#endif
