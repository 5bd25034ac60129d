/* SPDX-License-Identifier: MIT */
/*
 * A worker of which some loops have left, or to which some come, is handed the newest
 * plan, and goes on.
 */
#ifndef SUPERVISOR_RENEWAL_H
#define SUPERVISOR_RENEWAL_H

#include "supervisor/super.h"

/* Where that cannot be done it leaves as a whole. */
void renewal_begin(struct hand *h);

/* It has it: what has come or changed starts, as far as it need not wait for others. */
void renewal_done(struct hand *h);

#endif
