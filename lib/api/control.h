/* SPDX-License-Identifier: MIT */
/*
 * The socket of an instance's supervisor.
 */
#ifndef API_CONTROL_H
#define API_CONTROL_H

#include "api/instance.h"

/* Connects to it. -ENXIO: the instance is dead; -EPERM: it is somebody else's. */
int control_reach(const struct instance *in, int *ret_fd, struct sigslot_error *err);

#endif
