/* SPDX-License-Identifier: MIT */
/*
 * The command is a source that emits nothing: it has no input, what it says is the log,
 * and it ends once.
 */
#include "worker/init.h"

#include <signal.h>
#include <stdlib.h>

#include "base/log.h"
#include "slot/slot.h"
#include "worker/worker.h"

struct init {
	struct worker *worker;
	struct slot *slot;
	struct slot_spec spec;
	init_done_fn done;
};

static int emit(struct slot *s, struct slot_job *job, const char *signal,
		const char *payload, size_t size)
{
	(void)s;
	(void)job;
	(void)signal;
	(void)payload;
	(void)size;
	return -ENXIO;
}

static void no_job(struct slot *s, struct slot_job *job, const struct slot_verdict *v)
{
	(void)s;
	(void)job;
	(void)v;
}

static void say(struct slot *s, const char *line, size_t size)
{
	log_bytes(s->spec->process, line, size);
}

static void misfit(struct slot *s, uint64_t line, const char *reason)
{
	log_line(s->spec->process, "line %llu of its output is lost: %s",
		 (unsigned long long)line, reason);
}

static void ended(struct slot *s, const struct slot_verdict *v, bool for_good)
{
	struct init *init = s->user;
	struct worker *w = init->worker;
	struct sigslot_error err = {0};

	if (!for_good)
		return;
	if (v->code)
		fail(&err, v->code, "its init %s", v->reason);
	w->init = NULL;
	init->done(w, v->code, &err);
	slot_close(s);
	free(init);
}

static void changed(struct slot *s)
{
	(void)s;
}

static const struct slot_host host = {
	.emit = emit,
	.done = no_job,
	.log = say,
	.misfit = misfit,
	.ended = ended,
	.changed = changed,
};

int init_begin(struct worker *w, init_done_fn done, struct sigslot_error *err)
{
	const struct plan *p = w->world->plan;
	const struct plan_process *process = &p->processes[w->index];
	struct init *init;
	int r;

	if (!process->init) {
		done(w, 0, err);
		return 0;
	}
	init = calloc(1, sizeof(*init));
	if (!init)
		return fail(err, -ENOMEM, "out of memory");
	init->worker = w;
	init->done = done;
	init->spec = (struct slot_spec){
		.kind = slot_kind_find("source"),
		.instance = p->name,
		.process = process->name,
		.loop = "",
		.object = "",
		.slot = "init",
		.directory = p->directory,
		.text = process->init,
		.shell = process->shell,
		.env = process->env,
		.nice = process->nice,
		.output = SLOT_LOG,
	};
	w->init = init;
	r = slot_open(&init->spec, &host, &w->loop, init, &init->slot, err);
	if (r == 0)
		return 0;
	w->init = NULL;
	free(init);
	return r;
}

void init_kill(struct worker *w)
{
	if (w->init)
		slot_kill(w->init->slot, SIGKILL);
}
