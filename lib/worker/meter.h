/* SPDX-License-Identifier: MIT */
/*
 * How long messages waited and how long slots took, connection by connection, into
 * the statistics of the instance.
 *
 * A clock costs as much as the call of a quick plugin. So it is read once for each
 * batch that is claimed, and again for each message of a command or of a plugin that
 * takes long. What is quicker is measured in stretches: messages in a row for the same
 * slot, of which each counts with the mean.
 */
#ifndef WORKER_METER_H
#define WORKER_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct intake;
struct job;
struct receiver;
struct stats_place;
struct turn;

/* What a worker knows of its connections, by slot and whom a message is from. */
struct stats_table {
	struct stats_entry {
		uint64_t key;
		struct stats_place *place; /* NULL: empty */
	} * at; /* open addressing, half full at most */
	size_t len, cap;
};

/* What a turn knows of the time; {0} is valid. */
struct meter {
	uint64_t now; /* monotonic, as of the last time that a clock was read */
	uint64_t ahead; /* so far is the wall clock in front of it */
	struct receiver *receiver; /* whose stretch it is, if `len` */
	struct stats_place *stats;
	uint64_t began; /* when the stretch did */
	unsigned len; /* messages of it that are done and not told */
	struct stats_place *waiting; /* whose messages waited alike, if `waits` */
	uint64_t sent; /* when they were, by the wall clock */
	uint64_t wait_ns; /* how long each waited */
	uint32_t slot, signal; /* the ids of theirs */
	const struct intake *from; /* where they came from */
	unsigned waits; /* how many of them are not told */
};

/* What it knows of a slot or plugin object that needs no command. */
struct pace {
	uint64_t usual; /* mean of the last stretch; 0: messages are timed one by one */
	unsigned quick; /* how many in a row of these were quick */
};

/* Reads the clocks: what begins from now on began now. */
void meter_look(struct turn *t);

/* A message begins in a slot. */
void meter_begin(struct job *job);

/* It is done, or that try failed. */
void meter_end(struct job *job, bool failed);

/* Tells what is not told yet. Returns what time it is. */
uint64_t meter_close(struct turn *t);

/* The same where there is something. */
void meter_flush(struct turn *t);

#endif
