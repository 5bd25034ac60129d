/* SPDX-License-Identifier: MIT */
/*
 * Connections: arrows -> links between the signals and slots that they name.
 */
#ifndef TOPOLOGY_CONNECT_H
#define TOPOLOGY_CONNECT_H

#include "topology/section.h"

enum { CONNECT_FEEDS = 64 }; /* a queue that takes more types takes anything */

#define CONNECT_FULL "block" /* what `full:` is by default */

/* What the right side of an arrow names: one of the four, or nothing. */
struct destination {
	struct model_slot *slot;
	struct model_signal *signal;
	struct model_queue *queue;
	struct model_loop *broadcast;
};

/* What its left side names. */
struct origin {
	struct model_signal *signal;
	struct model_queue *queue;
};

struct arrow_end;

/* Reads the list under `connections:` when all things are known. */
void connect_read(struct reader *r, const struct node *list);

/*
 * Notes a connection from a signal to the queue that the node names, or with NULL to
 * the slot of its own object that has its name. It is made by connect_rest(), when all
 * things are known.
 */
void connect_later(struct reader *r, struct model_signal *from,
		   const struct node *queue);
void connect_rest(struct reader *r);

/* Makes the connections of an arrow with these options. */
void connect_arrow(struct reader *r, const struct node *arrow,
		   const struct topology_arrow *options);

/* Counts pairs of ends. True: they are too many for one topology, and that is told. */
bool connect_too_many(struct reader *r, const struct node *n, size_t pairs);

/* Three texts as one. NULL is noted as a problem. */
char *connect_text(struct reader *r, const char *a, const char *between, const char *b);

/* policy.c: whether what an arrow says can be, and agrees with the others. */
void policy_check(struct reader *r, const struct model_link *link);

/* edit.c: notes what was removed, before all arrows; adds the rest, behind them. */
void edit_begin(struct reader *r);
void edit_finish(struct reader *r);

/*
 * Whom an end in the text of node n means, to the left and to the right of an arrow.
 * False, with the problem told, if nobody is.
 */
bool resolve_left(struct reader *r, const struct node *n, const struct arrow_end *end,
		  struct origin *ret);
bool resolve_right(struct reader *r, const struct node *n, const struct arrow_end *end,
		   struct destination *ret);

/* Tells where types cannot meet and where signals lead to themselves. */
void link_check(struct reader *r);

#endif
