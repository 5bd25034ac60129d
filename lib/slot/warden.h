/* SPDX-License-Identifier: MIT */
/*
 * A warden: a small process whose process group commands join, and that kills the
 * group, and so itself, when this process ends, however it ends. The kernel does that
 * for a command alone, and not for what the command started.
 */
#ifndef SLOT_WARDEN_H
#define SLOT_WARDEN_H

#include <sys/types.h>

#include "base/error.h"

struct warden {
	pid_t group; /* its pid; 0: there is none */
	int lifeline;
};

/* Starts one. Returns 0 or a negative errno. */
int warden_start(struct warden *w, struct sigslot_error *err);

/* Sends a signal to all commands of the group; only KILL ends the warden as well. */
void warden_signal(const struct warden *w, int sig);

/* Kills what is left of the group. Takes {0}. */
void warden_end(struct warden *w);

#endif
