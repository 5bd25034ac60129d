/* SPDX-License-Identifier: MIT */
/*
 * The process that the user started: makes the instance, forks a worker for every
 * process of the plan, restarts what dies, takes orders, and brings all down again.
 */
#ifndef SUPERVISOR_SUPERVISOR_H
#define SUPERVISOR_SUPERVISOR_H

#include <stdbool.h>

#include "base/error.h"
#include "plan/wiring.h"

struct supervisor_options {
	bool until_idle, strict;
	bool detached; /* SIGHUP is not for it; logs to a file, see journal.c */

	int early_fd; /* gets a copy of the lines until all is ready; -1: none */

	/*
	 * Reads the file again, and prepares it as the wiring's next. Problems are told
	 * to `report`. As of wiring_reload().
	 */
	int (*reload)(void *data, struct wiring *w, sigslot_report_fn report,
		      void *report_data, struct sigslot_error *err);
	void *reload_data;

	/* Called once, when every loop takes messages. May be NULL. */
	void (*ready)(void *data);
	void *data;
};

/*
 * Runs the plan of the wiring in this process until all loops have stopped; the wiring
 * is changed as it is asked to. Returns the exit status (0, 1, 74) or a negative errno
 * with err: -EEXIST (already running), -ENOSPC, ...
 */
int supervisor_run(struct wiring *wiring, const struct supervisor_options *options,
		   struct sigslot_error *err);

#endif
