/* SPDX-License-Identifier: MIT */
/*
 * run and exec: a command per message, any number of them at the same time. The
 * payload goes to stdin and to the arguments, never into the text of the command.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "message/text.h"
#include "slot/kinds.h"
#include "slot/process.h"
#include "slot/report.h"

struct commands {
	struct slot slot;
	struct launch launch;
	struct command *first;
};

struct command {
	struct process process;
	struct command *next, **link; /* of its slot's list */
	struct buf input;
	size_t sent;
};

static struct commands *commands_of(struct slot *s)
{
	return container_of(s, struct commands, slot);
}

static int open_commands(struct slot *s, struct sigslot_error *err)
{
	struct commands *cs = commands_of(s);
	int r = launch_init(&cs->launch, s->spec, s);

	return r < 0 ? fail(err, r, "no memory for slot '%s'", s->spec->slot) : 0;
}

static void free_command(struct command *c)
{
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	buf_done(&c->input);
	free(c);
}

static void line(struct process *p, enum lines_found found, const char *text,
		 size_t size)
{
	report_line(p->slot, p->job, found, text, size, &p->payload);
}

/* A command that does not read its input is as good as one that does. */
static void room(struct process *p)
{
	struct command *c = container_of(p, struct command, process);

	while (c->sent < c->input.size) {
		ssize_t n =
			write(p->in, c->input.data + c->sent, c->input.size - c->sent);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			process_want_room(p, true);
			return;
		}
		if (n < 0)
			break;
		c->sent += (size_t)n;
	}
	process_close_in(p);
	buf_done(&c->input);
}

/* Freed before the host is told, so that it may do anything in done(). */
static void ended(struct process *p, struct slot_verdict *v)
{
	struct slot *s = p->slot;
	struct slot_job *job = p->job;
	struct slot_verdict verdict = *v;
	struct tail tail = p->tail;

	verdict.err_tail = tail.text;
	free_command(container_of(p, struct command, process));
	report_done(s, job, &verdict);
}

static int make_args(struct slot *s, const struct slot_job *job, struct text_args *ret,
		     struct sigslot_error *err)
{
	const struct slot_spec *spec = s->spec;

	if (spec->args_none || (spec->argv && !spec->args))
		return 0;
	return text_args_of(job->message.payload, job->message.size, spec->args, ret,
			    err);
}

static struct command *new_command(struct commands *cs, struct slot_job *job)
{
	struct command *c = calloc(1, sizeof(*c));
	bool logs = cs->slot.spec->output == SLOT_LOG;

	if (!c)
		return NULL;
	c->process = (struct process){.slot = &cs->slot,
				      .job = job,
				      .line = logs ? NULL : line,
				      .room = room,
				      .ended = ended};
	c->next = cs->first;
	c->link = &cs->first;
	if (c->next)
		c->next->link = &c->next;
	cs->first = c;
	if (text_of_payload(job->message.payload, job->message.size,
			    cs->slot.spec->input_json, &c->input) == 0 &&
	    buf_add_byte(&c->input, '\n') == 0)
		return c;
	free_command(c);
	return NULL;
}

static int begin(struct commands *cs, struct slot_job *job, struct slot_verdict *ret_v)
{
	_cleanup_(text_args_done) struct text_args args = {0};
	struct sigslot_error err = {0};
	struct command *c;
	int r = make_args(&cs->slot, job, &args, &err);

	if (r < 0) {
		*ret_v = report_verdict(r, r != -ENOMEM, "%s", err.text);
		return r;
	}
	c = new_command(cs, job);
	if (!c) {
		*ret_v = report_verdict(-ENOMEM, false, "no memory for its input");
		return -ENOMEM;
	}
	r = process_start(&c->process, &cs->launch, &args, cs->slot.spec->timeout_ns,
			  ret_v);
	if (r < 0)
		free_command(c);
	return r;
}

static void deliver(struct slot *s, struct slot_job *job)
{
	struct slot_verdict v;

	if (begin(commands_of(s), job, &v) < 0)
		report_done(s, job, &v);
}

static void hold(struct slot *s, bool held)
{
	for (struct command *c = commands_of(s)->first; c; c = c->next)
		process_hold(&c->process, held);
}

static void close_commands(struct slot *s)
{
	struct commands *cs = commands_of(s);

	while (cs->first) {
		process_done(&cs->first->process);
		free_command(cs->first);
	}
	launch_done(&cs->launch);
}

const struct slot_kind kind_run = {
	.name = "run",
	.size = sizeof(struct commands),
	.takes = true,
	.open = open_commands,
	.deliver = deliver,
	.hold = hold,
	.close = close_commands,
};

const struct slot_kind kind_exec = {
	.name = "exec",
	.size = sizeof(struct commands),
	.takes = true,
	.open = open_commands,
	.deliver = deliver,
	.hold = hold,
	.close = close_commands,
};
