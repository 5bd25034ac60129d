/* SPDX-License-Identifier: MIT */
/*
 * Whom an order is about: the instance, a loop (also by the name of an object on it),
 * a process, or all replicas of a loop.
 */
#ifndef SUPERVISOR_AIM_H
#define SUPERVISOR_AIM_H

#include "supervisor/super.h"

/* Carries out a verb of order.c. target: "" means the instance. -ENXIO, -EINVAL. */
int aim_order(struct supervisor *s, const char *verb, const char *target);

/* Whether a loop is meant, or is among those that are. */
bool aim_concerns(const struct plan *p, const char *target, uint32_t loop);

#endif
