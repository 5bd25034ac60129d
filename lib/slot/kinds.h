/* SPDX-License-Identifier: MIT */
/*
 * The kinds of slots, each defined at the end of its own file and listed in slot.c.
 */
#ifndef SLOT_KINDS_H
#define SLOT_KINDS_H

#include "slot/slot.h"

extern const struct slot_kind kind_builtin, kind_exec, kind_filter, kind_plugin,
	kind_run, kind_source;

#endif
