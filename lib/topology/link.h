/* SPDX-License-Identifier: MIT */
/*
 * A connection of the model.
 */
#ifndef TOPOLOGY_LINK_H
#define TOPOLOGY_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One connection; from one of two origins to one of four destinations. */
struct model_link {
	struct model_link *next; /* of the same origin */
	struct model_link *next_feed; /* of the same queue, as its destination */
	struct model_signal *from;
	struct model_queue *source; /* then it leads to a slot */
	struct model_slot *slot;
	struct model_signal *signal;
	struct model_queue *queue;
	struct model_loop *broadcast;
	const char *from_text, *to_text; /* full addresses */
	const char *full; /* what happens if the receiver has no room */
	bool once; /* it delivers one message */
	bool implied; /* by a key of an object, not by an arrow */
	const struct node *at;
	size_t skip; /* of the destination in the node's text */
	uint32_t index;
};

#endif
