/* SPDX-License-Identifier: MIT */
/*
 * sigslot_queue_retry(): dead ones go back to where they died.
 */
#include <poll.h>

#include "api/letters.h"
#include "api/named.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/vec.h"
#include "queue/dead.h"
#include "state/runtime.h"

enum { RECHECK_MS = 100 }; /* a drained bell may have been meant for somebody else */

static int await_room(struct sigslot_queue *q, const struct queue *home,
		      uint64_t deadline, struct sigslot_error *err)
{
	struct pollfd space = {.fd = queue_space_fd(home), .events = POLLIN};
	uint64_t now = clock_now();
	int ms = clock_poll_ms(now, deadline);

	if (now >= deadline)
		return -EAGAIN; /* err says what is full */
	poll(&space, 1, ms < 0 || ms > RECHECK_MS ? RECHECK_MS : ms);
	return named_check(q, err);
}

static int open_home(struct sigslot_queue *q, struct queue **ret,
		     struct sigslot_error *err)
{
	_close_ int queues = -1;
	int r = q->dead ? runtime_subdir(q->in.dir, "q", false, &queues, err)
			: fail(err, -EINVAL, "'%s' holds no dead ones", q->name);

	return r < 0 ? r : queue_open(queues, q->name, q->identity, ret, err);
}

int sigslot_queue_retry(struct sigslot_queue *q, uint64_t max, uint64_t timeout_ns,
			uint64_t *ret_sent, struct sigslot_error *err)
{
	uint64_t deadline = clock_after(clock_now(), timeout_ns), sent = 0;
	struct dead_seen seen = {0};
	struct queue *home = NULL;
	int r = open_home(q, &home, err);

	if (r == 0)
		queue_recover(q->queue, 0, 0); /* what another one died over */
	while (r == 0 && sent < max) {
		r = dead_retry(q->queue, home, &seen, err);
		if (r == 0)
			break;
		sent += r > 0;
		r = r > 0 ? 0 : r == -EAGAIN ? await_room(q, home, deadline, err) : r;
	}
	if (r == 0)
		r = letters_send(q, home, max, &sent, err);
	vec_done(&seen);
	queue_close(home);
	if (ret_sent)
		*ret_sent = sent;
	return r;
}
