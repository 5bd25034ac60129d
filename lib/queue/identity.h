/* SPDX-License-Identifier: MIT */
/*
 * Who is who in an instance, and who is still alive: one byte lock per process.
 *
 * A process's slot is the byte of the instance's `id` file that it holds a POSIX lock
 * on; the kernel gives it back at the moment of death, also for a zombie. Behind the
 * byte range, the file keeps a generation per slot, raised by every new holder. A
 * (slot, generation) pair is dead if the byte is free or the generation is older.
 *
 * The file is opened once per process and instance, from here alone: closing any
 * descriptor of it would drop the lock. A second identity_open() for the same file
 * returns the same identity, counted. Not to be used after fork(): every call checks.
 */
#ifndef QUEUE_IDENTITY_H
#define QUEUE_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

enum {
	IDENTITY_SLOTS = 8191, /* 13 bits of the lock word, 0 = nobody */
	IDENTITY_FIXED = 1024, /* slots below are given out by the supervisor */
};

struct identity;

/* Creates the `id` file in the instance directory `dir`, if it is not there. */
int identity_create(int dir, struct sigslot_error *err);

/*
 * Takes a slot: the given one, or with slot < 0 any free one from IDENTITY_FIXED on,
 * probing from a random start. Returns 0; -EBUSY: the slot, or every one, is taken
 * (also by an earlier holder that still lives); -EPROTO; -errno.
 */
int identity_open(int dir, int slot, struct identity **ret, struct sigslot_error *err);

/*
 * Waits until nobody holds a fixed slot any more; who still does after patience_ns is
 * killed. For the workers of a dead run, and only while this process has not opened the
 * identity itself. Returns 0; -EBUSY: one cannot be ended from here; -errno.
 */
int identity_evict(int dir, uint64_t patience_ns);

/*
 * Whether anybody has a slot; true if that cannot be told. For who has not opened the
 * identity himself, as above.
 */
bool identity_used(int dir);

/*
 * Whether anybody holds a fixed slot. As identity_evict(), only while this process has
 * not opened the identity.
 */
bool identity_held(int dir);

/* Gives the slot back when the last user has closed it. Takes NULL. */
void identity_close(struct identity *id);

unsigned identity_slot(const struct identity *id);
unsigned identity_generation(const struct identity *id);

/* False in a child after fork(), where the identity is of no use. No system call. */
bool identity_here(const struct identity *id);

/* The process that holds a slot; 0: nobody, or one that cannot be seen from here. */
pid_t identity_holder(const struct identity *id, unsigned slot);

/* Whether that generation of that slot still lives. One's own does. 0.2 us. */
bool identity_alive(const struct identity *id, unsigned slot, unsigned generation);

#endif
