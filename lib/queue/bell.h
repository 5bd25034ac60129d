/* SPDX-License-Identifier: MIT */
/*
 * A doorbell: a FIFO that holds a token while there may be something to do, and a word
 * in shared memory that saves the system calls when nothing changes.
 *
 * Both functions are called under the ring's lock. The word says UNKNOWN before the
 * FIFO is touched and the truth afterwards, so that a kill in between can only lead to
 * one token too many. A token outlives whoever rang and whoever woke up by it.
 */
#ifndef QUEUE_BELL_H
#define QUEUE_BELL_H

#include <stdint.h>

enum { BELL_SILENT = 0, BELL_UNKNOWN = 1, BELL_RUNG = 2 };

/* Puts a token into the FIFO, unless one is there. */
void bell_ring(uint32_t *word, int fd);

/* Takes all tokens out. */
void bell_hush(uint32_t *word, int fd);

/* Sets the word anew: the tokens vanished if nobody had the FIFO open for a while. */
void bell_doubt(uint32_t *word, int fd);

#endif
