/* SPDX-License-Identifier: MIT */
/*
 * What a slot tells its host: verdicts, lines of output, the log. Internal to lib/slot.
 */
#ifndef SLOT_REPORT_H
#define SLOT_REPORT_H

#include "base/buf.h"
#include "slot/lines.h"
#include "slot/slot.h"

/* A verdict without a command. */
struct slot_verdict report_verdict(int code, bool final, const char *format, ...)
	_printf_(3, 4);

/* The verdict on a status as of waitpid(). */
struct slot_verdict report_status(int status);

/*
 * The calls of the host. A slot that was closed by one of them makes none any more:
 * then these do nothing, and the host's job may be gone.
 */
int report_emit(struct slot *s, struct slot_job *job, const char *signal,
		const char *payload, size_t size);
void report_log(struct slot *s, const char *line, size_t size);

/* A job is done: the last that is done with it. */
void report_done(struct slot *s, struct slot_job *job, const struct slot_verdict *v);

/* A resident has ended; for good at most once. */
void report_ended(struct slot *s, const struct slot_verdict *v, bool for_good);

/* A resident is ready, waits for its next start, or was started. */
void report_changed(struct slot *s);

/*
 * A line of stdout: counted, then logged or emitted, or told as a misfit. `scratch`
 * keeps the payload from line to line. Returns 0, or a negative errno for a misfit.
 */
int report_line(struct slot *s, struct slot_job *job, enum lines_found found,
		const char *line, size_t size, struct buf *scratch);

/* How long a line of the log may be, and one that is emitted. */
enum { REPORT_LOG_LINE = 16 * 1024, REPORT_LINE = 1024 * 1024 };

#endif
