/* SPDX-License-Identifier: MIT */
/*
 * A plain ring in shared memory under a robust mutex with condition variables, which
 * copies inside the lock, acknowledges nothing and checks nothing. faster-fifo's core,
 * where it is the anchor, is a factor of this ring, as measured beside the original.
 */
#ifndef BENCH_PLAIN_H
#define BENCH_PLAIN_H

#include <stddef.h>

struct plain;

/* A ring of so many bytes, to be used in children, too. */
struct plain *plain_new(size_t capacity);
void plain_free(struct plain *p);

/* Puts `batch` times the same message under one lock. A message takes 8 bytes more. */
void plain_put(struct plain *p, const void *bytes, size_t size, size_t batch);

/* Takes up to `most` under one lock. Returns how many: 0 = shut, and empty. */
size_t plain_get(struct plain *p, size_t most);

/* Nothing comes any more. */
void plain_shut(struct plain *p);

#endif
