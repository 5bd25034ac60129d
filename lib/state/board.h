/* SPDX-License-Identifier: MIT */
/*
 * The status board: what a run shows to anybody who looks, without being asked.
 *
 * A file of fixed records, mapped by supervisor and workers, read by ps. Every field
 * has one writer at a time: counters and state of a loop are its worker's, the rest is
 * the supervisor's. Readers get single fields that are whole, and no more than that.
 *
 * Things keep their place on it for ever; one whose name is empty is nobody's. It has
 * room for more than there are at the beginning, a hole in the file until it is needed,
 * so that whoever has it mapped goes on.
 */
#ifndef STATE_BOARD_H
#define STATE_BOARD_H

#include <stdint.h>

#include "base/error.h"

enum board_state {
	BOARD_STARTING,
	BOARD_READY,
	BOARD_DRAINING,
	BOARD_STOPPED,
	BOARD_WAITING, /* for its next start, after a failure */
	BOARD_FAILED, /* given up */
};

struct board_process {
	char name[64];
	int32_t pid; /* 0: it does not run */
	int32_t status; /* of the last worker, as of waitpid(); -1: none yet */
	uint64_t started; /* monotonic; 0: it does not run */
	uint64_t restarts;
	uint64_t next; /* when it is started again, monotonic; 0: no such time */
};

struct board_loop {
	char name[64];
	uint32_t process;
	uint32_t state; /* enum board_state */
	uint32_t busy; /* something is under way */
	uint32_t engaged; /* how many commands have a message of its in hand */
	uint32_t behind; /* the full queue of the routes that it waits for, from 1 */
	uint32_t unwritten; /* standard output did not take what a builtin printed */
	uint32_t slot; /* id of the slot whose command is under way; 0: none */
	uint32_t warned; /* when its queue was told to fill up: see worker/warn.c */
	uint64_t begun; /* when a message was begun last, monotonic */
	uint64_t in, out, failed, misfit;
	uint64_t dropped; /* for any reason but the next one */
	uint64_t spent; /* not for a connection that is only for one message */
	uint64_t disconnected; /* dropped, as their connection had gone */
	uint64_t missed; /* ticks of timers */
	uint64_t retried, dead;
	uint64_t next; /* when a resident command is started again; 0: no such time */
	uint64_t command_restarts; /* of resident commands */
	uint32_t command; /* id of the object whose resident ended last; 0: none */
	int32_t command_status; /* how, as of waitpid() */
	uint32_t awaits; /* id of what must be ready before: a loop, a process; or 0 */
	uint32_t reserved;
};

struct board_queue {
	char name[64];
	uint32_t slots; /* that take from it */
	uint32_t warned; /* as of a loop */
};

struct board {
	uint32_t magic, version;
	uint32_t loops_len, processes_len, queues_len;
	uint32_t state; /* enum board_state, of the instance */
	uint32_t generation; /* of the routes; 0: this board is of an earlier run */
	uint32_t loops_room, processes_room, queues_room;
	struct board_loop loops[];
};

/* The processes stand behind the room for loops. */
static inline struct board_process *board_process(struct board *b, uint32_t index)
{
	return (struct board_process *)(b->loops + b->loops_room) + index;
}

/* And the named queues behind the room for these. */
static inline struct board_queue *board_queue(struct board *b, uint32_t index)
{
	return (struct board_queue *)board_process(b, b->processes_room) + index;
}

/* How long until a process, or a command of a loop, is started again; 0: never. */
uint64_t board_next(const struct board_process *p, const struct board_loop *l);

/* Adds to a counter; a reader in another process sees a whole number. */
static inline void board_add(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

/* The name of a state, as ps shows it. */
const char *board_state_text(uint32_t state);

/* How a worker ended, as ps shows it: "0", "SIGKILL"; "" if none has. Returns out. */
const char *board_exit_text(int32_t status, char out[static 24]);

/*
 * Which routes are the newest. Stored when they are in place, so that whoever sees it
 * finds them, or newer ones; pairs with the release in board_publish().
 */
static inline uint32_t board_generation(const struct board *b)
{
	return __atomic_load_n(&b->generation, __ATOMIC_ACQUIRE);
}

static inline void board_publish(struct board *b, uint32_t generation)
{
	__atomic_store_n(&b->generation, generation, __ATOMIC_RELEASE);
}

/*
 * Makes a new board in the instance directory, with room for 1024 more of each, and
 * maps it. Who still looks at the one of the last run is told that its routes are old.
 */
int board_create(int dir, uint32_t loops, uint32_t processes, uint32_t queues,
		 struct board **ret, struct sigslot_error *err);

/*
 * Has so many of each; the new ones have no name yet. -ENOSPC: no room, or too many
 * have come since the beginning.
 */
int board_grow(int dir, struct board *b, uint32_t loops, uint32_t processes,
	       uint32_t queues, struct sigslot_error *err);

/* Maps the board of an instance to read. -ENOENT, -EPROTO, -errno. */
int board_open(int dir, const struct board **ret);

/* The state of the instance alone. Returns it, -ENOENT, -EPROTO, -errno. */
int board_peek(int dir);

/* Unmaps either; takes NULL. */
void board_close(const struct board *b);

#endif
