/* SPDX-License-Identifier: MIT */
/*
 * Commands that slipped away: background children and new sessions, found by the mark
 * that every command of a run carries in its environment.
 */
#ifndef WORKER_STRAY_H
#define WORKER_STRAY_H

#define STRAY_MARK "SIGSLOT_RUN"

/*
 * Kills every process of this user that carries the run's mark; with `process`, only
 * those that were started by that process of the topology. A process is looked at
 * again after it was pinned down by a pidfd, so no stranger is hit. An empty
 * mark is nobody's. Returns how many.
 */
int stray_kill(const char *run, const char *process);

#endif
