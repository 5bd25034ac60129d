/* SPDX-License-Identifier: MIT */
/*
 * source: a resident command without input; each line that it writes is emitted. When
 * it has ended, it has ended for good: whoever wants it again writes a loop around it.
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

static void ended(struct process *p, struct slot_verdict *v)
{
	struct resident *r = resident_of(p->slot);

	r->up = false;
	if (r->asked && obeyed(v))
		v->code = 0;
	report_ended(p->slot, v, true);
}

static const struct resident_calls calls = {.line = line, .ended = ended};

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
	struct resident *r = resident_of(s);

	r->asked = true;
	if (r->up)
		process_end(&r->process);
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
