/* SPDX-License-Identifier: MIT */
/*
 * builtin: what needs no command. print: a line on standard output, log: a line of the
 * log, drop: nothing at all.
 */
#include <string.h>

#include "message/text.h"
#include "slot/kinds.h"
#include "slot/printer.h"
#include "slot/report.h"

struct builtin {
	const char *name;
	int (*open)(struct slot *s, struct sigslot_error *err);
	void (*deliver)(struct slot *s, struct slot_job *job);
	void (*close)(struct slot *s);
};

struct builtin_slot {
	struct slot slot;
	const struct builtin *builtin;
};

static const struct builtin *builtin_of(struct slot *s)
{
	return container_of(s, struct builtin_slot, slot)->builtin;
}

static void drop(struct slot *s, struct slot_job *job)
{
	static const struct slot_verdict ok = {.exit = -1, .err_tail = ""};

	report_done(s, job, &ok);
}

static void log_lines(struct slot *s, const char *text, size_t size)
{
	for (;;) {
		const char *newline = memchr(text, '\n', size);
		size_t line = newline ? (size_t)(newline - text) : size;

		report_log(s, text, line);
		if (!newline)
			return;
		text += line + 1;
		size -= line + 1;
	}
}

static void log_payload(struct slot *s, struct slot_job *job)
{
	_buf_ struct buf text = {0};
	struct slot_verdict v;

	if (text_of_payload(job->message.payload, job->message.size,
			    s->spec->input_json, &text) < 0) {
		v = report_verdict(-ENOMEM, false, "no memory for its line");
		report_done(s, job, &v);
		return;
	}
	log_lines(s, text.data ? text.data : "", text.size);
	drop(s, job);
}

static const struct builtin builtins[] = {
	{"print", printer_open, printer_deliver, printer_close},
	{"log", NULL, log_payload, NULL},
	{"drop", NULL, drop, NULL},
};

static int open_builtin(struct slot *s, struct sigslot_error *err)
{
	for (size_t i = 0; i < ARRAY_LEN(builtins); i++) {
		const struct builtin *b = &builtins[i];

		if (strcmp(b->name, s->spec->text) != 0)
			continue;
		container_of(s, struct builtin_slot, slot)->builtin = b;
		return b->open ? b->open(s, err) : 0;
	}
	return fail(err, -EINVAL, "there is no builtin '%s': print, log or drop",
		    s->spec->text);
}

static void deliver(struct slot *s, struct slot_job *job)
{
	builtin_of(s)->deliver(s, job);
}

static void close_builtin(struct slot *s)
{
	if (builtin_of(s)->close)
		builtin_of(s)->close(s);
}

const struct slot_kind kind_builtin = {
	.name = "builtin",
	.size = sizeof(struct builtin_slot),
	.takes = true,
	.open = open_builtin,
	.deliver = deliver,
	.close = close_builtin,
};
