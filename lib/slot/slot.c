/* SPDX-License-Identifier: MIT */
/*
 * The kinds and what is the same for all of them. To add a kind, define it in a file
 * of its own and list it here.
 */
#include "slot/slot.h"

#include <signal.h>
#include <string.h>

#include "slot/groups.h"
#include "slot/kinds.h"
#include "slot/report.h"

static const struct slot_kind *const kinds[] = {
	&kind_builtin, &kind_exec, &kind_filter, &kind_plugin, &kind_run, &kind_source,
};

const struct slot_kind *slot_kind_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strcmp(kinds[i]->name, name) == 0)
			return kinds[i];
	return NULL;
}

int slot_open(const struct slot_spec *spec, const struct slot_host *host,
	      struct loop *loop, void *user, struct slot **ret,
	      struct sigslot_error *err)
{
	struct slot *s = calloc(1, spec->kind->size);
	int r;

	if (!s)
		return fail(err, -ENOMEM, "no memory for a slot of '%s'", spec->object);
	*s = (struct slot){.spec = spec, .host = host, .loop = loop, .user = user};
	r = spec->kind->open(s, err);
	if (r < 0) {
		free(s);
		return r;
	}
	*ret = s;
	return 0;
}

void slot_deliver(struct slot *s, struct slot_job *job)
{
	s->running++;
	s->spec->kind->deliver(s, job);
}

void slot_finish(struct slot *s)
{
	static const struct slot_verdict ok = {.exit = -1, .err_tail = ""};

	if (s->finishing)
		return;
	s->finishing = true;
	if (s->spec->kind->finish)
		s->spec->kind->finish(s);
	else if (!s->running)
		report_ended(s, &ok, true);
}

void slot_hold(struct slot *s, bool held)
{
	if (s->held == held)
		return;
	s->held = held;
	if (s->spec->kind->hold)
		s->spec->kind->hold(s, held);
}

size_t slot_unread(struct slot *s)
{
	return s->spec->kind->unread ? s->spec->kind->unread(s) : 0;
}

void slot_kill(struct slot *s, int sig)
{
	groups_kill(s, sig);
	if (sig == SIGTERM)
		groups_kill(s, SIGCONT);
}

static void close_now(struct slot *s)
{
	s->spec->kind->close(s);
	groups_forget(s);
	free(s);
}

static void close_later(struct later *x)
{
	close_now(container_of(x, struct slot, gone));
}

void slot_close(struct slot *s)
{
	if (!s)
		return;
	groups_kill(s, SIGKILL);
	if (!s->inside) {
		close_now(s);
		return;
	}
	s->closed = s->over = true;
	s->kept = *s->spec;
	s->spec = &s->kept;
	loop_later(s->loop, &s->gone, close_later);
}
