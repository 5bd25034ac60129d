/* SPDX-License-Identifier: MIT */
/*
 * The run that is meant where none is named, and whether it goes on.
 */
#ifndef API_SOLE_H
#define API_SOLE_H

#include "api/instance.h"

/*
 * Opens $SIGSLOT_INSTANCE, else the only run that lives, else the only one there is.
 * -ENXIO: there is none; -EINVAL: there are several, err names them.
 */
int instance_sole(struct instance *ret, struct sigslot_error *err);

/* Opens the run of that name, which may be dead. -ENXIO, also for a queue. */
int instance_open_run(const char *name, struct instance *ret,
		      struct sigslot_error *err);

/* The pidfd of its supervisor, to be closed; -1: that has ended meanwhile. */
int instance_run(const struct instance *in);

#endif
