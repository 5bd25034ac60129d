/* SPDX-License-Identifier: MIT */
/*
 * Whether a plugin can be loaded at all, before anything depends on it.
 */
#ifndef SLOT_PLUGIN_H
#define SLOT_PLUGIN_H

#include "base/error.h"

/* Loads it into this process, opens nothing, and unloads it. 0, or -errno with err. */
int plugin_try(const char *directory, const char *file, struct sigslot_error *err);

/*
 * The same in a child: what loading does to a process it does there, and for a few
 * seconds at most.
 */
int plugin_probe(const char *directory, const char *file, struct sigslot_error *err);

#endif
