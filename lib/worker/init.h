/* SPDX-License-Identifier: MIT */
/*
 * `init:` of a process: a command that runs each time before its loops start. If it
 * fails, so does the worker.
 */
#ifndef WORKER_INIT_H
#define WORKER_INIT_H

#include <stdbool.h>

#include "base/error.h"

struct worker;

/* Called when it has ended: code is 0, or a negative errno with err. */
typedef void (*init_done_fn)(struct worker *w, int code, struct sigslot_error *err);

/*
 * Starts it; done() comes later, at once if there is none. Returns 0, or a negative
 * errno with err: then it could not be started.
 */
int init_begin(struct worker *w, init_done_fn done, struct sigslot_error *err);

/* Kills it, if it runs. */
void init_kill(struct worker *w);

#endif
