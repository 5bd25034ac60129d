/* SPDX-License-Identifier: MIT */
/*
 * The worker's side of a slot.
 */
#include "worker/receiver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "message/json.h"
#include "worker/life.h"

enum { STREAM_MOST = 256, ALIKE_SHOWN = 10 };

struct job {
	struct slot_job job;
	struct record *record;
	struct receiver *receiver;
	bool beside; /* the turn does not wait for it */
};

static const char *const kinds[] = {
	[PLAN_SOURCE] = "source",      [PLAN_RUN] = "run",
	[PLAN_EXEC] = "exec",	       [PLAN_FILTER] = "filter",
	[PLAN_PLUGIN_SLOT] = "plugin", [PLAN_BUILTIN] = "builtin",
};

/* "object", or "object.slot" where that says more. */
static const char *label(const struct receiver *r, char out[static 132])
{
	const char *slot = r->spec.slot;

	if (!*slot || strcmp(slot, "in") == 0 || r->spec.kind->takes == false)
		snprintf(out, 132, "%s", r->spec.object);
	else
		snprintf(out, 132, "%s.%s", r->spec.object, slot);
	return out;
}

static uint32_t object_signal(const struct receiver *r, const char *name)
{
	const struct plan *p = r->turn->worker->world->plan;

	if (r->emit != PLAN_NONE &&
	    (name == r->spec.emit || strcmp(name, r->spec.emit) == 0))
		return r->emit;
	return worker_signal(p, PLAN_OBJECT, r->object, name);
}

static int host_emit(struct slot *s, struct slot_job *j, const char *signal,
		     const char *payload, size_t size)
{
	struct receiver *r = s->user;
	struct job *job = j ? container_of(j, struct job, job) : NULL;
	struct payload p = {payload, size};
	struct sigslot_error err = {0};
	uint32_t index = object_signal(r, signal);
	char from[132];
	int code;

	if (index == PLAN_NONE) {
		log_line(label(r, from), "emits '%s', which is not one of its signals",
			 signal);
		return -ENXIO;
	}
	code = worker_emit(r->turn->worker, index, &p, r->turn,
			   job ? job->record : NULL, index == r->emit, &err);
	if (code >= 0)
		return 0;
	log_line(label(r, from), "%s: %s", signal, err.text);
	if (signal != r->spec.emit) /* a line of output is counted as misfit */
		board_add(&r->turn->board->dropped, 1);
	return code;
}

static void host_log(struct slot *s, const char *line, size_t size)
{
	char from[132];

	log_bytes(label(s->user, from), line, size);
}

static void host_misfit(struct slot *s, uint64_t line, const char *reason)
{
	struct receiver *r = s->user;
	char from[132];

	board_add(&r->turn->board->misfit, 1);
	log_line(label(r, from), "line %llu of its output is not a message: %s",
		 (unsigned long long)line, reason);
}

static int quote(struct buf *b, const char *text)
{
	size_t offset;

	if (json_quote(text, strlen(text), b, &offset) == 0)
		return 0;
	return buf_add_text(b, "\"(not UTF-8)\"");
}

/* {slot, exit, signal, seconds, attempt, payload, stderr} */
static int describe(const struct receiver *r, const struct job *job,
		    const struct slot_verdict *v, struct buf *b)
{
	const struct sigslot_message *m = job ? &job->job.message : NULL;
	int code = buf_add_text(b, "{\"slot\":");

	code = code ?: quote(b, m ? m->slot : r->spec.slot);
	code = code ?: buf_add_text(b, ",\"exit\":");
	code = code
		       ?: v->exit >= 0 ? buf_addf(b, "%d", v->exit)
				       : buf_add_text(b, "null");
	code = code ?: buf_add_text(b, ",\"signal\":");
	code = code
		       ?: v->signal ? buf_addf(b, "\"SIG%s\"", sigabbrev_np(v->signal))
				    : buf_add_text(b, "null");
	code = code
		       ?: buf_addf(b, ",\"seconds\":%.6f,\"attempt\":%u,\"payload\":",
				   (double)v->took_ns / 1e9, m ? m->attempt : 1);
	code = code ?: m ? buf_add(b, m->payload, m->size) : buf_add_text(b, "null");
	code = code ?: buf_add_text(b, ",\"stderr\":");
	code = code ?: quote(b, v->err_tail ? v->err_tail : "");
	return code ?: buf_add_byte(b, '}');
}

/* Apart: an error is large, and is cleared here only where somebody listens. */
static void tell_one(struct receiver *r, uint32_t signal, const struct job *job,
		     const struct buf *text)
{
	struct payload payload = {text->data, text->size};
	struct sigslot_error err = {0};

	if (worker_emit(r->turn->worker, signal, &payload, r->turn,
			job ? job->record : NULL, true, &err) < 0)
		log_line("sigslot", "%s", err.text);
}

static void tell(struct receiver *r, const struct job *job,
		 const struct slot_verdict *v)
{
	const struct plan *p = r->turn->worker->world->plan;
	const struct plan_slot *s = &p->slots[r->plan_slot];
	uint32_t signals[] = {v->code ? s->failed : PLAN_NONE, s->finished};
	_buf_ struct buf b = {0};

	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		if (signals[i] == PLAN_NONE || !p->signals[signals[i]].targets_len)
			continue;
		if (!b.size && describe(r, job, v, &b) < 0)
			return;
		tell_one(r, signals[i], job, &b);
	}
}

/*
 * A reader that has gone fails every message to come: of failures alike in a row the
 * first ones are logged, then the 100th, 1000th and so on. All of them are counted.
 */
static void log_failure(struct receiver *r, const char *reason)
{
	uint64_t n = strcmp(r->reason, reason) ? 0 : r->alike;
	char from[132];

	snprintf(r->reason, sizeof(r->reason), "%s", reason);
	r->alike = ++n;
	if (n <= ALIKE_SHOWN) {
		log_line(label(r, from), "failed: %s", reason);
		return;
	}
	while (n % 10 == 0)
		n /= 10;
	if (n == 1)
		log_line(label(r, from), "failed: %s, %llu times in a row", reason,
			 (unsigned long long)r->alike);
}

static void host_done(struct slot *s, struct slot_job *j, const struct slot_verdict *v)
{
	struct job *job = container_of(j, struct job, job);
	struct receiver *r = s->user;
	struct turn *t = r->turn;
	struct record *record = job->record;
	bool again = (v->code == -EAGAIN && !v->final) || (v->code && t->now);

	if (again) {
		record->again = true;
	} else if (v->code) {
		board_add(&t->board->failed, 1);
		log_failure(r, v->reason);
	} else {
		r->alike = 0;
	}
	if (!again)
		tell(r, job, v);
	r->running--;
	if (!job->beside && --t->busy_len == 0)
		t->busy = NULL;
	free(job);
	turn_release(record);
	turn_pump(t);
}

static void host_ended(struct slot *s, const struct slot_verdict *v, bool for_good)
{
	struct receiver *r = s->user;
	char from[132];

	if (v->code && !r->turn->now)
		log_line(label(r, from), "ended: %s", v->reason);
	if (!for_good)
		return;
	r->ended = true;
	if (!r->spec.kind->takes) {
		tell(r, NULL, v);
		worker_say(r->turn->worker, WIRE_SOURCE, r->turn->index, 0);
	}
	life_check(r->turn);
}

static const struct slot_host host = {
	.emit = host_emit,
	.done = host_done,
	.log = host_log,
	.misfit = host_misfit,
	.ended = host_ended,
};

static bool heard(const struct plan *p, uint32_t signal)
{
	return signal != PLAN_NONE && p->signals[signal].targets_len;
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
		.output = s->emit == PLAN_NONE ? SLOT_LOG : SLOT_EMIT,
		.emit = s->emit == PLAN_NONE ? NULL : p->signals[s->emit].name,
		.config = o->config,
		.untimed = !heard(p, s->finished) && !heard(p, s->failed),
	};
}

struct receiver *receiver_new(struct turn *t, uint32_t plan_slot,
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
	specify(r, p, s);
	if (s->emit != PLAN_NONE &&
	    type_parse(p->signals[s->emit].type, &r->type, err) < 0) {
		free(r);
		return NULL;
	}
	r->spec.type = r->type;
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
	code = slot_open(&r->spec, &host, &r->turn->worker->loop, r, &r->slot, err);
	if (code == 0 && r->turn->held)
		slot_hold(r->slot, true);
	return code;
}

bool receiver_free_for(const struct receiver *r, const struct turn *t)
{
	if (r->stream)
		return (!t->busy || t->busy == r) && r->running < STREAM_MOST;
	if (t->busy)
		return false;
	return r->running < r->parallel;
}

/*
 * A message whose command may run for long must not hold its place in a queue from
 * which others are done meanwhile: the command reads a copy, and the record may be
 * moved.
 */
static int detach(struct record *record)
{
	struct claim *c = &record->claim;

	if (record->copy)
		return 0;
	record->copy = malloc(c->payload.size + 1);
	if (!record->copy)
		return -ENOMEM;
	memcpy(record->copy, c->payload.data, c->payload.size);
	queue_unpin(record->from->queue, c, 1);
	c->payload.data = record->copy;
	return 0;
}

void receiver_deliver(struct receiver *r, struct record *record,
		      const struct receiver_id *id)
{
	const struct world *w = r->turn->worker->world;
	const struct route_name *sender = routes_name(w->routes, id->sender);
	const struct route_name *signal = routes_name(w->routes, id->signal);
	const struct claim *c = &record->claim;
	struct job *job = malloc(sizeof(*job));
	struct turn *t = r->turn;

	bool apart = r->parallel > 1 || (r->lasting && record->from->takers.len);

	if (!job || !r->slot || (apart && detach(record) < 0)) {
		record->again = true;
		free(job);
		return;
	}
	*job = (struct job){.record = record, .receiver = r, .beside = r->parallel > 1};
	job->job.message = (struct sigslot_message){
		.slot = w->plan->slots[w->slots_by_id[id->slot]].name,
		.sender = sender ? routes_text(w->routes, sender->owner) : "",
		.signal = signal ? routes_text(w->routes, signal->member) : "",
		.id = c->envelope.id,
		.seq = c->seq,
		.time_ns = c->envelope.time_ns,
		.attempt = c->attempt,
		.payload = c->payload.data,
		.size = c->payload.size,
	};
	record->pending++;
	r->running++;
	if (!job->beside) {
		t->busy = r;
		t->busy_len++;
	}
	slot_deliver(r->slot, &job->job);
}
