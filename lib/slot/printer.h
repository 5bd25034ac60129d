/* SPDX-License-Identifier: MIT */
/*
 * Standard output of this process, for all its `builtin: print` slots together: whole
 * lines, without ever blocking the thread, and without changing the flags of a
 * descriptor that is shared with others.
 */
#ifndef SLOT_PRINTER_H
#define SLOT_PRINTER_H

#include "slot/slot.h"

/* A slot that prints. Returns 0 or a negative errno with err. */
int printer_open(struct slot *s, struct sigslot_error *err);

/* Prints the payload as a line; the job is done when it is written. */
void printer_deliver(struct slot *s, struct slot_job *job);

/* The slot goes away: its jobs are forgotten, what they began to print is not. */
void printer_close(struct slot *s);

#endif
