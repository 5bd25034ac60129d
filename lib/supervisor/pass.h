/* SPDX-License-Identifier: MIT */
/*
 * From one plan to another while it runs. Loops of which something else is written
 * leave, in the order of the flow: each works off what is queued with what it has. Then
 * their worker is handed the new plan, and its other loops notice nothing; where it is
 * the process that is written otherwise all of its loops leave, and it with them. Until
 * then the routes keep what is theirs; what the new plan has of it elsewhere waits for
 * that. What the plan has no more goes when it is empty.
 */
#ifndef SUPERVISOR_PASS_H
#define SUPERVISOR_PASS_H

#include "supervisor/super.h"

/*
 * Marks which workers would leave if that were the plan, and what of theirs the routes
 * keep. Nothing happens yet.
 */
void pass_mark(struct supervisor *s, const struct plan *next);

/* It is the plan now, and the routes are made of it; `before` was it. */
void pass_begin(struct supervisor *s, const struct plan *before);

/* Asks the loops whose turn it is. */
void pass_advance(struct supervisor *s);

/*
 * Whether a loop leaves with the plan of its worker, or is not of it; if that is not to
 * be another one, they all would.
 */
bool pass_leaves(const struct supervisor *s, uint32_t loop);

/*
 * Its loops that leave are down: whether nothing came meanwhile for those that have
 * gone. Nothing more can come then; else they are started once more.
 */
bool pass_done(struct hand *h);

/* Its worker cannot be handed another plan: all of its loops leave, and so does it. */
void pass_anew(struct hand *h);

/* A worker that had to leave and died is forked again: where that loop stands then. */
void pass_resume(struct hand *h, uint32_t loop);

/* A worker that had to leave has ended for good: others take over. */
void pass_left(struct hand *h);

/* The plan by which a loop runs, or is about to: that of a worker that leaves. */
const struct plan *pass_plan(const struct supervisor *s, uint32_t loop);

/* A process whose old worker still has something that is on this loop now; or NONE. */
uint32_t pass_awaits(const struct supervisor *s, uint32_t loop);

#endif
