/* SPDX-License-Identifier: MIT */
/*
 * The queues of instances, one after the other, for who only looks.
 */
#ifndef API_QUEUES_H
#define API_QUEUES_H

#include "api/instance.h"

/*
 * Told of a queue by its index in the routes of its instance; `queues` is where it
 * lies. Returns 0 to go on; anything else ends the walk and is returned.
 */
typedef int (*queues_fn)(void *data, const struct instance *in, int queues,
			 uint32_t index);

/* Those of an instance, but for its control lane: 0, what fn returned, -errno. */
int queues_each(struct instance *in, queues_fn fn, void *data,
		struct sigslot_error *err);

/* Those of all instances, in the order of their names. What goes away is passed by. */
int queues_each_of_all(queues_fn fn, void *data, struct sigslot_error *err);

#endif
