/* SPDX-License-Identifier: MIT */
/*
 * What one plan has that another, made like it, has not; in words.
 */
#ifndef SUPERVISOR_CHANGE_H
#define SUPERVISOR_CHANGE_H

#include "base/buf.h"
#include "plan/plan.h"

/* What ran, what is to run, and the processes, marked for it: see pass_mark(). */
struct change {
	const struct plan *a, *b;
	const struct hand *hands;
};

/*
 * Adds a line for each connection, loop, queue and process that differs: "connected
 * a.s -> b", "added loop b", "restarted process main". Without memory some are missing.
 */
void change_tell(const struct change *c, struct buf *out);

/* Adds all of that as one line: "2 connections came, 1 went, restarts 'main'". */
void change_sum_up(const struct change *c, struct buf *out);

#endif
