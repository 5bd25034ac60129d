/* SPDX-License-Identifier: MIT */
/*
 * sigslot_queue_put(): from a script into one queue. It asks no process; it waits only
 * while the queue is full.
 */
#include <poll.h>
#include <string.h>

#include "api/batch.h"
#include "api/named.h"
#include "base/clock.h"
#include "base/vec.h"
#include "message/text.h"
#include "queue/drop.h"
#include "queue/whole.h"
#include "state/board.h"

enum { RECHECK_MS = 100 }; /* a drained bell may have been meant for somebody else */

static struct batch_rule rule(const struct sigslot_queue *q,
			      const struct sigslot_put *how)
{
	return (struct batch_rule){
		.form = how->form,
		.end = how->end,
		.largest = q->largest,
		.queue = q->name,
	};
}

static struct envelope envelope(const struct sigslot_queue *q, enum sigslot_form form)
{
	return (struct envelope){
		.id = (uint64_t)identity_slot(q->identity) << 51 |
		      (uint64_t)identity_generation(q->identity) << 33 | q->puts,
		.time_ns = clock_wall(),
		.emit_seq = q->puts,
		.sender = q->sender,
		.signal = ROUTE_NOBODY,
		.connection = form == SIGSLOT_RAW ? ROUTE_RAW : 0,
		.generation = routes_generation(q->in.routes),
	};
}

/* As for emit: what drains takes nothing but from its own slots. */
static int check(struct sigslot_queue *q, struct sigslot_error *err)
{
	const char *inside = getenv("SIGSLOT_INSTANCE");
	int r = named_check(q, err);

	if (r < 0 || q->in.queue || (inside && strcmp(inside, q->in.name) == 0))
		return r;
	return board_peek(q->in.dir) < BOARD_DRAINING
		       ? 0
		       : fail(err, -ESHUTDOWN, "instance '%s' is stopping", q->in.name);
}

static int no_room(const struct sigslot_queue *q, struct sigslot_error *err)
{
	return fail(err, -EAGAIN, "queue '%s' is full: no room in time", q->name);
}

static int await_room(struct sigslot_queue *q, uint64_t deadline,
		      struct sigslot_error *err)
{
	struct pollfd space = {.fd = queue_space_fd(q->queue), .events = POLLIN};
	uint64_t now = clock_now();
	int ms = clock_poll_ms(now, deadline);
	const char *hopeless;

	if (now >= deadline)
		return no_room(q, err);
	hopeless = cycle_look(&q->cycle, q->queue, q->name);
	if (hopeless)
		return fail(err, -EAGAIN, "queue '%s' is full: %s", q->name, hopeless);
	poll(&space, 1, ms < 0 || ms > RECHECK_MS ? RECHECK_MS : ms);
	return check(q, err);
}

/* Puts have no signal: they make way for each other, never a topology's messages. */
static int relieve(struct sigslot_queue *q, const struct sigslot_put *how,
		   const struct payload *p, size_t *done, uint64_t deadline,
		   struct sigslot_error *err)
{
	static const enum queue_full policies[] = {
		[SIGSLOT_BLOCK] = QUEUE_BLOCK,
		[SIGSLOT_DROP_NEW] = QUEUE_DROP_NEW,
		[SIGSLOT_DROP_OLD] = QUEUE_DROP_OLD,
		[SIGSLOT_LATEST] = QUEUE_LATEST,
		[SIGSLOT_FAIL] = QUEUE_FAIL,
	};
	int r = queue_relieve(q->queue, policies[how->full], ROUTE_NOBODY, p->size);

	if (r == -EAGAIN && how->full == SIGSLOT_BLOCK)
		return await_room(q, deadline, err);
	if (r == -EAGAIN)
		return fail(err, r, "queue '%s' is full", q->name);
	if (r < 0)
		return fail(err, r, "queue '%s' cannot be relieved: %s", q->name,
			    strerror(-r));
	*done += r == 0; /* dropped, and counted */
	return 0;
}

/* Pushes all, waiting for room. *ret_done is set also on failure. */
static int push(struct sigslot_queue *q, const struct sigslot_put *how,
		const struct payload *payloads, size_t len, size_t *ret_done,
		struct sigslot_error *err)
{
	uint64_t deadline = clock_after(clock_now(), how->timeout_ns);
	int r = check(q, err);

	*ret_done = 0;
	while (r == 0 && *ret_done < len) {
		struct envelope e = envelope(q, how->form);
		size_t more = 0;

		r = queue_push_many(q->queue, &e, payloads + *ret_done, len - *ret_done,
				    &more, err);
		*ret_done += more;
		q->puts += more;
		if (r == -EAGAIN)
			r = relieve(q, how, payloads + *ret_done, ret_done, deadline,
				    err);
		else if (r == -ETIMEDOUT) /* a stopped process holds the queue */
			r = clock_now() < deadline ? 0 : no_room(q, err);
	}
	if (how->full == SIGSLOT_LATEST && *ret_done)
		queue_supersede(q->queue, ROUTE_NOBODY);
	cycle_leave(&q->cycle);
	return r;
}

int sigslot_queue_put(struct sigslot_queue *q, const struct sigslot_put *how,
		      const struct sigslot_bytes *operands, size_t operands_len,
		      struct sigslot_error *err)
{
	struct batch_rule limits = rule(q, how);
	struct payload p;
	size_t done;
	int r = 0;

	q->bytes.size = 0;
	if (how->form != SIGSLOT_RAW) {
		r = text_operands(operands, operands_len, NULL, how->form, &q->bytes,
				  err);
		p = (struct payload){q->bytes.data, q->bytes.size};
	} else if (operands_len == 1) {
		p = (struct payload){operands->data, operands->size};
	} else {
		return fail(err, -EINVAL, "raw bytes are one operand, not %zu",
			    operands_len);
	}
	if (r == 0)
		r = batch_admit(&limits, p.size, err);
	return r < 0 ? r : push(q, how, &p, 1, &done, err);
}

/* --- all or none --- */

/* All the lines of a text as payloads, in memory of their own unless they are raw. */
struct whole {
	VEC(struct payload);
	struct buf bytes;
};

static int add_batch(struct whole *w, const struct batch *b, bool raw)
{
	for (size_t i = 0; i < b->len; i++) {
		struct payload *p = vec_add(w);

		if (!p ||
		    (!raw && buf_add(&w->bytes, b->at[i].data, b->at[i].size) < 0))
			return -ENOMEM;
		*p = b->at[i];
	}
	return 0;
}

static int gather(struct sigslot_queue *q, const struct sigslot_put *how,
		  const char *bytes, size_t size, struct whole *w,
		  struct sigslot_error *err)
{
	struct batch_rule limits = rule(q, how);
	bool raw = how->form == SIGSLOT_RAW;
	struct batch b;
	size_t at = 0;
	int r = 0;

	while (size && r == 0) {
		r = batch_lines(&limits, bytes, size, &q->bytes, &b, err);
		if (r < 0)
			return fail_in(err, r, "line %zu", w->len + b.len + 1);
		r = add_batch(w, &b, raw);
		bytes += b.used;
		size -= b.used;
	}
	/* only now, as the bytes may have moved */
	for (size_t i = 0; !raw && r == 0 && i < w->len; i++) {
		w->at[i].data = w->bytes.data + at;
		at += w->at[i].size;
	}
	return r < 0 ? fail(err, r, "out of memory") : 0;
}

static int push_whole(struct sigslot_queue *q, const struct sigslot_put *how,
		      const struct whole *w, struct sigslot_error *err)
{
	uint64_t deadline = how->full == SIGSLOT_FAIL
				    ? 0
				    : clock_after(clock_now(), how->timeout_ns);
	int r = check(q, err);

	while (r == 0) {
		struct envelope e = envelope(q, how->form);

		r = queue_push_whole(q->queue, &e, w->at, w->len, err);
		if (r == 0)
			break;
		if (r == -EAGAIN)
			r = await_room(q, deadline, err);
		else if (r == -ETIMEDOUT)
			r = clock_now() < deadline ? 0 : no_room(q, err);
	}
	q->puts += w->len;
	return r;
}

static int put_whole(struct sigslot_queue *q, const struct sigslot_put *how,
		     const char *bytes, size_t size, size_t *ret_lines,
		     struct sigslot_error *err)
{
	struct whole w = {0};
	int r = gather(q, how, bytes, size, &w, err);

	if (r == 0)
		r = push_whole(q, how, &w, err);
	*ret_lines = r == 0 ? w.len : 0;
	vec_done(&w);
	buf_done(&w.bytes);
	return r;
}

int sigslot_queue_put_lines(struct sigslot_queue *q, const struct sigslot_put *how,
			    const char *bytes, size_t size, size_t *ret_lines,
			    struct sigslot_error *err)
{
	struct batch_rule limits = rule(q, how);
	size_t lines = 0, done = 0;
	struct batch b;
	int bad = 0, r = 0;

	if (how->atomic)
		return put_whole(q, how, bytes, size, ret_lines ?: &done, err);
	while (size && r == 0 && bad == 0) {
		bad = batch_lines(&limits, bytes, size, &q->bytes, &b, err);
		r = b.len ? push(q, how, b.at, b.len, &done, err) : 0;
		lines += b.len ? done : 0;
		bytes += b.used;
		size -= b.used;
	}
	if (ret_lines)
		*ret_lines = lines;
	return r < 0 ? r : bad;
}
