/* SPDX-License-Identifier: MIT */
/*
 * `after:` of loops and processes: what must be ready before they start.
 */
#ifndef TOPOLOGY_AFTER_H
#define TOPOLOGY_AFTER_H

#include "topology/section.h"

/* Finds what the names mean, once all things are known, and tells of circles. */
void after_settle(struct reader *r);

#endif
