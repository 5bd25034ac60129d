/* SPDX-License-Identifier: MIT */
/*
 * What follows from what: `after:`, who starts when somebody else is ready, and
 * `on_exit:`, what ends when somebody else has ended.
 */
#ifndef SUPERVISOR_FOLLOW_H
#define SUPERVISOR_FOLLOW_H

#include "supervisor/super.h"

/* Whether a loop that is about to start has to wait for others; notes it. */
bool follow_holds(struct supervisor *s, uint32_t loop);

/* Starts those that have nothing to wait for any more: when one is ready, or down. */
void follow_advance(struct supervisor *s);

/* A loop that still waits does not start: what was sent to it is kept. */
void follow_drop(struct supervisor *s, uint32_t loop);

/* Something has ended that was to go on; status is for the end of the run. */
void follow_exit(struct supervisor *s, enum upkeep_end on_exit, const char *name,
		 int status);

/* The exit status for a status as of waitpid(): 128 and more for signals. */
int follow_status(int status);

#endif
