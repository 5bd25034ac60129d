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

static void copy(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text ? text : "");
}

/* With what a record of its own says beside its kind. */
static void keep(struct failures *to, const struct receiver *r,
		 const struct failure_kind *kind, const struct slot_job *job,
		 const struct slot_verdict *v)
{
	const struct plan *p = r->turn->worker->world->plan;
	const struct sigslot_message *m = job ? &job->message : NULL;
	struct failure f = {.time_ns = kind->time_ns,
			    .took_ns = v->took_ns,
			    .payload_size = m ? m->size : 0,
			    .outcome = kind->outcome,
			    .exit = v->exit,
			    .signal = v->signal,
			    .attempt = m ? m->attempt : 1};

	copy(f.object, sizeof(f.object), kind->object);
	copy(f.slot, sizeof(f.slot), kind->slot);
	copy(f.loop, sizeof(f.loop), r->spec.loop);
	copy(f.group, sizeof(f.group), p->slots[r->plan_slot].fate.group);
	copy(f.sender, sizeof(f.sender), m ? m->sender : "");
	copy(f.sent_as, sizeof(f.sent_as), m ? m->signal : "");
	copy(f.reason, sizeof(f.reason), kind->reason);
	failures_add(to, &f, m ? m->payload : "", v->err_tail ? v->err_tail : "");
}

void errors_keep(struct receiver *r, const struct slot_job *job,
		 const struct slot_verdict *v, enum failure_outcome outcome)
{
	const struct plan *p = r->turn->worker->world->plan;
	struct failures *to = failures_of(r->turn->worker);
	const struct failure_kind kind = {
		.outcome = outcome,
		.object = r->spec.object,
		.slot = job ? job->message.slot : p->slots[r->plan_slot].name,
		.reason = v->reason,
		.time_ns = clock_wall(),
	};

	if (to && !failures_again(to, &kind))
		keep(to, r, &kind, job, v);
}
