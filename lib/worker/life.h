/* SPDX-License-Identifier: MIT */
/*
 * How a loop comes up and goes down: one phase after the other, each reported when it
 * is reached. See wire.h for what the phases mean.
 */
#ifndef WORKER_LIFE_H
#define WORKER_LIFE_H

#include "worker/turn.h"

/* Opens the slots, starts the timers, emits `start`, takes messages. */
int life_start(struct turn *t, struct sigslot_error *err);

/* Goes towards a phase; to an earlier one than it is in: on from there again. */
void life_goal(struct turn *t, enum phase goal);

/*
 * All phases; what is queued at this moment is done, nothing after it: that is dropped,
 * or kept for the next worker. within_ns: then it asks to be ended at once; 0: never.
 */
void life_stop(struct turn *t, uint64_t within_ns, bool keeps);

/* Down at once: commands are ended, their messages go back into the queue. */
void life_now(struct turn *t);

/* A command is ready, has ended, or was started again: shows it, and tells once. */
void life_changed(struct turn *t);

/* An object of that id has said by its signal that it is ready. */
void life_herald(struct worker *w, uint32_t id);

/* A command has ended for good before it was ready: the loop cannot start. */
void life_fault(struct turn *t);

/* Looks whether the next phase is reached: after anything that has ended. */
void life_check(struct turn *t);

#endif
