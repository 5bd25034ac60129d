/* SPDX-License-Identifier: MIT */
/*
 * A small machine for logical processes: coroutines that share one ring, two FIFOs, the
 * places of one instance and a clock of their own. Every access to the ring, every
 * system call is a point at which another may go on, or one may be stopped or die for
 * good; a seed decides all of it, so that whatever happened can be repeated. Time
 * passes when nobody can run. One schedule at a time.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include "crash.h"

enum { PROCESSES = 24 };

/* What is to happen in a schedule, apart from what the processes do. */
struct weather {
	uint64_t seed;
	unsigned kills, stops; /* at most so many */
	uint64_t span; /* points among which they are chosen */
	bool keeper; /* somebody keeps the FIFOs open all the time */
};

struct machine {
	unsigned self; /* who runs now */
	uint64_t points; /* that were passed */
	unsigned kills, stops; /* that happened */
	void (*died)(unsigned process); /* told of each kill; may spawn */
};

extern struct machine machine;

/* Begins a schedule on a ring that was laid out before. Nobody runs yet. */
void machine_begin(const struct weather *w);

/* Adds a process. Returns its number, below PROCESSES. Its role may return. */
unsigned machine_spawn(void (*role)(unsigned argument), unsigned argument);

/* Runs them until all are dead, at their end or asleep for ever, or machine_end(). */
enum verdict machine_run(void);

/* Ends the schedule at once, from within a process. */
_Noreturn void machine_end(enum verdict v);

/* Lets nobody interfere with who runs now, until it is called with false. */
void machine_alone(bool alone);

bool machine_alive(unsigned process);

/* A number below `sides`, by the seed. */
unsigned machine_roll(unsigned sides);

/* Takes a place: `slot`, once nobody holds it any more. */
struct identity *machine_identity(unsigned slot);

/* Whether anybody has that place. */
bool machine_holds(unsigned slot);

uint64_t machine_now(void);

/* Sleeps until the FIFO of q is readable, or until then. */
void machine_poll(int fd, uint64_t until);

/* One process sleeps until another, or the callback, tells it something. */
void machine_hear(void);
void machine_tell(void);

/* The memory of the ring: RING_DATA bytes, then its data twice. */
unsigned char *machine_ring(uint64_t capacity);

/* Whether the FIFO of that descriptor holds a token. */
bool machine_rung(int fd);

#endif
