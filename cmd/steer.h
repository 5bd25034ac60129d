/* SPDX-License-Identifier: MIT */
/*
 * What stop, start, kill, restart and wait share: one after the other, several
 * targets, and one time-out for all of them together.
 */
#ifndef CMD_STEER_H
#define CMD_STEER_H

#include <stdint.h>

#include "opt.h"

/* What --timeout sets; SIGSLOT_FOREVER without it. */
extern uint64_t steer_timeout;

/* --timeout, for a table that has more; and a table that has nothing else. */
extern const struct opt steer_opts[];
#define STEER_TIMEOUT                                                                 \
	{                                                                             \
		.name = "timeout", .arg = "DURATION",                                 \
		.help = "give up waiting after this long", .duration = &steer_timeout \
	}

/* Does something with one target, within that time. 0 or a negative errno. */
typedef int (*steer_fn)(const char *verb, const char *target, uint64_t left_ns,
			struct sigslot_error *err);

/*
 * Does it with each target, also after a failure, and complains of each failure.
 * Returns the exit status of the first, or 0.
 */
int steer_each(steer_fn fn, const char *verb, int len, char **targets);

/* The same with a verb of sigslot_control(); says what it waits for. */
int steer(const char *verb, int len, char **targets);

#endif
