/* SPDX-License-Identifier: MIT */
/*
 * For who creates many queues at once: their bytes may be reserved later, if there is
 * room for all of them now.
 */
#ifndef QUEUE_SPACE_H
#define QUEUE_SPACE_H

#include <stdint.h>

#include "base/error.h"

/* What a queue takes of the file system. */
uint64_t queue_space(uint64_t size);

/* Whether there is room for so many bytes. Returns 0, or -ENOSPC with both numbers. */
int queue_room(int dir, uint64_t size, struct sigslot_error *err);

/*
 * Reserves the next `step` bytes of a queue, in nobody's way. Returns 1: there are
 * more; 0: all are; -ENOSPC and others with err: what is pushed may get it, too.
 */
int queue_reserve(int dir, const char *name, uint64_t step, struct sigslot_error *err);

#endif
