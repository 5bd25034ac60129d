/* SPDX-License-Identifier: MIT */
/*
 * Whether an instance lives: a POSIX lock on its `lock` file, held by the supervisor
 * for life. The kernel says who holds it, so no process number is ever believed.
 *
 * The holder opens the file once, from here; opening it again in the same process
 * would drop the lock at the close. Others only probe.
 */
#ifndef STATE_LOCK_H
#define STATE_LOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/* What the holder wrote, for people and for cleaning up; also of a dead instance. */
struct lock_note {
	int pid;
	uint64_t since; /* wall clock, ns */
	char run[40]; /* the run's own mark in its commands' environment */
	char file[512]; /* the topology */
};

/*
 * Takes the lock of the instance directory `dir`, whose name is `instance`. Returns the
 * descriptor to keep open; -EEXIST: it is running, with pid and time in err; -EAGAIN:
 * the directory was removed since it was opened; -errno.
 */
int lock_take(int dir, const char *instance, struct sigslot_error *err);

/*
 * Writes the note, or reads the last holder's, of which a part may be missing. Returns
 * 0 or a negative errno.
 */
int lock_write(int fd, const struct lock_note *note);
int lock_read(int fd, struct lock_note *ret);

/*
 * Who holds it: ret_pid is 0 for nobody, -1 for somebody of another pid namespace.
 * ret_note may be NULL; it is zeroed if there is none. Returns 0 or a negative errno
 * (-ENOENT: never run). Never to be called by the holder.
 */
int lock_probe(int dir, pid_t *ret_pid, struct lock_note *ret_note);

#endif
