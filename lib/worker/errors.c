/* SPDX-License-Identifier: MIT */
/*
 * From verdicts to failures on file.
 */
#include "worker/errors.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

/* Opened when something fails for the first time. */
static struct failures *failures_of(struct worker *w)
{
	const char *process = w->world->plan->processes[w->index].name;
	int r;

	if (w->failures || w->unkept)
		return w->failures;
	r = failures_open(w->world->dir, process, &w->failures);
	w->unkept = r < 0;
	if (r < 0)
		log_line("sigslot", "errors of process '%s' are not kept: %s", process,
			 strerror(-r));
	return w->failures;
}

void errors_keep(struct receiver *r, const struct slot_job *job,
		 const struct slot_verdict *v, enum failure_outcome outcome)
{
	struct worker *w = r->turn->worker;
	const struct plan_slot *s = &w->world->plan->slots[r->plan_slot];
	const struct sigslot_message *m = job ? &job->message : NULL;
	struct failures *to = failures_of(w);
	struct failure f = {.time_ns = clock_wall(),
			    .took_ns = v->took_ns,
			    .payload_size = m ? m->size : 0,
			    .outcome = outcome,
			    .exit = v->exit,
			    .signal = v->signal,
			    .attempt = m ? m->attempt : 1};

	if (!to)
		return;
	snprintf(f.object, sizeof(f.object), "%s", r->spec.object);
	snprintf(f.slot, sizeof(f.slot), "%s", m ? m->slot : s->name);
	snprintf(f.loop, sizeof(f.loop), "%s", r->spec.loop);
	snprintf(f.group, sizeof(f.group), "%s", s->fate.group ? s->fate.group : "");
	snprintf(f.sender, sizeof(f.sender), "%s", m ? m->sender : "");
	snprintf(f.sent_as, sizeof(f.sent_as), "%s", m ? m->signal : "");
	snprintf(f.reason, sizeof(f.reason), "%s", v->reason);
	failures_add(to, &f, m ? m->payload : "", v->err_tail ? v->err_tail : "");
}
