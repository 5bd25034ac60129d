/* SPDX-License-Identifier: MIT */
/*
 * Verdicts and lines on their way to the host. Decides nothing but what is final.
 */
#include "slot/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "message/text.h"

struct slot_verdict report_verdict(int code, bool final, const char *format, ...)
{
	struct slot_verdict v = {
		.code = code, .exit = -1, .final = final, .err_tail = ""};
	va_list args;

	va_start(args, format);
	vsnprintf(v.reason, sizeof(v.reason), format, args);
	va_end(args);
	return v;
}

static bool final_status(int status)
{
	return status == 65 || (status >= 125 && status <= 127);
}

struct slot_verdict report_status(int status)
{
	struct slot_verdict v = {.exit = -1, .err_tail = ""};
	const char *name;

	if (WIFEXITED(status)) {
		v.exit = WEXITSTATUS(status);
		v.final = final_status(v.exit);
		if (v.exit)
			snprintf(v.reason, sizeof(v.reason), "exited with status %d",
				 v.exit);
	} else {
		v.signal = WTERMSIG(status);
		name = sigabbrev_np(v.signal);
		snprintf(v.reason, sizeof(v.reason), "was ended by signal %d (SIG%s)",
			 v.signal, name ? name : "?");
	}
	v.code = v.exit == 0 ? 0 : -ECHILD;
	return v;
}

int report_emit(struct slot *s, struct slot_job *job, const char *signal,
		const char *payload, size_t size)
{
	int r;

	if (s->closed)
		return -ESHUTDOWN;
	s->inside++;
	r = s->host->emit(s, job, signal, payload, size);
	s->inside--;
	return r;
}

void report_log(struct slot *s, const char *line, size_t size)
{
	if (s->closed)
		return;
	s->inside++;
	s->host->log(s, line, size);
	s->inside--;
}

static void misfit(struct slot *s, const char *reason)
{
	if (s->closed)
		return;
	s->inside++;
	s->host->misfit(s, s->lines, reason);
	s->inside--;
}

void report_done(struct slot *s, struct slot_job *job, const struct slot_verdict *v)
{
	static const struct slot_verdict ok = {.exit = -1, .err_tail = ""};

	if (s->closed)
		return;
	job->own = NULL;
	s->running--;
	s->inside++;
	s->host->done(s, job, v);
	s->inside--;
	if (s->finishing && !s->running && !s->spec->kind->finish)
		report_ended(s, &ok, true);
}

void report_ended(struct slot *s, const struct slot_verdict *v, bool for_good)
{
	if (s->over)
		return;
	s->over = for_good;
	s->inside++;
	s->host->ended(s, v, for_good);
	s->inside--;
}

void report_changed(struct slot *s)
{
	if (s->closed)
		return;
	s->inside++;
	s->host->changed(s);
	s->inside--;
}

static int emit_line(struct slot *s, struct slot_job *job, const char *line,
		     size_t size, struct buf *scratch)
{
	struct sigslot_error
		err; /* not cleared: it is large, and this is for each line */
	struct text_view text = {line, size};
	int r;

	scratch->size = 0;
	r = text_take(&text, s->spec->type, SIGSLOT_BY_TYPE, scratch, &err);
	if (r == 0) {
		if (!text.at)
			text = (struct text_view){scratch->data, scratch->size};
		r = report_emit(s, job, s->spec->emit, text.at, text.size);
		if (r < 0)
			fail(&err, r, "cannot be emitted: %s", strerror(-r));
	}
	if (r < 0 && r != -ENOBUFS) /* that one is no fault of the line */
		misfit(s, err.text);
	return r;
}

int report_line(struct slot *s, struct slot_job *job, enum lines_found found,
		const char *line, size_t size, struct buf *scratch)
{
	if (s->closed)
		return -ESHUTDOWN;
	s->lines++;
	if (found == LINES_LONG) {
		misfit(s, "longer than 1 MiB");
		return -EMSGSIZE;
	}
	if (s->spec->output == SLOT_EMIT)
		return emit_line(s, job, line, size, scratch);
	report_log(s, line, size);
	return 0;
}
