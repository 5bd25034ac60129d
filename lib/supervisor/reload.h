/* SPDX-License-Identifier: MIT */
/*
 * Reads the file of the topology again, and does what differs.
 */
#ifndef SUPERVISOR_RELOAD_H
#define SUPERVISOR_RELOAD_H

#include "supervisor/super.h"

/* A problem as it comes to who asked: a file of these, one behind the other. */
struct reload_problem {
	struct sigslot_error problem;
	char source_line[2048];
};

/*
 * Connections become as the file says, and the processes about which or about whose
 * loops something else is written are restarted: they work off what is queued first.
 * Nothing changes if there is a problem. Returns 0, with what was
 * done as lines in *ret_fd, a file in memory that is the caller's; -ENOEXEC: problems
 * are told there, or it cannot be done while it runs; -ESHUTDOWN: it is stopping;
 * -EAGAIN: the last one is not over yet; -EBUSY: messages would be lost;
 * -ENOENT and others: the file cannot be read.
 */
int reload_ask(struct supervisor *s, int *ret_fd, struct sigslot_error *err);

/*
 * The same for SIGHUP: problems go to the log, and it waits for the one before, which
 * has ended when that is looked at.
 */
void reload_hang_up(struct supervisor *s);
void reload_check(struct supervisor *s);

#endif
