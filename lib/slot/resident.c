/* SPDX-License-Identifier: MIT */
/*
 * Starts the one command of a source or a filter, waits until it is ready, and starts
 * it again.
 */
#include "slot/resident.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/unit.h"
#include "slot/report.h"

static void close_herald(struct resident *r)
{
	int fd = r->herald.fd;

	if (!r->herald.loop)
		return;
	loop_unwatch(&r->herald);
	fd_close(&fd);
}

static void no_more_waiting(struct resident *r)
{
	loop_disarm(r->slot.loop, &r->late);
	close_herald(r);
}

static void become_ready(struct resident *r)
{
	no_more_waiting(r);
	if (!r->slot.starting || r->overdue)
		return;
	r->slot.starting = false;
	report_changed(&r->slot);
	if (r->calls->ready)
		r->calls->ready(r);
}

/* Its first line is for us alone, and for people. */
static void first_line(struct process *p, enum lines_found found, const char *line,
		       size_t size)
{
	struct resident *r = container_of(p->slot, struct resident, slot);

	p->line = r->calls->line;
	if (found != LINES_LONG)
		report_log(&r->slot, line, size);
	become_ready(r);
}

/* Without a newline it has said nothing, even if it closes it. */
static void heralded(struct watch *w, uint32_t events)
{
	struct resident *r = container_of(w, struct resident, herald);
	char text[64];
	ssize_t n = read(w->fd, text, sizeof(text));

	(void)events;
	if (n > 0 && memchr(text, '\n', (size_t)n))
		become_ready(r);
	else if (n == 0)
		close_herald(r);
}

static void too_late(struct timer *t, uint64_t now)
{
	struct resident *r = container_of(t, struct resident, late);

	(void)now;
	close_herald(r);
	r->overdue = true;
	process_end(&r->process);
}

/* Both ends of the pipe on which it says so, the other one in r->launch.ready_fd. */
static int open_herald(struct resident *r, int *ret_fd)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	*ret_fd = ends[0];
	r->launch.ready_fd = ends[1];
	return 0;
}

static int start(struct resident *r, struct slot_verdict *ret_v)
{
	enum ready_by by = r->slot.spec->upkeep.ready;
	int fd = -1, code = 0;

	if (by == READY_FD)
		code = open_herald(r, &fd);
	if (code < 0) {
		*ret_v = report_verdict(code, false, "cannot make a pipe: %s",
					strerror(-code));
		return code;
	}
	if (by == READY_LINE)
		r->process.line = first_line;
	code = process_start(&r->process, &r->launch, NULL, 0, ret_v);
	fd_close(&r->launch.ready_fd);
	if (code == 0 && fd >= 0 &&
	    loop_watch(r->slot.loop, &r->herald, fd, EPOLLIN, heralded) == 0)
		return 0;
	fd_close(&fd);
	return code;
}

/* It was ended because of that, however it took it. */
static void blame_lateness(struct resident *r, struct slot_verdict *v)
{
	char within[32];

	v->code = -ETIMEDOUT;
	v->final = false;
	snprintf(v->reason, sizeof(v->reason), "was not ready within %s and was ended",
		 unit_duration_text(r->slot.spec->upkeep.within_ns, within));
}

static void ended(struct process *p, struct slot_verdict *v)
{
	struct resident *r = container_of(p->slot, struct resident, slot);

	if (r->herald.loop)
		heralded(&r->herald, 0); /* its last word */
	no_more_waiting(r);
	if (r->overdue)
		blame_lateness(r, v);
	r->up = false;
	r->calls->ended(r, v);
}

int resident_start(struct resident *r, struct slot_verdict *ret_v)
{
	const struct upkeep *upkeep = &r->slot.spec->upkeep;
	int code;

	r->process = (struct process){.slot = &r->slot,
				      .line = r->calls->line,
				      .room = r->calls->room,
				      .ended = ended};
	r->lines = r->slot.lines;
	r->overdue = false;
	r->slot.next = 0;
	r->slot.starting = upkeep->ready != READY_AT_ONCE;
	code = start(r, ret_v);
	r->up = code == 0;
	if (r->up && r->slot.starting)
		loop_arm(r->slot.loop, &r->late,
			 clock_after(clock_now(), upkeep->within_ns));
	return code;
}

static void start_again(struct timer *t, uint64_t now)
{
	struct resident *r = container_of(t, struct resident, again);

	(void)now;
	r->slot.next = 0;
	r->slot.restarts++;
	r->calls->start(r);
	report_changed(&r->slot);
}

int resident_open(struct resident *r, const struct resident_calls *calls,
		  struct sigslot_error *err)
{
	struct slot_verdict v;
	int code = launch_init(&r->launch, r->slot.spec, &r->slot);

	r->calls = calls;
	r->again.fire = start_again;
	r->late.fire = too_late;
	if (code < 0)
		return fail(err, code, "no memory for '%s'", r->slot.spec->object);
	code = resident_start(r, &v);
	if (code == 0)
		return 0;
	launch_done(&r->launch);
	return fail(err, code, "%s", v.reason);
}

void resident_herald(struct slot *s)
{
	if (s->spec->upkeep.ready == READY_SIGNAL && s->starting)
		become_ready(container_of(s, struct resident, slot));
}

bool resident_takes(const struct resident *r)
{
	return r->up && !r->slot.starting;
}

static void blame_budget(const struct budget_policy *p, struct slot_verdict *v)
{
	size_t size = strlen(v->reason);
	char window[32];

	snprintf(v->reason + size, sizeof(v->reason) - size,
		 "; it is given up, as it was started again %llu times within %s",
		 (unsigned long long)p->max, unit_duration_text(p->window_ns, window));
}

bool resident_again(struct resident *r, struct slot_verdict *v, bool worked)
{
	const struct budget_policy *p = &r->slot.spec->upkeep.restart;
	uint64_t now = clock_now();

	if (v->final || !budget_wants(p, v->code != 0))
		return false;
	budget_refill(&r->budget, v->took_ns, worked);
	if (!budget_spend(&r->budget, p, now)) {
		blame_budget(p, v);
		r->slot.given_up = true;
		return false;
	}
	r->slot.next = clock_after(now, budget_wait(&r->budget, p));
	loop_arm(r->slot.loop, &r->again, r->slot.next);
	return true;
}

void resident_close(struct resident *r)
{
	loop_disarm(r->slot.loop, &r->again);
	no_more_waiting(r);
	budget_clear(&r->budget);
	if (r->up)
		process_done(&r->process);
	launch_done(&r->launch);
}
