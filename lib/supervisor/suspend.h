/* SPDX-License-Identifier: MIT */
/*
 * Ctrl-Z on a run in the foreground.
 */
#ifndef SUPERVISOR_SUSPEND_H
#define SUPERVISOR_SUSPEND_H

#include "supervisor/super.h"

/* Stops all commands, all workers and this process, and returns when it goes on. */
void suspend_all(struct supervisor *s);

#endif
