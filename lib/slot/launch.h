/* SPDX-License-Identifier: MIT */
/*
 * What all starts of a slot's command have in common, prepared once: the program, its
 * first arguments, its environment.
 */
#ifndef SLOT_LAUNCH_H
#define SLOT_LAUNCH_H

#include <sys/types.h>

#include "message/text.h"
#include "slot/env.h"

struct program {
	const char **argv; /* the constant front; NULL: there is none */
	size_t len;
	char *file; /* where it was found; NULL: look for it */
};

struct launch {
	const struct slot_spec *spec;
	const void *owner; /* see groups.h */
	struct arena arena;
	struct env env;
	struct program program; /* what the topology says, or the shell */
	int ready_fd; /* its descriptor 3 for the next start; -1: none */
	struct stream *spare; /* that none of its commands has now */
	struct program direct; /* the same without the shell, where nobody can tell */
};

/*
 * Prepares the slot's command: its argv, or the shell with -c and its text. Returns 0
 * or -ENOMEM.
 */
int launch_init(struct launch *l, const struct slot_spec *spec, const void *owner);

/*
 * Starts it, for a job with its arguments (both NULL for a resident). Returns 0, or a
 * negative errno with *ret_v set: 126 and 127 if the program cannot be executed.
 */
int launch_start(struct launch *l, const struct slot_job *job,
		 const struct text_args *args, const int fds[3], pid_t *ret_pid,
		 struct slot_verdict *ret_v);

void launch_done(struct launch *l);

#endif
