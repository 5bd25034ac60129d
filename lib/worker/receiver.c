/* SPDX-License-Identifier: MIT */
/*
 * The worker's side of a slot.
 */
#include "worker/receiver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "worker/copy.h"
#include "worker/errors.h"
#include "worker/fate.h"
#include "worker/job.h"
#include "worker/life.h"
#include "worker/tell.h"

enum { STREAM_MOST = 256 };

static const char *const kinds[] = {
	[PLAN_SOURCE] = "source",      [PLAN_RUN] = "run",
	[PLAN_EXEC] = "exec",	       [PLAN_FILTER] = "filter",
	[PLAN_PLUGIN_SLOT] = "plugin", [PLAN_BUILTIN] = "builtin",
};

static uint32_t object_signal(const struct receiver *r, const char *name)
{
	const struct plan *p = r->turn->worker->world->plan;

	if (r->emit != PLAN_NONE &&
	    (name == r->spec.emit || strcmp(name, r->spec.emit) == 0))
		return r->emit;
	return worker_signal(p, PLAN_OBJECT, r->object, name);
}

/* With `full: fail` the message fails that is being handled, if there is one. */
static void refuse(struct receiver *r, struct job *job, const char *why)
{
	snprintf(r->refusal, sizeof(r->refusal), "%.*s", (int)sizeof(r->refusal) - 1,
		 why);
	if (job)
		job->refused = true;
	else
		tell_failure(r, why);
}

static int host_emit(struct slot *s, struct slot_job *j, const char *signal,
		     const char *payload, size_t size)
{
	struct receiver *r = s->user;
	struct job *job = j ? container_of(j, struct job, job) : NULL;
	struct payload p = {payload, size};
	struct sigslot_error err; /* large: not cleared for each output */
	uint32_t index = object_signal(r, signal);
	char from[132];
	int code;

	err.text[0] = '\0';
	if (index == PLAN_NONE) {
		log_line(tell_label(r, from),
			 "emits '%s', which is not one of its signals", signal);
		return -ENXIO;
	}
	code = worker_emit(r->turn->worker, index, &p, r->turn,
			   job ? job->record : NULL, index == r->emit, &err);
	if (code >= 0)
		return 0;
	if (code == -ENOBUFS) {
		refuse(r, job, err.text);
		return code;
	}
	log_line(tell_label(r, from), "%s: %s", signal, err.text);
	if (signal != r->spec.emit) /* a line of output is counted as misfit */
		board_add(&r->turn->board->dropped, 1);
	return code;
}

static void host_log(struct slot *s, const char *line, size_t size)
{
	char from[132];

	log_bytes(tell_label(s->user, from), line, size);
}

static void host_misfit(struct slot *s, uint64_t line, const char *reason)
{
	struct receiver *r = s->user;
	char from[132];

	board_add(&r->turn->board->misfit, 1);
	log_line(tell_label(r, from), "line %llu of its output is not a message: %s",
		 (unsigned long long)line, reason);
}

static struct slot_verdict refusal(const struct receiver *r,
				   const struct slot_verdict *v)
{
	struct slot_verdict refused = *v;

	refused.code = -ENOBUFS;
	snprintf(refused.reason, sizeof(refused.reason), "%s", r->refusal);
	return refused;
}

static void host_done(struct slot *s, struct slot_job *j, const struct slot_verdict *v)
{
	struct job *job = container_of(j, struct job, job);
	struct slot_verdict refused;

	(void)s;
	if (job->refused && !v->code) {
		refused = refusal(job->receiver, v);
		v = &refused;
	}
	job_settle(job, v);
}

/* As of waitpid(); -1: it never ran. */
static int wait_status(const struct slot_verdict *v)
{
	if (v->signal)
		return v->signal;
	return v->exit < 0 ? -1 : v->exit << 8;
}

static void host_ended(struct slot *s, const struct slot_verdict *v, bool for_good)
{
	struct receiver *r = s->user;
	char from[132];

	if (v->code && !r->turn->now) {
		log_line(tell_label(r, from), "ended: %s", v->reason);
		errors_keep(r, NULL, v, FAILURE_ENDED);
	}
	if (r->spec.kind->resident) {
		r->turn->board->command = r->turn->worker->world->object_ids[r->object];
		r->turn->board->command_status = wait_status(v);
	}
	if (!for_good)
		return;
	r->ended = true;
	if (!r->spec.kind->takes)
		tell_outcome(r, NULL, NULL, v);
	if (r->spec.kind->resident)
		worker_say(r->turn->worker, WIRE_ENDED, r->plan_slot,
			   (uint32_t)wait_status(v) |
				   (s->given_up ? WIRE_GIVEN_UP : 0) |
				   (s->finishing ? 0 : WIRE_BY_ITSELF));
	if (s->starting)
		life_fault(r->turn);
	life_check(r->turn);
}

static void host_changed(struct slot *s)
{
	struct receiver *r = s->user;

	r->turn->board->command_restarts += s->restarts - r->restarts;
	r->restarts = s->restarts;
	life_changed(r->turn);
}

static const struct slot_host host = {
	.emit = host_emit,
	.done = host_done,
	.log = host_log,
	.misfit = host_misfit,
	.ended = host_ended,
	.changed = host_changed,
};

void receiver_heed(struct receiver *r)
{
	const struct world *w = r->turn->worker->world;
	const struct plan_slot *s = &w->plan->slots[r->plan_slot];

	r->spec.untimed = !world_heard(w, s->finished) && !world_heard(w, s->failed) &&
			  !s->fate.mortal;
}

static void specify(struct receiver *r, const struct plan *p, const struct plan_slot *s)
{
	const struct plan_object *o = &p->objects[s->owned_by];
	const struct plan_process *process =
		&p->processes[p->loops[r->turn->index].process];
	bool plugin = s->kind == PLAN_PLUGIN_SLOT;

	r->spec = (struct slot_spec){
		.kind = slot_kind_find(kinds[s->kind]),
		.instance = p->name,
		.process = process->name,
		.loop = p->loops[r->turn->index].name,
		.object = o->name,
		.slot = plugin ? "" : s->name,
		.directory = p->directory,
		.text = plugin ? o->plugin : s->text,
		.argv = s->argv,
		.shell = s->shell,
		.env = process->env,
		.args = s->args,
		.args_none = s->args_none,
		.input_json = s->input_json,
		.reply_line = s->reply_line,
		.nice = process->nice,
		.timeout_ns = s->timeout_ns,
		.upkeep = s->upkeep,
		.output = s->emit == PLAN_NONE ? SLOT_LOG : SLOT_EMIT,
		.emit = s->emit == PLAN_NONE ? NULL : p->signals[s->emit].name,
		.config = o->config,
	};
	receiver_heed(r);
}

static struct receiver *create(struct turn *t, uint32_t plan_slot,
			       struct sigslot_error *err)
{
	const struct plan *p = t->worker->world->plan;
	const struct plan_slot *s = &p->slots[plan_slot];
	struct receiver *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->turn = t;
	r->plan_slot = plan_slot;
	r->object = s->owned_by;
	r->emit = s->emit;
	r->parallel = s->parallel > 1 ? s->parallel : 1;
	r->lasting = s->kind != PLAN_PLUGIN_SLOT && s->kind != PLAN_BUILTIN;
	r->stream = s->kind == PLAN_FILTER && !s->reply_line;
	row_init(&r->row, r->parallel > 1 ? s->key : NULL);
	specify(r, p, s);
	if (s->emit != PLAN_NONE &&
	    type_parse(p->signals[s->emit].type, &r->type, err) < 0) {
		free(r);
		return NULL;
	}
	r->spec.type = r->type;
	return r;
}

static int add_slots(struct turn *t, const struct plan_members *m,
		     struct sigslot_error *err)
{
	const struct plan *p = t->worker->world->plan;

	for (uint32_t i = 0; i < m->slots_len; i++) {
		uint32_t slot = m->first_slot + i;
		struct receiver **at;

		if (p->slots[slot].kind == PLAN_MEMBER || turn_receiver(t, slot))
			continue;
		at = vec_add(&t->receivers);
		if (!at || !(*at = create(t, slot, err)))
			return -ENOMEM;
	}
	return 0;
}

int receiver_add_all(struct turn *t, struct sigslot_error *err)
{
	const struct plan *p = t->worker->world->plan;
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < p->objects_len; i++)
		if (p->objects[i].loop == t->index)
			r = add_slots(t, &p->objects[i].members, err);
	return r;
}

void receiver_free(struct receiver *r)
{
	if (!r)
		return;
	slot_close(r->slot);
	type_free(r->type);
	free(r);
}

int receiver_open(struct receiver *r, struct sigslot_error *err)
{
	int code;

	if (r->slot)
		return 0;
	r->ended = false;
	r->restarts = 0;
	code = slot_open(&r->spec, &host, &r->turn->worker->loop, r, &r->slot, err);
	if (code == 0 && r->turn->held)
		slot_hold(r->slot, true);
	return code;
}

bool receiver_free_for(const struct receiver *r, const struct turn *t)
{
	if (r->stream)
		return (!t->busy || t->busy == r) && r->running < STREAM_MOST;
	if (t->busy || (r->row.path && row_full(&r->row)))
		return false;
	return r->running < r->parallel;
}

/* Bytes that a script put and no slot can take: the failure of this message. */
static void refuse_raw(struct receiver *r, struct job *job)
{
	static const struct slot_verdict no_text = {
		.code = -EILSEQ,
		.exit = -1,
		.final = true,
		.reason = "it was put as raw bytes, which are no text: not UTF-8",
		.err_tail = "",
	};

	meter_begin(job);
	host_done(r->slot, &job->job, &no_text);
}

void receiver_deliver(const struct station *at, struct record *record)
{
	struct receiver *r = at->receiver;
	const struct claim *c = &record->claim;
	struct turn *t = r->turn;
	struct job *job = pool_take(&t->job_pool, sizeof(*job));
	bool apart = r->parallel > 1 || (r->lasting && record->from->apart);
	int copied = job && r->slot ? copy_payload(record, apart) : -ENOMEM;

	if (copied == -ENOMEM) {
		record->again = true;
		if (job)
			pool_give(&t->job_pool, job);
		return;
	}
	job->record = record;
	job->receiver = r;
	job->id = at->id;
	job->beside = r->parallel > 1;
	job->stand.link = NULL;
	job->routes = routes_share(t->walk.routes);
	job->job.user = job->job.own = NULL;
	job->job.message = (struct sigslot_message){
		.slot = at->slot,
		.sender = at->sender,
		.signal = at->signal,
		.id = c->envelope.id,
		.seq = c->seq,
		.time_ns = c->envelope.time_ns,
		.attempt = fate_attempt(record),
		.payload = c->payload.data,
		.size = c->payload.size,
	};
	record->pending++;
	if (!job->beside) {
		t->busy = r;
		t->busy_len++;
	}
	if (copied < 0) {
		r->running++;
		refuse_raw(r, job);
	} else {
		job_begin(job);
	}
}
