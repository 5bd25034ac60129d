/* SPDX-License-Identifier: MIT */
/*
 * sigslot_clean(): removes what dead instances left, and what they left alive.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "api/instance.h"
#include "api/pair.h"
#include "api/revive.h"
#include "base/clock.h"
#include "queue/identity.h"
#include "state/lock.h"
#include "state/runtime.h"
#include "worker/stray.h"

enum { PATIENCE_NS = 200000000 }; /* for the workers of a dead run to end */

struct cleaning {
	bool force;
	sigslot_line_fn told;
	void *data;
	int runtime;
	bool kept;
};

static int count_queued(void *data, const struct sigslot_loop_info *info)
{
	*(uint64_t *)data += info->queued;
	return 0;
}

static void tell(const struct cleaning *c, const char *format, ...) _printf_(2, 3);
static void tell(const struct cleaning *c, const char *format, ...)
{
	char line[512];
	va_list args;

	if (!c->told)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	c->told(c->data, line);
}

/*
 * Under its own lock, so that nobody resumes it meanwhile: ends what the run left
 * alive, and removes its files unless they are to be kept. 1: it lives.
 */
static int clear_dead(struct cleaning *c, const char *name, int dir, bool keep)
{
	struct lock_note note;
	_close_ int lock = lock_take(dir, name, NULL);
	int r;

	if (lock < 0)
		return lock == -EEXIST ? 1 : lock;
	r = identity_evict(dir, PATIENCE_NS);
	if (r < 0)
		return r;
	if (lock_read(lock, &note) == 0 && *note.run)
		stray_kill(note.run, NULL);
	if (keep)
		return 0;
	r = revive_forget_all(dir);
	return r < 0 ? r : runtime_remove(c->runtime, name);
}

static void tell_outcome(struct cleaning *c, const char *name, uint64_t queued)
{
	if (queued && !c->force)
		tell(c, "kept '%s': %llu messages wait in it; --force drops them", name,
		     (unsigned long long)queued);
	else if (queued)
		tell(c, "removed '%s' with %llu messages", name,
		     (unsigned long long)queued);
	else
		tell(c, "removed '%s'", name);
	c->kept = c->kept || (queued && !c->force);
}

static int clean_one(void *data, const char *name)
{
	struct cleaning *c = data;
	struct instance in;
	uint64_t queued = 0;
	int r = instance_open(name, &in, NULL);
	bool keep;

	if (r == 0 && in.queue && pair_clean(c->runtime, name))
		tell(c, "removed '%s'", name);
	if (r < 0 || instance_lives(&in)) {
		if (r == 0)
			instance_done(&in);
		return 0;
	}
	sigslot_ps(name, count_queued, &queued, NULL);
	keep = queued && !c->force;
	r = clear_dead(c, name, in.dir, keep);
	if (r == 0)
		tell_outcome(c, name, queued);
	instance_done(&in);
	return r < 0 ? r : 0;
}

/* Nothing but durable queues is left of it: the machine was started since. */
static int clean_queues(struct cleaning *c, const char *name, struct sigslot_error *err)
{
	struct sigslot_error why = {0};
	uint64_t queued = 0;
	int r = revive_dead(name, c->force, &queued, &why);

	if (r < 0)
		return r == -ENOENT ? r : fail(err, r, "%s", why.text);
	*err = (struct sigslot_error){0};
	tell_outcome(c, name, queued);
	return c->kept;
}

int sigslot_clean(const char *instance, bool force, sigslot_line_fn told, void *data,
		  struct sigslot_error *err)
{
	struct cleaning c = {force, told, data, -1, false};
	_close_ int runtime = -1;
	struct instance in;
	int r = runtime_open(false, &runtime, err);

	if (r == -ENOENT && !instance)
		return 0;
	c.runtime = runtime;
	if (r == 0 && instance)
		r = instance_open(instance, &in, err);
	if (instance && (r == -ENOENT || r == -ENXIO)) {
		int cleaned = clean_queues(&c, instance, err);

		return cleaned == -ENOENT ? r : cleaned;
	}
	if (r < 0)
		return r;
	runtime_sweep(runtime);
	if (!instance)
		r = runtime_each(runtime, clean_one, &c);
	else if (in.queue)
		r = fail(err, -EINVAL,
			 "'%s' is a queue: 'sigslot queue rm %s' removes it", instance,
			 instance);
	else if (in.supervisor)
		r = fail(err, -EBUSY, "instance '%s' is running: stop it first",
			 instance);
	else
		r = clean_one(&c, instance);
	if (instance)
		instance_done(&in);
	if (r < 0 && r != -EBUSY && r != -EINVAL)
		return fail(err, r, "cannot remove what is left: %s", strerror(-r));
	return r < 0 ? r : c.kept;
}
