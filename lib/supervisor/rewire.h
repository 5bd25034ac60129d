/* SPDX-License-Identifier: MIT */
/*
 * Connections that come and go while the instance runs, as they are asked for over the
 * control socket.
 */
#ifndef SUPERVISOR_REWIRE_H
#define SUPERVISOR_REWIRE_H

#include <jansson.h>

#include "supervisor/super.h"

/* Whether a request is about connections, or all of the topology. */
bool rewire_knows(const json_t *request);

/*
 * Carries it out; published when it returns. If the topology as it is now was asked
 * for, *ret_fd is a file in memory that has its text, and is the caller's. 1: there was
 * nothing to do; -EPROTO: it is of another version; -ESHUTDOWN: the instance is
 * stopping; else as of wiring_connect(), naming_renew(), wiring_save() and
 * reload_ask().
 */
int rewire_ask(struct supervisor *s, const json_t *request, int *ret_fd,
	       struct sigslot_error *err);

/* Lets the new routes hold, and wakes those who take from other queues by then. */
void rewire_tell(struct supervisor *s, const struct plan *next);

/* A connection has delivered the one message that it was for: it goes. */
void rewire_spent(struct supervisor *s, uint64_t fuse);

#endif
