/* SPDX-License-Identifier: MIT */
/*
 * What a worker does when its run is suspended from the terminal.
 */
#ifndef WORKER_SUSPEND_H
#define WORKER_SUSPEND_H

/* On SIGTSTP it stops its commands and itself; when it goes on, so do they. */
void suspend_arm(void);

#endif
