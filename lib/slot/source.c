/* SPDX-License-Identifier: MIT */
/*
 * source: a resident command without input; each line that it writes is emitted. When
 * it has ended, it has ended for good, unless `restart:` says something else.
 */
#include <signal.h>

#include "slot/kinds.h"
#include "slot/report.h"
#include "slot/resident.h"

static struct resident *resident_of(struct slot *s)
{
	return container_of(s, struct resident, slot);
}

static void line(struct process *p, enum lines_found found, const char *text,
		 size_t size)
{
	report_line(p->slot, NULL, found, text, size, &p->payload);
}

/* As the signal ends it, or as a shell tells of a child that it ended. */
static bool obeyed(const struct slot_verdict *v)
{
	return v->signal == SIGTERM || v->exit == 128 + SIGTERM;
}

static void ended(struct resident *r, struct slot_verdict *v)
{
	bool over = r->asked || r->slot.finishing ||
		    !resident_again(r, v, r->slot.lines > r->lines);

	if (r->asked && obeyed(v))
		v->code = 0;
	report_ended(&r->slot, v, over);
	if (!over)
		report_changed(&r->slot);
}

static void start(struct resident *r)
{
	struct slot_verdict v;

	if (resident_start(r, &v) < 0)
		ended(r, &v);
}

static const struct resident_calls calls = {
	.line = line, .ended = ended, .start = start};

static int open_source(struct slot *s, struct sigslot_error *err)
{
	return resident_open(resident_of(s), &calls, err);
}

static void refuse(struct slot *s, struct slot_job *job)
{
	struct slot_verdict v =
		report_verdict(-EOPNOTSUPP, true, "a source takes no messages");

	report_done(s, job, &v);
}

static void finish(struct slot *s)
{
	static const struct slot_verdict ok = {.exit = -1, .err_tail = ""};
	struct resident *r = resident_of(s);

	r->asked = true;
	if (r->up) {
		process_end(&r->process);
	} else if (timer_armed(&r->again)) {
		loop_disarm(s->loop, &r->again);
		report_ended(s, &ok, true);
	}
}

static void hold(struct slot *s, bool held)
{
	if (resident_of(s)->up)
		process_hold(&resident_of(s)->process, held);
}

static void close_source(struct slot *s)
{
	resident_close(resident_of(s));
}

const struct slot_kind kind_source = {
	.name = "source",
	.size = sizeof(struct resident),
	.resident = true,
	.open = open_source,
	.deliver = refuse,
	.finish = finish,
	.hold = hold,
	.close = close_source,
};
