/* SPDX-License-Identifier: MIT */
/*
 * The bytes of the queues are reserved when all is ready: to do it before would be most
 * of the time that a start takes. Between two steps the supervisor does its other work.
 */
#include "base/log.h"
#include "queue/space.h"
#include "supervisor/super.h"

enum { STEP = 512 * 1024 };

static void go_on(struct later *l)
{
	struct supervisor *s = container_of(l, struct supervisor, reserving);
	const struct world *w = &s->world;
	const char *name =
		routes_text(w->routes, routes_queue(w->routes, s->reserved)->name);
	struct sigslot_error err = {0};
	int r = *name ? queue_reserve(w->queues, name, STEP, &err) : 0;

	if (r < 0)
		log_line("sigslot", "%s", err.text);
	s->reserved += r <= 0;
	if (s->reserved < world_control(w))
		loop_later(&s->loop, l, go_on);
}

void reserve_begin(struct supervisor *s)
{
	s->reserved = 0;
	if (world_control(&s->world))
		loop_later(&s->loop, &s->reserving, go_on);
}
