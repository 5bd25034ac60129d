/* SPDX-License-Identifier: MIT */
/*
 * The latch is the lock of a ring: one word that says who holds it, so that a dead
 * holder can be told from a slow one by asking the kernel.
 *
 * The word is 0 when free, else slot (13 bits), generation (18 bits) and, in the top
 * bit, whether somebody sleeps on it. What a dead holder leaves undone, the next one
 * repairs; see section.h.
 */
#ifndef QUEUE_LATCH_H
#define QUEUE_LATCH_H

#include <stdint.h>

#include "queue/identity.h"

#define LATCH_WAITERS (1u << 31)

static inline uint32_t latch_word(unsigned slot, unsigned generation)
{
	return slot | generation << 13;
}

static inline unsigned latch_slot(uint32_t word)
{
	return word & 0x1fff;
}

static inline unsigned latch_generation(uint32_t word)
{
	return word >> 13 & 0x3ffff;
}

/*
 * Takes the lock for `me`. *ret_dead is 0, or the word of the dead holder that it was
 * taken from. Returns 0, or -ETIMEDOUT: its holder lives but kept it for 2 s.
 */
int latch_take(uint32_t *word, const struct identity *id, uint32_t me,
	       uint32_t *ret_dead);

void latch_give(uint32_t *word);

/* Lets some ten nanoseconds pass, times so many, without looking at memory. */
void latch_pause(unsigned times);

#endif
