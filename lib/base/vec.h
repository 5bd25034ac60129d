/* SPDX-License-Identifier: MIT */
/*
 * Growing arrays. `struct { T *at; size_t len, cap; } v = {0}` is a vector; vec_add()
 * returns the address of a new zeroed element, or NULL when there is no memory;
 * vec_push() of one whose bytes may be anything.
 */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include <stdlib.h>
#include <string.h>

/* Grows *at to hold len + 1 elements. Returns the new element or NULL. */
static inline void *vec_grow(void **at, size_t *len, size_t *cap, size_t size)
{
	if (*len == *cap) {
		size_t more = *cap ? *cap * 2 : 8;
		void *moved = reallocarray(*at, more, size);

		if (!moved)
			return NULL;
		*at = moved;
		*cap = more;
	}
	return (char *)*at + size * (*len)++;
}

static inline void *vec_grow_zeroed(void **at, size_t *len, size_t *cap, size_t size)
{
	void *added = vec_grow(at, len, cap, size);

	return added ? memset(added, 0, size) : NULL;
}

#define VEC(T)                   \
	struct {                 \
		T *at;           \
		size_t len, cap; \
	}

#define vec_grown(grow, v)                                                  \
	((__typeof__((v)->at))grow((void **)&(v)->at, &(v)->len, &(v)->cap, \
				   sizeof(*(v)->at)))
#define vec_add(v)  vec_grown(vec_grow_zeroed, v)
#define vec_push(v) vec_grown(vec_grow, v)

/* for (T *e in v): */
#define vec_each(e, v) \
	for (__typeof__((v)->at) e = (v)->at; e && e < (v)->at + (v)->len; e++)

#define vec_done(v)                      \
	do {                             \
		free((v)->at);           \
		(v)->at = NULL;          \
		(v)->len = (v)->cap = 0; \
	} while (0)

#endif
