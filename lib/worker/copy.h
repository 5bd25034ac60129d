/* SPDX-License-Identifier: MIT */
/*
 * The payload of a message, copied out of its queue.
 */
#ifndef WORKER_COPY_H
#define WORKER_COPY_H

#include <stdbool.h>

#include "worker/turn.h"

/*
 * Lets a record have a copy of its payload, once: if it is to be `apart`, so that a
 * command that runs for long does not hold the record's place in the queue, and always
 * if it is raw bytes, which become a string, as slots take JSON. Returns 0; -ENOMEM;
 * -EILSEQ: they are no UTF-8, and the payload is null now.
 */
int copy_payload(struct record *record, bool apart);

#endif
