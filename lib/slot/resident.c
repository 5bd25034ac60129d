/* SPDX-License-Identifier: MIT */
/*
 * Starts and ends the one command of a source or a filter.
 */
#include "slot/resident.h"

#include "slot/report.h"

int resident_start(struct resident *r, const struct resident_calls *calls,
		   struct slot_verdict *ret_v)
{
	int code;

	r->process = (struct process){.slot = &r->slot,
				      .line = calls->line,
				      .room = calls->room,
				      .ended = calls->ended};
	code = process_start(&r->process, &r->launch, NULL, 0, ret_v);
	r->up = code == 0;
	return code;
}

int resident_open(struct resident *r, const struct resident_calls *calls,
		  struct sigslot_error *err)
{
	struct slot_verdict v;
	int code = launch_init(&r->launch, r->slot.spec, &r->slot);

	if (code < 0)
		return fail(err, code, "no memory for '%s'", r->slot.spec->object);
	code = resident_start(r, calls, &v);
	if (code == 0)
		return 0;
	launch_done(&r->launch);
	return fail(err, code, "%s", v.reason);
}

void resident_close(struct resident *r)
{
	if (r->up)
		process_done(&r->process);
	launch_done(&r->launch);
}
