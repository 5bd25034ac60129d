/* SPDX-License-Identifier: MIT */
/*
 * The signals that a run heeds: of people, of terminals, and of children that it never
 * had.
 */
#ifndef SUPERVISOR_HEED_H
#define SUPERVISOR_HEED_H

#include "supervisor/super.h"

/* Blocks them and watches for them. Returns 0 or a negative errno with err. */
int heed_open(struct supervisor *s, struct sigslot_error *err);
void heed_close(struct supervisor *s);

#endif
