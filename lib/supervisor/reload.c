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
#include "supervisor/naming.h"
#include "supervisor/rewire.h"

static bool has(const struct plan *p, const struct plan_connection *c)
{
	for (uint32_t i = 0; i < p->connections_len; i++)
		if (strcmp(p->connections[i].from, c->from) == 0 &&
		    strcmp(p->connections[i].to, c->to) == 0)
			return true;
	return false;
}

/* How many connections a has that b has not. */
static unsigned more(const struct plan *a, const struct plan *b)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < a->connections_len; i++)
		n += !has(b, &a->connections[i]);
	return n;
}

static void tell(const struct supervisor *s, const struct plan *next)
{
	_buf_ struct buf names = {0};
	uint32_t came = more(next, s->plan);

	for (uint32_t i = 0; i < next->processes_len; i++)
		if (next->processes[i].sum != s->plan->processes[i].sum)
			buf_addf(&names, "%s'%s'", names.size ? ", " : "",
				 next->processes[i].name);
	log_line("sigslot", "reloaded %s: %u connection%s came, %u went, restarts %s",
		 next->file, came, came == 1 ? "" : "s", more(s->plan, next),
		 names.size ? names.data : "nothing");
	for (uint32_t i = 0; i < next->loops_len; i++)
		if (next->loops[i].size != s->plan->loops[i].size ||
		    next->loops[i].messages != s->plan->loops[i].messages)
			log_line(
				"sigslot",
				"the queue of '%s' stays as large as it is until it is "
				"run again",
				next->loops[i].name);
	for (uint32_t i = 0; i < next->queues_len; i++)
		if (next->queues[i].size != s->plan->queues[i].size ||
		    next->queues[i].messages != s->plan->queues[i].messages)
			log_line("sigslot",
				 "queue '%s' stays as large as it is until it is run "
				 "again",
				 next->queues[i].name);
}

/* From here on nothing can fail. */
static void apply(struct supervisor *s, bool *changed)
{
	const struct plan *next = wiring_next(s->wiring);

	for (uint32_t i = 0; i < next->processes_len; i++)
		changed[i] = next->processes[i].sum != s->plan->processes[i].sum;
	tell(s, next);
	rewire_tell(s, next);
	wiring_commit(s->wiring);
	s->plan = s->world.plan = wiring_plan(s->wiring);
	for (uint32_t i = 0; i < s->plan->processes_len; i++)
		if (changed[i])
			order_process(s, "restart", i);
}

static int reload(struct supervisor *s, sigslot_report_fn report, void *data,
		  struct sigslot_error *err)
{
	const struct supervisor_options *o = s->options;
	_free_ bool *changed = calloc(s->plan->processes_len, sizeof(*changed));
	int r;

	if (s->stop.active || s->ending)
		return fail(err, -ESHUTDOWN, "instance '%s' is stopping",
			    s->plan->name);
	if (!changed)
		return fail(err, -ENOMEM, "out of memory");
	r = o->reload(o->reload_data, s->wiring, report, data, err);
	if (r == 0)
		r = naming_reload(&s->world, wiring_next(s->wiring), err);
	if (r == 0)
		apply(s, changed);
	else
		wiring_forget(s->wiring);
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
	_buf_ struct buf problems = {0};
	_close_ int fd = -1;
	int r = reload(s, collect, &problems, err);

	if (!problems.size)
		return r;
	fd = memfd_create("problems", MFD_CLOEXEC);
	if (fd < 0 || fd_write(fd, problems.data, problems.size) < 0)
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

	if (reload(s, log_problem, NULL, &err) < 0)
		log_line("sigslot", "not reloaded: %s", err.text);
}
