/* SPDX-License-Identifier: MIT */
/*
 * What a service manager is told that started us and listens: sd_notify(3) without its
 * library.
 */
#ifndef SUPERVISOR_NOTIFY_H
#define SUPERVISOR_NOTIFY_H

#include "base/cleanup.h"

struct supervisor;

/* Looks for $NOTIFY_SOCKET, and takes it out of the environment: it is ours alone. */
void notify_open(struct supervisor *s);

/*
 * That the topology is read again; and, if it was told that, that this is over. Before
 * all was ready once there is nothing to be told.
 */
void notify_reloading(struct supervisor *s);
void notify_reloaded(struct supervisor *s);

/* Says it, if somebody listens; waits for nobody. */
void notify_say(struct supervisor *s, const char *format, ...) _printf_(2, 3);

#endif
