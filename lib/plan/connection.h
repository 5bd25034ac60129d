/* SPDX-License-Identifier: MIT */
/*
 * The connections of a plan, and whom they make its signals reach.
 */
#ifndef PLAN_CONNECTION_H
#define PLAN_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

/* One thing that an emit of a signal reaches, connections through signals included. */
struct plan_target {
	uint32_t connection; /* several may share one */
	uint32_t via; /* the last signal on the way: what the receiver is told */
	uint32_t slot, queue; /* one of them; the other is NONE */
};

/* A connection as written, for people: full addresses. */
struct plan_connection {
	const char *from, *to;
	const char *full; /* its `full:` */
	bool once, implied; /* as of a link of the topology */
	uint32_t signal, to_signal; /* its ends, if they are signals; or NONE */
	unsigned line;
};

#endif
