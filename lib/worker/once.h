/* SPDX-License-Identifier: MIT */
/*
 * Connections that deliver one message and are gone. Each hangs on a fuse, a number
 * that no other one ever had. The loop that begins the first message of it blows the
 * fuse: a link in the directory of the instance, made in one step, that says which
 * message of its queue this is. Whoever emits knows nothing of it, so it plays no part
 * how many do so; and whoever does the loop's work after a crash finds the link, and
 * hands over the same message again, and no other one.
 */
#ifndef WORKER_ONCE_H
#define WORKER_ONCE_H

#include <stdbool.h>
#include <stdint.h>

struct turn;

/* A fuse that this loop has blown, and for which message. */
struct blown {
	uint32_t fuse;
	uint64_t seq;
};

/* Whether what hangs on that fuse is for that message of the loop's own queue. */
bool once_for(struct turn *t, uint32_t fuse, uint64_t seq);

/* The message is done, or nothing more can be done: the connection may go. */
void once_spent(struct turn *t, uint32_t fuse);
void once_spent_all(struct turn *t);

/* Forgets fuses that no connection hangs on any more, now and then. */
void once_forget(struct turn *t);

/* The name of its link, for the supervisor, which removes it at last. */
void once_name(uint32_t fuse, char out[static 24]);

#endif
