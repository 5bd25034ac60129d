/* SPDX-License-Identifier: MIT */
/*
 * Walking over queues.
 */
#include "api/queues.h"

#include "api/revive.h"
#include "base/fd.h"
#include "state/runtime.h"

struct walk {
	queues_fn fn;
	void *data;
};

/* The control lane is no queue of the topology: its name says so. */
int queues_each(struct instance *in, queues_fn fn, void *data,
		struct sigslot_error *err)
{
	_close_ int queues = -1;
	int r = instance_routes(in, err);

	if (r == 0)
		r = runtime_subdir(in->dir, "q", false, &queues, err);
	for (uint32_t i = 0; r == 0 && i < routes_queues_len(in->routes); i++) {
		const struct route_queue *q = routes_queue(in->routes, i);

		if (*routes_text(in->routes, q->name) != '.')
			r = fn(data, in, queues, i);
	}
	return r;
}

static int walk_instance(void *data, const char *name)
{
	const struct walk *w = data;
	struct instance in;
	int r = instance_open(name, &in, NULL);

	if (r < 0)
		return 0;
	r = queues_each(&in, w->fn, w->data, NULL);
	instance_done(&in);
	return r < 0 ? 0 : r; /* it goes away, or is damaged: not what was asked */
}

int queues_each_of_all(queues_fn fn, void *data, struct sigslot_error *err)
{
	_close_ int runtime = -1;
	int r;

	revive_all();
	r = runtime_open(false, &runtime, err);
	if (r == -ENOENT)
		return 0;
	return r < 0 ? r
		     : runtime_each(runtime, walk_instance, &(struct walk){fn, data});
}
