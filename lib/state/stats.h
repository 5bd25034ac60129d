/* SPDX-License-Identifier: MIT */
/*
 * How long messages wait for each slot and stay in it: the file `stats` of an instance.
 *
 * Each slot has a place by its id in the routes, which it keeps in later runs, too.
 * What was not used is a hole of the file. A place is written by the worker that serves
 * the slot, and outlives it; whoever likes reads it, also when the instance is dead.
 */
#ifndef STATE_STATS_H
#define STATE_STATS_H

#include <stdint.h>

#include "base/error.h"
#include "state/histogram.h"

/* Each half is one page, in ns. */
struct stats_slot {
	struct histogram wait; /* from emit to begin, of first tries */
	uint64_t failed, reserved[14]; /* tries that did */
	struct histogram service; /* from begin to done, of all tries */
	uint64_t reserved_too[15];
};

struct stats_summary {
	struct histogram_summary wait, service;
	uint64_t failed;
};

/* Makes the file, or keeps the one of the last run. */
int stats_create(int dir, struct sigslot_error *err);

/*
 * Maps the place of a slot, for good, whose bytes are reserved first. Returns NULL if
 * there is no room or memory.
 */
struct stats_slot *stats_map(int dir, uint32_t id);

/* Opens the file to read. Returns a descriptor, -ENOENT, -EPROTO, -errno. */
int stats_open(int dir);

/* What is known of a slot; all 0 if it was never used. */
void stats_read(int fd, uint32_t id, struct stats_summary *ret);

#endif
