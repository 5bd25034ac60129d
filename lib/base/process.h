/* SPDX-License-Identifier: MIT */
/*
 * Processes by their numbers, which the kernel gives out again. Once a pidfd is open it
 * stands for that process and for no later one.
 */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <sys/types.h>

/* Opens a process that lives; a zombie does not. Returns the pidfd, -ESRCH, -errno. */
int process_open(pid_t pid);

/*
 * fork(), of a process that has one thread without what is done for others: no lock can
 * be held, and each page that is written for it would have to be copied.
 */
pid_t process_fork(void);

/* Closes all descriptors but 0, 1, 2 and those, which get sorted; -1 is none. */
void process_close_others(int *keep, size_t len);

#endif
