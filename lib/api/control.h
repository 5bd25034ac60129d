/* SPDX-License-Identifier: MIT */
/*
 * The socket of an instance's supervisor.
 */
#ifndef API_CONTROL_H
#define API_CONTROL_H

#include <jansson.h>
#include <limits.h>

#include "api/instance.h"

struct control_answer {
	char text[PATH_MAX];
	int fd; /* that came with it, also with an error, the caller's; -1: none did */
};

/* Connects to it. -ENXIO: the instance is dead; -EPERM: it is somebody else's. */
int control_reach(const struct instance *in, int *ret_fd, struct sigslot_error *err);

/* Sends one request. */
int control_send(int fd, json_t *take_request, struct sigslot_error *err);

/* Waits for an answer. Returns its code, with err if it is negative; -ETIMEDOUT. */
int control_hear(int fd, const struct instance *in, uint64_t deadline,
		 struct control_answer *ret, struct sigslot_error *err);

/* All three. */
int control_ask(const struct instance *in, json_t *take_request, uint64_t deadline,
		struct control_answer *ret, struct sigslot_error *err);

#endif
