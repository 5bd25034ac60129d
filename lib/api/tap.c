/* SPDX-License-Identifier: MIT */
/*
 * sigslot_tap(): looks at the queues again and again, more seldom when nothing comes.
 * It sleeps on no bell, as those are for whoever takes messages out.
 */
#include <poll.h>
#include <unistd.h>

#include "api/sole.h"
#include "api/view.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "message/text.h"

enum {
	BATCH = 1024, /* messages, then the other queues are looked at again */
	BUSY_MS = 1, /* until the next look, while something comes */
	IDLE_MS = 5,
	IDLE_LOOKS = 100, /* for nothing, until it is idle */
};

struct tap {
	const struct sigslot_tap *what;
	sigslot_tap_fn fn;
	void *data;
	struct views views;
	struct buf text;
	int run; /* pidfd of the supervisor; -1: a free-standing queue */
	unsigned looks; /* for nothing, one after the other */
};

static int put_text(struct tap *t, const struct claim *c, bool json)
{
	t->text.size = 0;
	if (c->envelope.connection & ROUTE_RAW)
		return buf_add(&t->text, c->payload.data, c->payload.size);
	return text_of_payload(c->payload.data, c->payload.size, json, &t->text);
}

/* A string of several lines stays quoted. */
static int make_text(struct tap *t, const struct claim *c)
{
	int r = put_text(t, c, t->what->json);

	if (r == 0 && !(c->envelope.connection & ROUTE_RAW) && t->text.size &&
	    memchr(t->text.data, '\n', t->text.size))
		r = put_text(t, c, true);
	return r;
}

static const char *owner_of(const struct routes *r, uint32_t id)
{
	const struct route_name *n = routes_name(r, id);

	return n ? routes_text(r, n->owner) : "";
}

static const char *member_of(const struct routes *r, uint32_t id)
{
	const struct route_name *n = routes_name(r, id);

	return n ? routes_text(r, n->member) : "";
}

static int tell(struct tap *t, const struct view_source *s, const struct view *view,
		const struct claim *c, uint32_t by)
{
	const struct routes *r = t->views.in.routes;
	bool again = c->envelope.connection & ROUTE_AGAIN;
	const struct sigslot_tapped tapped = {
		.instance = t->views.in.name,
		.queue = s->queue,
		.name = view->name,
		.sender = owner_of(r, by ? by : c->envelope.sender),
		.signal = member_of(r, by),
		.id = c->envelope.id,
		.seq = c->seq,
		.time_ns = c->envelope.time_ns,
		.attempt = (again ? c->envelope.generation + 1 : 1) +
			   (s->again ? c->attempt - 1 : 0),
		.raw = c->envelope.connection & ROUTE_RAW,
		.payload = c->payload.data,
		.size = c->payload.size,
		.text = t->text.data ? t->text.data : "",
		.text_size = t->text.size,
	};

	return t->fn(t->data, &tapped, s->queue, 0);
}

/* By newer routes, if there may be any that it was emitted by. */
static int show(struct tap *t, const struct view_source *s, const struct claim *c,
		struct sigslot_error *err)
{
	struct views *v = &t->views;
	bool ready = false;
	uint32_t by;
	int r = 0;

	if (c->envelope.generation > routes_generation(v->in.routes) &&
	    !(c->envelope.connection & ROUTE_AGAIN))
		r = views_renew(v, err);
	for (size_t i = 0; r >= 0 && i < v->views.len; i++) {
		const struct view *view = &v->views.at[i];

		if (view->queue != s->index || !view_shows(v, view, &c->envelope, &by))
			continue;
		if (!ready && make_text(t, c) < 0)
			return fail(err, -ENOMEM, "out of memory");
		ready = true;
		r = tell(t, s, view, c, by);
		if (r)
			return r;
	}
	return r < 0 ? r : 0;
}

/* What is new comes before what comes again. */
static int next(struct view_source *s, struct sigslot_error *err)
{
	int r = watch_next(s->watch, &s->next, err);

	s->again = r == 0;
	return r ? r : watch_again(s->watch, &s->next, err);
}

/* Has the next message of a queue ready, if there is one. */
static int fill(struct tap *t, struct view_source *s, struct sigslot_error *err)
{
	int r = s->waits ? 1 : next(s, err);
	uint64_t missed = watch_missed(s->watch);

	if (s->tap) /* else it is the flow that did without */
		missed += watch_refused(s->watch);

	s->waits = r > 0;
	if (r >= 0 && missed)
		return t->fn(t->data, NULL, s->queue, missed);
	return r < 0 ? r : 0;
}

static struct view_source *oldest(const struct views *v)
{
	struct view_source *best = NULL;

	for (size_t i = 0; i < v->sources.len; i++) {
		struct view_source *s = v->sources.at[i];

		if (s->waits &&
		    (!best || s->next.envelope.time_ns < best->next.envelope.time_ns))
			best = s;
	}
	return best;
}

/* What is there, in the order of the emits. Returns whether there was anything. */
static bool look_at_all(struct tap *t, int *ret, struct sigslot_error *err)
{
	struct views *v = &t->views;
	struct view_source *s = NULL;
	int r = views_renew(v, err), n;

	r = r < 0 ? r : 0;
	for (size_t i = 0; r == 0 && i < v->sources.len; i++)
		r = fill(t, v->sources.at[i], err);
	for (n = 0; r == 0 && n < BATCH && (s = oldest(v)); n++) {
		s->waits = false;
		r = show(t, s, &s->next, err);
		if (r == 0)
			r = fill(t, s, err);
	}
	if (r == 0)
		r = t->fn(t->data, NULL, NULL, 0);
	*ret = r;
	return n;
}

/* Whether it will never have anything again. */
static bool over(const struct tap *t)
{
	if (t->run >= 0)
		return false;
	return !t->views.in.queue || !t->views.sources.len ||
	       watch_gone(t->views.sources.at[0]->watch);
}

/* Returns 0, or -EPIPE: nobody reads any more. Closes t->run when it ended. */
static int pause_for(struct tap *t, bool busy, uint64_t deadline)
{
	struct pollfd fds[] = {{.fd = t->what->output}, {t->run, POLLIN, 0}};
	uint64_t now = clock_now(), due;

	t->looks = busy ? 0 : t->looks + 1;
	due = now + (t->looks < IDLE_LOOKS ? BUSY_MS : IDLE_MS) * NS_PER_MS;
	poll(fds, 2, busy ? 0 : clock_poll_ms(now, due < deadline ? due : deadline));
	if (fds[1].revents)
		fd_close(&t->run);
	return fds[0].revents & POLLERR ? -EPIPE : 0;
}

static int look_on(struct tap *t, struct sigslot_error *err)
{
	uint64_t deadline = clock_after(clock_now(), t->what->timeout_ns);
	int r = 0;

	while (r == 0) {
		bool last = over(t), busy = look_at_all(t, &r, err);

		if (r || (last && !busy))
			break;
		if (clock_now() >= deadline)
			return fail(err, -ETIMEDOUT, "the time is over");
		r = pause_for(t, busy, deadline);
	}
	return r;
}

static void say_ready(int fd)
{
	if (fd < 0)
		return;
	if (write(fd, "\n", 1) < 0)
		return; /* nobody wants to know any more */
	close(fd);
}

int sigslot_tap(const struct sigslot_tap *what, sigslot_tap_fn fn, void *data,
		struct sigslot_error *err)
{
	struct tap t = {.what = what, .fn = fn, .data = data, .run = -1};
	int r = views_open(&t.views, what->names, what->names_len, err);

	if (r < 0)
		return r;
	if (!t.views.in.queue)
		t.run = instance_run(&t.views.in);
	if (*t.views.first_lone)
		log_line("sigslot",
			 "nobody is connected to '%s', and it cannot be seen: %s",
			 t.views.first_lone, t.views.unheard.text);
	say_ready(what->ready_fd);
	r = look_on(&t, err);
	fd_close(&t.run);
	buf_done(&t.text);
	views_close(&t.views);
	return r;
}
