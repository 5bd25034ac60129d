/* SPDX-License-Identifier: MIT */
/*
 * What a stop has left, and where: queue by queue, the dead ones apart.
 */
#ifndef SUPERVISOR_REMAINS_H
#define SUPERVISOR_REMAINS_H

#include "supervisor/super.h"

/* A line of the log for each queue of the instance in which something is left. */
void remains_tell(const struct supervisor *s);

/*
 * The same in one line, "pay (3 messages), jobs (1 message, 2 dead)", of those whom an
 * order is about; named queues belong to the instance.
 */
void remains_describe(const struct supervisor *s, const char *target, struct buf *out);

#endif
