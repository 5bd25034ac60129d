/* SPDX-License-Identifier: MIT */
/*
 * What all starts of a slot's command have in common, prepared once: the program, its
 * first arguments, its environment. The environment is that of this process without
 * what sigslot sets, then `env:`, then SIGSLOT_INSTANCE and its like.
 */
#ifndef SLOT_LAUNCH_H
#define SLOT_LAUNCH_H

#include <sys/types.h>

#include "base/arena.h"
#include "message/text.h"
#include "slot/slot.h"

struct launch {
	const struct slot_spec *spec;
	const void *owner; /* see groups.h */
	struct arena arena;
	const char **argv; /* the constant front */
	size_t argv_len;
	const char **envp; /* the constant part, then room for a message's own */
	size_t envp_len;
	const char *path; /* PATH in envp */
	char *file; /* where the program was found; NULL: look for it */
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
