/* SPDX-License-Identifier: MIT */
/*
 * sigslot_queue_pipe(): lines to and fro between two processes. Both directions go on
 * at the same time, and neither waits for the other one.
 */
#include <poll.h>
#include <string.h>

#include "api/pair.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/held.h"
#include "base/process.h"
#include "route/route.h"

enum {
	BLOCK = 65536,
	BATCH = 64,
	AT_ONCE = 4096, /* what a pipe that is writable takes without blocking */
	RECHECK_MS = 100, /* a drained bell may have been meant for somebody else */
};

struct flow {
	struct pair pair;
	int other; /* pidfd; -1: it has not come yet */
	bool gone; /* it was here */
	struct held held;
	int signal;
	int in, out; /* -1: at its end */
	struct buf lines; /* were read, and are not yet sent */
	bool full; /* there was no room for them */
	bool shut; /* all was sent */
	uint64_t sent;
	struct buf text; /* was received, */
	size_t written; /* and so much of it written */
	struct claim claims[BATCH]; /* what it came from */
	size_t claims_len;
};

/* --- from standard input to the other side --- */

static int read_lines(struct flow *f, struct sigslot_error *err)
{
	ssize_t n;

	if (buf_reserve(&f->lines, BLOCK) < 0)
		return fail(err, -ENOMEM, "out of memory");
	n = read(f->in, f->lines.data + f->lines.size, BLOCK);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN
			       ? 0
			       : fail_errno(err, "cannot read standard input");
	f->lines.size += (size_t)n;
	if (n == 0)
		f->in = -1;
	return 0;
}

/* The whole lines, up to BATCH, and at the end the one without a newline. */
static size_t split(const struct flow *f, struct payload *out)
{
	size_t len = 0, at = 0;

	while (len < BATCH && at < f->lines.size) {
		const char *start = f->lines.data + at;
		const char *end = memchr(start, '\n', f->lines.size - at);

		if (!end && f->in >= 0)
			break;
		out[len] = (struct payload){start, end ? (size_t)(end - start)
						       : f->lines.size - at};
		at += out[len++].size + (end != NULL);
	}
	return len;
}

static int send_lines(struct flow *f, struct sigslot_error *err)
{
	struct payload p[BATCH];
	size_t len, done, size = 0;
	int r = 0;

	f->full = false;
	while (r == 0 && !f->gone && (len = split(f, p)) > 0) {
		struct envelope e = {
			.id = f->sent, .emit_seq = f->sent, .connection = ROUTE_RAW};

		r = queue_push_many(f->pair.outbox, &e, p, len, &done, err);
		f->sent += done;
		size = done < len ? (size_t)((const char *)p[done].data - f->lines.data)
				  : (size_t)((const char *)p[len - 1].data +
					     p[len - 1].size + 1 - f->lines.data);
		buf_drop(&f->lines, size);
	}
	f->full = r == -EAGAIN || r == -ETIMEDOUT;
	if (f->full)
		r = 0;
	else if (r == 0 && f->lines.size > queue_largest(PAIR_SIZE))
		r = fail(err, -EMSGSIZE,
			 "a line has more than the %zu bytes that one can have",
			 queue_largest(PAIR_SIZE));
	if (r == 0 && f->in < 0 && !f->lines.size && !f->shut) {
		f->shut = true;
		r = queue_shut(f->pair.outbox, true);
	}
	return r;
}

/* --- from the other side to standard output --- */

static void lose(struct flow *f)
{
	f->gone = true;
	f->in = -1; /* nobody reads it any more */
	fd_close(&f->other);
}

static void meet(struct flow *f)
{
	f->other = pair_other(&f->pair);
	if (f->other < 0)
		lose(f); /* it was here, or it could not have greeted */
}

static int take_in(struct flow *f)
{
	int r = 0;

	f->text.size = f->written = 0;
	for (size_t i = 0; r == 0 && i < f->claims_len; i++) {
		const struct claim *c = &f->claims[i];

		if (c->envelope.signal == PAIR_HELLO) {
			meet(f);
			continue;
		}
		r = buf_add(&f->text, c->payload.data, c->payload.size);
		if (r == 0)
			r = buf_add_byte(&f->text, '\n');
	}
	return r;
}

/* Whether nothing will ever come again. */
static bool dry(struct flow *f)
{
	struct queue_counts c;

	if (f->gone) /* what it had not finished */
		queue_recover(f->pair.inbox, 0, 0);
	return queue_counts(f->pair.inbox, &c) == 0 && !c.records &&
	       (c.closed || f->gone);
}

/* Acknowledges what was written, and takes what is there. */
static int receive(struct flow *f, struct sigslot_error *err)
{
	int n, r = 0;

	while (r == 0 && f->out >= 0 && f->written == f->text.size) {
		n = queue_turn(f->pair.inbox, f->claims, f->claims_len, f->claims,
			       BATCH, err);
		if (n == -ETIMEDOUT)
			continue; /* a stopped process holds the lock */
		if (n < 0)
			return n;
		f->claims_len = (size_t)n;
		r = take_in(f);
		if (n > 0)
			continue;
		if (dry(f))
			fd_close(&f->out);
		break;
	}
	return r < 0 ? fail(err, r, "out of memory") : 0;
}

static int write_text(struct flow *f, struct sigslot_error *err)
{
	size_t left = f->text.size - f->written;
	ssize_t n = write(f->out, f->text.data + f->written,
			  left < AT_ONCE ? left : AT_ONCE);

	if (n < 0)
		return errno == EINTR || errno == EAGAIN
			       ? 0
			       : fail(err, -EIO, "cannot write to standard output: %s",
				      strerror(errno));
	f->written += (size_t)n;
	return 0;
}

/* --- both --- */

static int wait_and_do(struct flow *f, struct sigslot_error *err)
{
	bool writing = f->written < f->text.size;
	struct pollfd p[] = {
		{f->full ? -1 : f->in, POLLIN, 0},
		{writing ? f->out : -1, POLLOUT, 0},
		{writing || f->out < 0 ? -1 : queue_data_fd(f->pair.inbox), POLLIN, 0},
		{f->full ? queue_space_fd(f->pair.outbox) : -1, POLLIN, 0},
		{f->other, POLLIN, 0},
		{f->held.fd, POLLIN, 0},
	};
	int r = 0;

	if (poll(p, ARRAY_LEN(p), f->full ? RECHECK_MS : -1) < 0)
		return 0;
	if (p[5].revents)
		f->signal = held_take(&f->held);
	if (p[4].revents)
		lose(f);
	if (p[0].revents && f->in >= 0)
		r = read_lines(f, err);
	if (r == 0 && p[1].revents)
		r = write_text(f, err);
	return r;
}

static bool over(const struct flow *f)
{
	return f->out < 0 && f->in < 0 && (f->shut || f->gone);
}

/* The other one has gone: did it say so, and had it read all? */
static int judge(const struct flow *f, struct sigslot_error *err)
{
	const char *side = f->pair.right ? "left" : "right";
	struct queue_counts in = {0}, out = {0};

	queue_counts(f->pair.inbox, &in);
	queue_counts(f->pair.outbox, &out);
	if (out.records || f->lines.size)
		return fail(err, -ESHUTDOWN,
			    "the %s side of the pipe '%s' has ended, and did not read "
			    "all lines",
			    side, f->pair.name);
	if (!in.closed)
		return fail(err, -ESHUTDOWN,
			    "the %s side of the pipe '%s' has ended before its input "
			    "did",
			    side, f->pair.name);
	return 0;
}

static int run(struct flow *f, struct sigslot_error *err)
{
	int r = 0;

	while (r == 0 && !f->signal) {
		r = receive(f, err);
		if (r == 0)
			r = send_lines(f, err);
		if (r < 0 || over(f))
			break;
		r = wait_and_do(f, err);
	}
	if (r == 0 && f->signal)
		return 128 + f->signal;
	return r == 0 && f->gone ? judge(f, err) : r;
}

static int enter_and_run(struct flow *f, const char *name, bool right,
			 struct sigslot_error *err)
{
	int r = pair_enter(&f->pair, name, right, &f->held.before, err);

	if (r == 0)
		r = run(f, err);
	pair_leave(&f->pair);
	fd_close(&f->other);
	fd_close(&f->out);
	buf_done(&f->lines);
	buf_done(&f->text);
	return r;
}

int sigslot_queue_pipe(const char *name, bool right, int in, int take_out,
		       struct sigslot_error *err)
{
	struct flow f = {.other = -1, .in = in, .out = take_out};
	int r = held_open(&f.held, err);

	if (r < 0)
		return r;
	held_begin(&f.held);
	r = enter_and_run(&f, name, right, err);
	held_end(&f.held);
	held_close(&f.held);
	return r;
}
