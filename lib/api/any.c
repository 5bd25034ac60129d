/* SPDX-License-Identifier: MIT */
/*
 * sigslot_wait_any(): until one of several queues has something, a signal is emitted or
 * something has ended. It takes nothing out of a queue. For queues it sleeps on their
 * bells, and for the rest it looks at files.
 */
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>

#include "api/named.h"
#include "api/sole.h"
#include "api/view.h"
#include "base/clock.h"
#include "base/fd.h"
#include "queue/look.h"

enum {
	LOOK_MS = 5, /* at files, and at what passes by */
	HELD_MS = 10, /* at what others hold, and may die with; doubled each time ... */
	LONGEST_HELD_MS = 1000, /* ... up to this */
};

/* What is known of a loop, a process or an instance. */
struct life {
	const char *name; /* NULL: all loops of the instance */
	bool found, runs;
	uint64_t restarts;
};

struct target {
	const char *text;
	struct sigslot_queue *queue; /* NULL: a signal or an exit is waited for */
	struct views *views; /* of a signal, or of the input of a slot */
	int run; /* pidfd of the supervisor that it needs; -1: none */
	bool over; /* it will never have anything again */
	struct address address; /* of what is to end */
	uint64_t restarts; /* of it, when the wait began */
};

struct any {
	struct target *targets;
	size_t len;
	struct pollfd *bells; /* two of each target */
	uint64_t due; /* when to look again, whatever rings */
	uint64_t held_ns;
};

/* --- what ends --- */

static int look_at_loop(void *data, const struct sigslot_loop_info *info)
{
	static const char *const ended[] = {"stopped", "failed", "waiting", "dead"};
	struct life *l = data;
	bool process = l->name && strcmp(l->name, info->process) == 0;
	bool runs = true;

	if (!*info->process || (l->name && !process && strcmp(l->name, info->loop)))
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(ended); i++)
		runs = runs && strcmp(info->state, ended[i]) != 0;
	if (process && info->supervisor)
		runs = info->pid || !*info->exit;
	l->found = true;
	l->runs = l->runs || runs;
	l->restarts += l->name ? info->restarts : 0;
	return 0;
}

static int look_at_life(const struct target *t, struct life *ret,
			struct sigslot_error *err)
{
	*ret = (struct life){.name = *t->address.name ? t->address.name : NULL};
	return sigslot_ps(t->address.instance, look_at_loop, ret, err);
}

/* An instance of that name comes before a loop or process of that name. */
static int find_instance(struct address *a, struct sigslot_error *err)
{
	struct instance in;
	int r;

	if (!*a->instance && instance_open(a->name, &in, NULL) == 0)
		*a->name = '\0';
	else if ((r = instance_find(a, &in, err)) < 0)
		return r;
	memcpy(a->instance, in.name, sizeof(a->instance));
	instance_done(&in);
	return 0;
}

static int open_exit(struct target *t, struct sigslot_error *err)
{
	struct life l;
	int r = find_instance(&t->address, err);

	if (r == 0)
		r = look_at_life(t, &l, err);
	if (r == 0 && !l.found)
		r = fail(err, -ENXIO, "'%s': there is no such loop or process",
			 t->text);
	if (r == 0)
		t->restarts = l.restarts;
	return r;
}

static int look_at_exit(struct any *any, struct target *t, struct sigslot_error *err)
{
	struct life l;
	int r = look_at_life(t, &l, err);

	if (r == -ENXIO)
		return 1; /* all of it is gone */
	if (r < 0)
		return r;
	any->due = clock_after(clock_now(), LOOK_MS * NS_PER_MS);
	return !l.found || !l.runs || l.restarts != t->restarts;
}

/* --- what is emitted --- */

static int open_signal(struct target *t, struct sigslot_error *err)
{
	struct views *v = calloc(1, sizeof(*v));
	int r = v ? views_open(v, &t->text, 1, err)
		  : fail(err, -ENOMEM, "out of memory");

	if (r < 0) {
		free(v);
		return r;
	}
	t->views = v;
	t->run = instance_run(&v->in);
	if (!v->silent)
		return 0;
	return fail(err, -ENXIO,
		    "nobody is connected to '%s': what nobody gets is not seen, so it "
		    "cannot be waited for",
		    t->text);
}

static int look_at_signal(struct any *any, struct target *t, struct sigslot_error *err)
{
	bool ended = t->run < 0; /* before the look, as what was emitted counts */
	int r = views_passed(t->views, err);

	if (r)
		return r;
	if (ended) {
		t->over = true;
		fail(err, -ESHUTDOWN, "instance '%s' has ended", t->views->in.name);
	}
	any->due = clock_after(clock_now(), LOOK_MS * NS_PER_MS);
	return 0;
}

/* --- queues --- */

/* What others hold comes back if they die: who waits must see to that. */
static void look_after_held(struct any *any, struct target *t)
{
	uint64_t due = clock_now() + any->held_ns;

	queue_recover(t->queue->queue, 0, 0);
	if (due < any->due)
		any->due = due;
}

/* Whether it will never have anything again. Tells the next one who waits, too. */
static int look_at_end(struct target *t, bool closed, struct sigslot_error *err)
{
	struct sigslot_queue *q = t->queue;
	int r;

	if (!closed) {
		r = named_check(q, err);
	} else {
		queue_shut(q->queue, true); /* rings: our look has silenced the bell */
		r = fail(err, -ESHUTDOWN, "queue '%s' is closed, and empty", q->name);
	}
	t->over = r == -ESHUTDOWN;
	return t->over ? 0 : r;
}

static int look_at_queue(struct any *any, struct target *t, struct sigslot_error *err)
{
	struct queue *q = t->queue->queue;
	struct queue_counts c;
	struct claim copy;
	int r = queue_look(q, &copy, 1, &t->queue->bytes, err);

	if (r && r != -ETIMEDOUT) /* that: a stopped process is in the way */
		return r;
	if (queue_due(q) < any->due)
		any->due = queue_due(q);
	r = queue_counts(q, &c);
	if (r < 0)
		return fail(err, r, "queue '%s' is damaged", t->queue->name);
	if (!c.records)
		return look_at_end(t, c.closed, err);
	look_after_held(any, t);
	return 0;
}

static int open_queue(struct target *t, struct sigslot_error *err)
{
	int r = sigslot_queue_open(t->text, &t->queue, err);

	if (r == 0 && t->queue->in.supervisor > 0)
		t->run = (int)syscall(SYS_pidfd_open, t->queue->in.supervisor, 0);
	return r;
}

/* --- waiting --- */

/* Tells what is ready. Returns how many that are. */
static int look_at_all(struct any *any, sigslot_line_fn ready, void *data,
		       struct sigslot_error *err)
{
	size_t over = 0;
	int len = 0;

	any->due = NEVER;
	for (size_t i = 0; i < any->len; i++) {
		struct target *t = &any->targets[i];
		int r = t->over	   ? 0
			: t->queue ? look_at_queue(any, t, err)
			: t->views ? look_at_signal(any, t, err)
				   : look_at_exit(any, t, err);

		if (r < 0)
			return r;
		if (r > 0)
			ready(data, t->text);
		len += r;
		over += t->over;
	}
	if (over < any->len)
		return len;
	return any->len == 1 ? -ESHUTDOWN
			     : fail(err, -ESHUTDOWN,
				    "nothing of %zu targets can come any more: queues "
				    "are closed and empty, instances have ended",
				    any->len);
}

static void sleep_until(struct any *any, uint64_t due)
{
	for (size_t i = 0; i < any->len; i++) {
		const struct target *t = &any->targets[i];
		struct pollfd *p = &any->bells[2 * i];

		p[0] = (struct pollfd){.fd = -1, .events = POLLIN};
		p[1] = (struct pollfd){.fd = t->run, .events = POLLIN};
		if (t->queue && !t->over)
			p[0].fd = queue_data_fd(t->queue->queue);
	}
	poll(any->bells, 2 * any->len, clock_poll_ms(clock_now(), due));
	for (size_t i = 0; i < any->len; i++)
		if (any->bells[2 * i + 1].revents)
			fd_close(&any->targets[i].run); /* it says so for ever */
	any->held_ns *= 2;
	if (any->held_ns > LONGEST_HELD_MS * NS_PER_MS)
		any->held_ns = LONGEST_HELD_MS * NS_PER_MS;
}

static int wait_for_any(struct any *any, uint64_t deadline, sigslot_line_fn ready,
			void *data, struct sigslot_error *err)
{
	for (;;) {
		int r = look_at_all(any, ready, data, err);

		if (r)
			return r < 0 ? r : 0;
		if (clock_now() >= deadline)
			break;
		sleep_until(any, any->due < deadline ? any->due : deadline);
	}
	return any->len == 1
		       ? fail(err, -ETIMEDOUT, "'%s' was not ready in time",
			      any->targets[0].text)
		       : fail(err, -ETIMEDOUT,
			      "nothing of %zu targets was ready in time", any->len);
}

static int open_target(struct target *t, struct sigslot_error *err)
{
	if (!*t->address.member)
		return open_queue(t, err);
	return strcmp(t->address.member, "exit") == 0 ? open_exit(t, err)
						      : open_signal(t, err);
}

static int open_all(struct any *any, const char *const *targets,
		    struct sigslot_error *err)
{
	int r = 0;

	any->bells = calloc(2 * any->len, sizeof(*any->bells));
	any->targets = calloc(any->len, sizeof(*any->targets));
	if (!any->bells || !any->targets)
		return fail(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < any->len; i++)
		any->targets[i].run = -1;
	for (size_t i = 0; r == 0 && i < any->len; i++) {
		struct target *t = &any->targets[i];

		t->text = targets[i];
		r = address_parse(t->text, &t->address, err);
		if (r == 0)
			r = open_target(t, err);
	}
	return r;
}

int sigslot_wait_any(const char *const *targets, size_t len, uint64_t timeout_ns,
		     sigslot_line_fn ready, void *data, struct sigslot_error *err)
{
	uint64_t deadline = clock_after(clock_now(), timeout_ns);
	struct any any = {.len = len, .held_ns = HELD_MS * NS_PER_MS};
	int r = open_all(&any, targets, err);

	if (r == 0)
		r = wait_for_any(&any, deadline, ready, data, err);
	for (size_t i = 0; any.targets && i < len; i++) {
		sigslot_queue_close(any.targets[i].queue);
		if (any.targets[i].views)
			views_close(any.targets[i].views);
		free(any.targets[i].views);
		fd_close(&any.targets[i].run);
	}
	free(any.targets);
	free(any.bells);
	return r;
}
