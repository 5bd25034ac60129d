/* SPDX-License-Identifier: MIT */
/*
 * The process groups of the commands of this process, so that none is forgotten.
 *
 * A group is entered when its command starts. When the command has ended, it stays as
 * long as it has members (background children). A signal handler of this thread may
 * walk the table at any moment. One thread.
 */
#ifndef SLOT_GROUPS_H
#define SLOT_GROUPS_H

#include <stdbool.h>
#include <sys/types.h>

/* Makes sure that the next groups_add() cannot fail. Returns 0 or -ENOMEM. */
int groups_reserve(void);

/* Enters the group of a command that `owner` started. */
void groups_add(pid_t group, const void *owner);

/* The command has been reaped. Returns whether nobody is left in its group. */
bool groups_ended(pid_t group);

/* Sends a signal to all groups of the owner, NULL: to all. Async-signal-safe. */
void groups_kill(const void *owner, int sig);

/* Forgets the groups of the owner. */
void groups_forget(const void *owner);

#endif
