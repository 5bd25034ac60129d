/* SPDX-License-Identifier: MIT */
/*
 * Cleanup by scope: a variable marked _cleanup_(fn) has fn(&variable) called when
 * it goes out of scope. TAKE() moves a pointer out, so that nothing is freed.
 */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(fn)  __attribute__((cleanup(fn)))
#define _printf_(a, b) __attribute__((format(printf, a, b)))
#define _cold_	       __attribute__((cold)) /* what leads to it lies out of the way */

/* Evaluates to the pointer p and leaves NULL in p. */
#define TAKE(p)                             \
	({                                  \
		__typeof__(p) taken_ = (p); \
		(p) = NULL;                 \
		taken_;                     \
	})

/* The same for a descriptor, which leaves -1. */
#define TAKE_FD(fd)                \
	({                         \
		int taken_ = (fd); \
		(fd) = -1;         \
		taken_;            \
	})

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* The structure of the given type that holds `member` at address p. */
#define container_of(p, type, member) \
	((type *)((char *)(p) - __builtin_offsetof(type, member)))

static inline void free_cleanup(void *p)
{
	free(*(void **)p);
}

static inline void close_cleanup(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#define _free_	_cleanup_(free_cleanup)
#define _close_ _cleanup_(close_cleanup)

#endif
