/* SPDX-License-Identifier: MIT */
/*
 * The payload of a message, copied out of its queue.
 */
#ifndef WORKER_COPY_H
#define WORKER_COPY_H

#include <stdbool.h>

#include "worker/turn.h"

/* Whether the payload is raw bytes. */
static inline bool copy_of_raw(const struct record *record)
{
	uint32_t connection = record->claim.envelope.connection;

	return (connection & (ROUTE_DIRECT | ROUTE_RAW)) == ROUTE_RAW;
}

/* copy_payload() where there is something to do. */
int copy_make(struct record *record);

/*
 * Lets a record have a copy of its payload, once: if it is to be `apart`, so that a
 * command that runs for long does not hold the record's place in the queue, and always
 * if it is raw bytes, which become a string, as slots take JSON. Most are read in
 * place. Returns 0; -ENOMEM; -EILSEQ: they are no UTF-8, and the payload is null now.
 */
static inline int copy_payload(struct record *record, bool apart)
{
	return record->copy || (!apart && !copy_of_raw(record)) ? 0 : copy_make(record);
}

#endif
