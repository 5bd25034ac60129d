/* SPDX-License-Identifier: MIT */
/*
 * For a library call that must tidy up before its process ends: meanwhile INT, TERM and
 * HUP come by a descriptor, and a pipe without a reader is an EPIPE instead of a death.
 * One thread; a call within another's hold is not foreseen.
 */
#ifndef BASE_HELD_H
#define BASE_HELD_H

#include <signal.h>

#include "base/error.h"

struct held {
	int fd; /* readable once a signal has come while they are held; -1: not open */
	sigset_t set, before;
};

/* Makes the descriptor, which is close-on-exec; nothing is held yet. */
int held_open(struct held *h, struct sigslot_error *err);
void held_close(struct held *h);

/* h->before is the mask for what the call starts. */
void held_begin(struct held *h);

/* A SIGPIPE is gone by then; what else came and was not taken comes now. */
void held_end(const struct held *h);

/* The signal that came; 0: none, or only a SIGPIPE. */
int held_take(const struct held *h);

#endif
