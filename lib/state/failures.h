/* SPDX-License-Identifier: MIT */
/*
 * What failed in an instance: the newest failures of each of its processes, for anybody
 * who asks.
 *
 * Each process keeps its own in a file of FAILURES_KEPT records in the directory of the
 * instance, which is made, with all its room, when something fails for the first time.
 * It is mapped: who records one makes no system call, and what was recorded is there
 * whoever dies. A record is whole or not there at all. One writer at a time.
 */
#ifndef STATE_FAILURES_H
#define STATE_FAILURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum {
	FAILURES_KEPT = 64, /* of each process */
	FAILURE_ALIKE = 10, /* in a row that have a record each; more share the last */
	FAILURE_PAYLOAD = 600, /* bytes that are kept of it */
	FAILURE_TAIL = 736,
};

enum failure_outcome {
	FAILURE_FAILED, /* the message went on to others */
	FAILURE_RETRIED,
	FAILURE_DEAD, /* given up, and kept with the dead ones */
	FAILURE_ENDED, /* a source or filter, without a message */
	FAILURE_DIED, /* a worker; the supervisor keeps these */
};

struct failure {
	uint64_t number; /* in its file, from 1; 0 while it is being written */
	uint64_t time_ns, last_ns; /* since 1970: of the first and the last alike */
	uint64_t times; /* how many alike it stands for */
	uint64_t took_ns;
	uint64_t payload_size; /* all of it, before it was cut */
	uint32_t outcome; /* enum failure_outcome */
	int32_t exit; /* -1: it has none */
	int32_t signal; /* 0: none */
	uint32_t attempt;
	uint32_t payload_len, tail_len; /* bytes that are kept */
	char object[64], slot[64]; /* or a process, and "" */
	char loop[64], group[64]; /* "" = none */
	char sender[64], sent_as[64]; /* object and signal that the message came from */
	char reason[256];
	char payload[FAILURE_PAYLOAD]; /* the beginning, not NUL-terminated */
	char tail[FAILURE_TAIL]; /* the end of stderr, not NUL-terminated */
};

/* The name of an outcome: "failed", "retried", ... */
const char *failure_outcome_text(uint32_t outcome);

struct failures; /* one process's, to write */

/*
 * Opens those of a process, "" for the supervisor, and makes the file if need be.
 * Returns 0 or a negative errno.
 */
int failures_open(int dir, const char *process, struct failures **ret);

/* Takes NULL. */
void failures_close(struct failures *f);

/* What makes two failures alike, and when the second one was. */
struct failure_kind {
	enum failure_outcome outcome;
	const char *object, *slot, *reason;
	uint64_t time_ns;
};

/*
 * Counts one with the last one, if that was alike and had enough of its kind before it.
 * Returns false if it wants a record of its own: then failures_add() comes next.
 */
bool failures_again(struct failures *f, const struct failure_kind *kind);

/*
 * Records one, of which number, times and what is kept of payload and tail are not set.
 * `payload` has payload_size bytes, `tail` ends with NUL; both may be longer than fits.
 */
void failures_add(struct failures *f, const struct failure *what, const char *payload,
		  const char *tail);

/* Returns 0 to go on; anything else ends the walk and is returned. */
typedef int (*failures_fn)(void *data, const char *process, const struct failure *f);

/*
 * Walks all that are kept in the directory of an instance, in no order; *ret_gone is
 * how many are not any more. Returns 0, what fn returned, or a negative errno.
 */
int failures_each(int dir, failures_fn fn, void *data, uint64_t *ret_gone);

#endif
