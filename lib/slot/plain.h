/* SPDX-License-Identifier: MIT */
/*
 * Shell text that needs no shell: nothing but a program and plain words. What is not
 * certain is not plain. Pure functions.
 */
#ifndef SLOT_PLAIN_H
#define SLOT_PLAIN_H

#include "base/arena.h"

/*
 * The words of the text as an argv, allocated in the arena; NULL if sh might make
 * anything else of it, or if there is no memory.
 */
const char **plain_words(const char *text, struct arena *arena);

#endif
