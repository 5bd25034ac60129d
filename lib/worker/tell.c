/* SPDX-License-Identifier: MIT */
/*
 * How a message went: the signals `finished` and `failed`, and lines of the log.
 */
#include "worker/tell.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "message/json.h"

enum { ALIKE_SHOWN = 10 };

const char *tell_label(const struct receiver *r, char out[static 132])
{
	const char *slot = r->spec.slot;

	if (!*slot || strcmp(slot, "in") == 0 || r->spec.kind->takes == false)
		snprintf(out, 132, "%s", r->spec.object);
	else
		snprintf(out, 132, "%s.%s", r->spec.object, slot);
	return out;
}

static int quote(struct buf *b, const char *text)
{
	size_t offset;

	if (json_quote(text, strlen(text), b, &offset) == 0)
		return 0;
	return buf_add_text(b, "\"(not UTF-8)\"");
}

/* {slot, exit, signal, seconds, attempt, payload, stderr}; without the last brace. */
static int describe(const struct receiver *r, const struct slot_job *job,
		    const struct slot_verdict *v, bool payload, struct buf *b)
{
	const struct sigslot_message *m = job ? &job->message : NULL;
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
	code = code
		       ?: m && payload ? buf_add(b, m->payload, m->size)
				       : buf_add_text(b, "null");
	code = code ?: buf_add_text(b, ",\"stderr\":");
	return code ?: quote(b, v->err_tail ? v->err_tail : "");
}

/* Apart: an error is large, and is cleared here only where somebody listens. */
static int tell_one(struct receiver *r, uint32_t signal, struct record *record,
		    const struct buf *text)
{
	struct payload payload = {text->data, text->size};
	struct sigslot_error err = {0};
	int code = worker_emit(r->turn->worker, signal, &payload, r->turn, record, true,
			       &err);

	if (code < 0)
		log_line("sigslot", "%s", err.text);
	return code;
}

static int describe_dead(struct receiver *r, const struct slot_job *job,
			 const struct slot_verdict *v, bool payload, struct buf *b)
{
	const struct sigslot_message *m = &job->message;
	int code = describe(r, job, v, payload, b);

	code = code ?: buf_add_text(b, ",\"from\":");
	code = code
		       ?: *m->sender ? buf_addf(b, "\"%s.%s\"", m->sender, m->signal)
				     : buf_add_text(b, "null");
	code = code ?: buf_add_text(b, ",\"reason\":");
	code = code ?: quote(b, v->reason);
	return code ?: buf_add_byte(b, '}');
}

int tell_note(struct receiver *r, const struct slot_job *job,
	      const struct slot_verdict *v, struct buf *ret)
{
	return describe_dead(r, job, v, false, ret);
}

int tell_dead(struct receiver *r, uint32_t signal, const struct slot_job *job,
	      struct record *record, const struct slot_verdict *v)
{
	_buf_ struct buf b = {0};
	int code = describe_dead(r, job, v, true, &b);

	return code ?: tell_one(r, signal, record, &b);
}

void tell_outcome(struct receiver *r, const struct slot_job *job, struct record *record,
		  const struct slot_verdict *v)
{
	const struct world *w = r->turn->worker->world;
	const struct plan_slot *s = &w->plan->slots[r->plan_slot];
	uint32_t signals[] = {v->code ? s->failed : PLAN_NONE, s->finished};
	_buf_ struct buf b = {0};

	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		if (!world_heard(w, signals[i]))
			continue;
		if (!b.size &&
		    (describe(r, job, v, true, &b) < 0 || buf_add_byte(&b, '}') < 0))
			return;
		tell_one(r, signals[i], record, &b);
	}
}

/*
 * A reader that has gone fails every message to come: of failures alike in a row the
 * first ones are logged, then the 100th, 1000th and so on. All of them are counted.
 */
void tell_failure(struct receiver *r, const char *reason)
{
	uint64_t n = strcmp(r->reason, reason) ? 0 : r->alike;
	char from[132];

	snprintf(r->reason, sizeof(r->reason), "%s", reason);
	r->alike = ++n;
	if (n <= ALIKE_SHOWN) {
		log_line(tell_label(r, from), "failed: %s", reason);
		return;
	}
	while (n % 10 == 0)
		n /= 10;
	if (n == 1)
		log_line(tell_label(r, from), "failed: %s, %llu times in a row", reason,
			 (unsigned long long)r->alike);
}
