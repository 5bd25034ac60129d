/* SPDX-License-Identifier: MIT */
/*
 * What one plan has that another, made like it, has not; in words.
 */
#ifndef SUPERVISOR_CHANGE_H
#define SUPERVISOR_CHANGE_H

#include "base/buf.h"
#include "plan/plan.h"

/* Whether what is written about a process, or runs in it, is another text in b. */
bool change_of_process(const struct plan *a, const struct plan *b, uint32_t process);

/*
 * Adds a line for each connection, loop, queue and process that differs: "connected
 * a.s -> b", "added loop b", "restarted process main". Without memory some are missing.
 */
void change_tell(const struct plan *a, const struct plan *b, struct buf *out);

/* Adds all of that as one line: "2 connections came, 1 went, restarts 'main'". */
void change_sum_up(const struct plan *a, const struct plan *b, struct buf *out);

#endif
