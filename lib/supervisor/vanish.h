/* SPDX-License-Identifier: MIT */
/*
 * When somebody removes the directory of an instance that runs.
 */
#ifndef SUPERVISOR_VANISH_H
#define SUPERVISOR_VANISH_H

#include "supervisor/super.h"

/*
 * Watches for it. A run in the background stops then, as nobody can reach it any more;
 * one in the foreground says so and goes on. If there is no watch to be had, so it is.
 */
void vanish_open(struct supervisor *s);
void vanish_close(struct supervisor *s);

#endif
