/* SPDX-License-Identifier: MIT */
/*
 * What runs is compared with what the file says by now, process by process.
 */
#include "supervisor/reload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "base/log.h"
#include "supervisor/change.h"
#include "supervisor/fork.h"
#include "supervisor/naming.h"
#include "supervisor/notify.h"
#include "supervisor/pass.h"
#include "supervisor/retire.h"
#include "supervisor/rewire.h"

/* Sizes are of files that stand. */
static void tell_sizes(const struct plan *a, const struct plan *b)
{
	for (uint32_t i = 0; i < a->loops_len; i++)
		if (*a->loops[i].name && *b->loops[i].name &&
		    (a->loops[i].size != b->loops[i].size ||
		     a->loops[i].messages != b->loops[i].messages))
			log_line(
				"sigslot",
				"the queue of '%s' stays as large as it is until it is "
				"run again",
				b->loops[i].name);
	for (uint32_t i = 0; i < a->queues_len; i++)
		if (*a->queues[i].name && *b->queues[i].name &&
		    (a->queues[i].size != b->queues[i].size ||
		     a->queues[i].messages != b->queues[i].messages))
			log_line("sigslot",
				 "queue '%s' stays as large as it is until it is run "
				 "again",
				 b->queues[i].name);
}

/* What is said to who asked; one line of it goes to the log. */
static void tell(const struct change *c, struct buf *said)
{
	_buf_ struct buf line = {0};

	change_tell(c, said);
	change_sum_up(c, &line);
	log_line("sigslot", "reloaded %s: %s", c->b->file, line.size ? line.data : "");
	tell_sizes(c->a, c->b);
}

/* From here on nothing can fail. */
static void apply(struct supervisor *s, struct buf *said)
{
	const struct plan *before = plan_share(s->plan), *next = wiring_next(s->wiring);

	tell(&(struct change){before, next, s->hands}, said);
	rewire_tell(s, next);
	wiring_commit(s->wiring);
	s->plan = s->world.plan = wiring_plan(s->wiring);
	for (uint32_t i = before->processes_len; i < s->plan->processes_len; i++)
		hand_employ(s, i);
	pass_begin(s, before);
	plan_free(before);
	instance_show(s->plan, &s->world);
	if (s->ready)
		reserve_begin(s);
}

/* Everything that can fail comes first, and is taken back. */
static int prepare(struct supervisor *s, struct sigslot_error *err)
{
	const struct plan *next = wiring_next(s->wiring);
	int r;

	pass_mark(s, next);
	r = fork_places(next, err) ?: retire_judge(s, next, err);
	if (r == 0)
		r = instance_extend(next, &s->world, err);
	if (r == 0) {
		r = naming_reload(&s->world, next, err);
		if (r < 0)
			instance_retract(next, &s->world);
	}
	if (r < 0)
		pass_mark(s, s->plan);
	return r;
}

static int reload(struct supervisor *s, sigslot_report_fn report, void *data,
		  struct buf *said, struct sigslot_error *err)
{
	const struct supervisor_options *o = s->options;
	int r;

	if (s->stop.active || s->ending)
		return fail(err, -ESHUTDOWN, "instance '%s' is stopping",
			    s->plan->name);
	if (s->passing)
		return fail(err, -EAGAIN,
			    "instance '%s' still does what it was told by the last "
			    "reload: try again",
			    s->plan->name);
	notify_reloading(s);
	r = o->reload(o->reload_data, s->wiring, report, data, err);
	if (r == 0)
		r = prepare(s, err);
	if (r == 0)
		apply(s, said);
	else
		wiring_forget(s->wiring);
	if (r < 0)
		notify_reloaded(s);
	return r;
}

static void collect(void *data, const struct sigslot_error *problem, const char *line)
{
	struct reload_problem p = {.problem = *problem};

	snprintf(p.source_line, sizeof(p.source_line), "%s", line ? line : "");
	buf_add(data, &p, sizeof(p)); /* without memory one less is told */
}

int reload_ask(struct supervisor *s, int *ret_fd, struct sigslot_error *err)
{
	_buf_ struct buf problems = {0}, said = {0};
	const struct buf *out = &said;
	_close_ int fd = -1;
	int r = reload(s, collect, &problems, &said, err);

	if (r < 0)
		out = &problems;
	if (!out->size)
		return r;
	fd = memfd_create("reload", MFD_CLOEXEC);
	if (fd < 0 || fd_write(fd, out->data, out->size) < 0)
		return r;
	lseek(fd, 0, SEEK_SET);
	*ret_fd = TAKE_FD(fd);
	return r;
}

static void log_problem(void *data, const struct sigslot_error *p, const char *line)
{
	(void)data;
	(void)line;
	if (p->line)
		log_line("sigslot", "%s:%u:%u: %s", p->source, p->line, p->column,
			 p->text);
	else
		log_line("sigslot", "%s: %s", p->source, p->text);
}

void reload_hang_up(struct supervisor *s)
{
	struct sigslot_error err = {0};
	_buf_ struct buf said = {0};

	s->hung_up = s->passing;
	if (s->passing)
		return;

	if (reload(s, log_problem, NULL, &said, &err) < 0)
		log_line("sigslot", "not reloaded: %s", err.text);
}

void reload_check(struct supervisor *s)
{
	if (s->hung_up && !s->passing && !s->stop.active)
		reload_hang_up(s);
}
