/* SPDX-License-Identifier: MIT */
/*
 * How long messages wait for each slot and stay in it: the directory `stats` of an
 * instance, with a file for each connection that a message came by.
 *
 * A slot and whoever it got the message from are known by their ids in the routes,
 * which they keep in later runs, too. A file is written by the worker that serves the
 * slot, and outlives it; whoever likes reads it, also when the instance is dead. What
 * is known of a slot is the sum of its connections.
 */
#ifndef STATE_STATS_H
#define STATE_STATS_H

#include <stdint.h>

#include "base/error.h"
#include "base/vec.h"
#include "state/histogram.h"

struct stats_key {
	uint32_t slot;
	uint32_t from; /* a signal, a queue; 0: it was sent to the slot itself */
};

/* Each half is one page, in ns. */
struct stats_place {
	struct histogram wait; /* from emit to begin, of first tries */
	uint64_t failed; /* tries that did */
	uint32_t magic, version;
	uint64_t reserved[13];
	struct histogram service; /* from begin to done, of all tries */
	uint64_t reserved_too[15];
};

struct stats_summary {
	struct histogram_summary wait, service;
	uint64_t failed;
};

struct stats_keys {
	VEC(struct stats_key) at; /* by slot, then by whom it was from */
};

/* Makes the directory, or keeps the one of the last run. */
int stats_create(int dir, struct sigslot_error *err);

/*
 * Maps the file of a connection, for good; makes it if there is none, with all of its
 * bytes reserved. Returns NULL if there is no room or memory.
 */
struct stats_place *stats_map(int dir, struct stats_key key);

/* Opens the directory to read. Returns a descriptor, or -1. */
int stats_open(int dir);

/* All files there are. Returns 0 or a negative errno; stats_keys_done() in any case. */
int stats_list(int stats, struct stats_keys *ret);
void stats_keys_done(struct stats_keys *keys);

/* Adds what is known of a connection to `sum`, which begins as {0}. */
void stats_add(int stats, struct stats_key key, struct stats_place *sum);
void stats_sum_up(const struct stats_place *sum, struct stats_summary *ret);

#endif
