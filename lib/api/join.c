/* SPDX-License-Identifier: MIT */
/*
 * sigslot_queue_join(): until nothing is in a queue. It looks at the counts, as `wait`
 * does: a bell for it would cost every acknowledgement.
 */
#include <time.h>

#include "api/named.h"
#include "base/clock.h"

enum { LOOK_NS = 5000000 };

int sigslot_queue_join(struct sigslot_queue *q, uint64_t timeout_ns,
		       struct sigslot_error *err)
{
	const struct timespec pause = {.tv_nsec = LOOK_NS};
	uint64_t deadline = clock_after(clock_now(), timeout_ns);
	struct queue_counts c;

	for (;;) {
		if (queue_counts(q->queue, &c) < 0)
			return fail(err, -EBADMSG, "queue '%s' is damaged", q->name);
		if (!c.records)
			return 0;
		if (clock_now() >= deadline)
			return fail(err, -ETIMEDOUT,
				    "queue '%s' still has %llu message%s, %llu of them "
				    "handed out",
				    q->name, (unsigned long long)c.records,
				    c.records == 1 ? "" : "s",
				    (unsigned long long)c.leased);
		nanosleep(&pause, NULL);
	}
}
