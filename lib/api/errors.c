/* SPDX-License-Identifier: MIT */
/*
 * sigslot_errors(): what failed, from the files of the instances alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/instance.h"
#include "base/fd.h"
#include "base/vec.h"
#include "route/group.h"
#include "route/group.h"
#include "state/failures.h"
#include "state/runtime.h"

struct found {
	char instance[64], process[64];
	struct failure failure;
};

struct gathering {
	const struct sigslot_errors *what;
	const struct address *wanted; /* NULL: all of the instance */
	const struct instance *in; /* that is looked at */
	VEC(struct found) found;
	uint64_t gone;
};

/* --- which ones ------------------------------------------------------------------ */

static bool in_group(const struct sigslot_errors *what, const struct failure *f)
{
	for (size_t i = 0; i < what->names_len; i++)
		if (strcmp(what->names[i], f->group) == 0)
			return true;
	return !what->names_len;
}

/* A thing of that name, or one of its replicas. */
static bool is(const struct gathering *g, const char *thing)
{
	const char *name = g->wanted->name;

	return strcmp(thing, name) == 0 || group_has(g->in->routes, name, thing);
}

static bool wanted(const struct gathering *g, const char *process,
		   const struct failure *f)
{
	const struct address *a = g->wanted;

	if (g->what->groups)
		return in_group(g->what, f);
	if (!a)
		return true;
	if (*a->member)
		return is(g, f->object) && strcmp(a->member, f->slot) == 0;
	return is(g, f->object) || is(g, f->loop) || strcmp(a->name, process) == 0;
}

static int gather(void *data, const char *process, const struct failure *f)
{
	struct gathering *g = data;
	struct found *to;

	if (!wanted(g, process, f))
		return 0;
	to = vec_push(&g->found);
	if (!to)
		return -ENOMEM;
	snprintf(to->instance, sizeof(to->instance), "%s", g->in->name);
	snprintf(to->process, sizeof(to->process), "%s", process);
	to->failure = *f;
	return 0;
}

static int gather_from(struct gathering *g, const struct instance *in,
		       struct sigslot_error *err)
{
	uint64_t gone = 0;
	int r;

	g->in = in;
	r = failures_each(in->dir, gather, g, &gone);
	g->gone += gone;
	return r < 0 ? fail(err, r, "cannot read the errors of '%s': %s", in->name,
			    strerror(-r))
		     : 0;
}

static int gather_whole(struct gathering *g, const char *name,
			struct sigslot_error *err)
{
	struct instance in;
	int r = instance_open(name, &in, err);

	if (r < 0)
		return r;
	r = gather_from(g, &in, err);
	instance_done(&in);
	return r;
}

/* One that ends meanwhile is passed over. */
static int gather_next(void *data, const char *name)
{
	int r = gather_whole(data, name, NULL);

	return r == -ENOMEM ? r : 0;
}

static int gather_all(struct gathering *g, struct sigslot_error *err)
{
	const char *own = getenv("SIGSLOT_INSTANCE");
	_close_ int runtime = -1;
	int r;

	if (own && *own)
		return gather_whole(g, own, err);
	r = runtime_open(false, &runtime, err);
	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = runtime_each(runtime, gather_next, g);
	return r == -ENOMEM ? fail(err, r, "out of memory") : r;
}

static bool known(const struct instance *in, const struct address *a)
{
	return instance_has(in, a->name);
}

static int gather_named(struct gathering *g, const char *operand,
			struct sigslot_error *err)
{
	struct address a;
	struct instance in;
	int r = address_parse(operand, &a, err);

	if (r < 0)
		return r;
	if (!*a.instance && !*a.member && instance_open(a.name, &in, NULL) == 0) {
		r = gather_from(g, &in, err);
		instance_done(&in);
		return r;
	}
	r = instance_find(&a, &in, err);
	if (r < 0)
		return r;
	g->wanted = &a;
	r = known(&in, &a) ? gather_from(g, &in, err) : instance_no_name(&in, &a, err);
	g->wanted = NULL;
	instance_done(&in);
	return r;
}

/* --- in their order -------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	int order;

	if (x->failure.last_ns != y->failure.last_ns)
		return x->failure.last_ns < y->failure.last_ns ? -1 : 1;
	order = strcmp(x->instance, y->instance);
	order = order ? order : strcmp(x->process, y->process);
	if (order)
		return order;
	return x->failure.number < y->failure.number
		       ? -1
		       : x->failure.number > y->failure.number;
}

static int tell(const struct found *at, sigslot_failure_fn fn, void *data)
{
	const struct failure *f = &at->failure;
	char tail[FAILURE_TAIL + 1], signal[32] = "";
	struct sigslot_failure told = {
		.instance = at->instance,
		.process = *at->process ? at->process : f->object,
		.object = f->object,
		.slot = f->slot,
		.loop = f->loop,
		.group = f->group,
		.outcome = failure_outcome_text(f->outcome),
		.reason = f->reason,
		.exit = f->exit,
		.signal = signal,
		.attempt = f->attempt,
		.sender = f->sender,
		.sent_as = f->sent_as,
		.payload = f->payload,
		.payload_size = f->payload_size,
		.payload_len = f->payload_len,
		.tail = tail,
		.times = f->times,
		.time_ns = f->time_ns,
		.last_ns = f->last_ns,
		.took_ns = f->took_ns,
	};

	if (f->signal > 0 && sigabbrev_np(f->signal))
		snprintf(signal, sizeof(signal), "SIG%s", sigabbrev_np(f->signal));
	memcpy(tail, f->tail, f->tail_len);
	tail[f->tail_len] = '\0';
	return fn(data, &told);
}

int sigslot_errors(const struct sigslot_errors *what, sigslot_failure_fn fn, void *data,
		   uint64_t *ret_gone, struct sigslot_error *err)
{
	struct gathering g = {.what = what};
	int r = 0;

	if (what->groups || !what->names_len)
		r = gather_all(&g, err);
	else
		for (size_t i = 0; r == 0 && i < what->names_len; i++)
			r = gather_named(&g, what->names[i], err);
	if (r == 0)
		*ret_gone = g.gone;
	if (g.found.len)
		qsort(g.found.at, g.found.len, sizeof(*g.found.at), by_time);
	for (size_t i = 0; r == 0 && i < g.found.len; i++)
		if (!i || by_time(&g.found.at[i - 1], &g.found.at[i])) /* named twice */
			r = tell(&g.found.at[i], fn, data);
	vec_done(&g.found);
	return r;
}
