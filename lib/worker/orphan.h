/* SPDX-License-Identifier: MIT */
/*
 * The death of the supervisor, which its workers do not survive.
 */
#ifndef WORKER_ORPHAN_H
#define WORKER_ORPHAN_H

#include "worker/worker.h"

/* From now on this process hears of it also while a plugin keeps it from listening. */
void orphan_arm(void);

/* Nothing of this process survives its supervisor. */
_Noreturn void orphan_die(struct worker *w);

#endif
