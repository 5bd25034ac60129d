/* SPDX-License-Identifier: MIT */
/*
 * Starting a command: by vfork, in a process group of its own, with nothing inherited
 * that it did not ask for: no descriptors but 0 1 2 and, if wanted, 3, default signal
 * dispositions, an empty mask. It is killed when this process dies. Everything is
 * prepared before.
 */
#ifndef SLOT_SPAWN_H
#define SLOT_SPAWN_H

#include <sys/types.h>

struct spawn {
	const char *file; /* as for execve() */
	char *const *argv, *const *envp;
	const char *directory; /* where it starts */
	int fds[4]; /* its 0, 1, 2 and 3; the last may be -1: none */
	int nice; /* added to the niceness of this process */
	pid_t group; /* the process group that it joins; 0: one of its own */
	const void *owner; /* see groups.h */
};

/* Which step failed. */
enum spawn_step {
	SPAWN_FORK,
	SPAWN_DIRECTORY,
	SPAWN_EXEC,
};

/*
 * Starts it; a group of its own is entered in the table of groups.h. Returns 0 when the
 * program runs, or a negative errno with *ret_step set.
 */
int spawn_start(const struct spawn *c, pid_t *ret_pid, enum spawn_step *ret_step);

/*
 * From now on looks at all dispositions before each start. Otherwise they are looked at
 * once, as this process sets its own before it starts anything; what a plugin does to
 * them is not known.
 */
void spawn_distrust(void);

#endif
