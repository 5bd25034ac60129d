/* SPDX-License-Identifier: MIT */
/*
 * The heap as a child finds it. A page that it writes to is copied for it, and after
 * much was freed new memory comes from holes all over the heap, a page each.
 */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

struct heap_filling;

/*
 * Gives what is free back to the kernel, and fills the holes: what is allocated from
 * now on lies side by side, behind all that there is. Returns what fills them.
 */
struct heap_filling *heap_tidy(void);

/* The holes are free again. Takes NULL. */
void heap_untidy(struct heap_filling *f);

#endif
