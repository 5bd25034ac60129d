/* SPDX-License-Identifier: MIT */
/*
 * A topology that runs: its text, and what was connected and disconnected since. Every
 * change is a new plan, made of all of it and so checked as a file is; things keep
 * their indexes, only targets, takers and ranks are others. Pure.
 */
#ifndef PLAN_WIRING_H
#define PLAN_WIRING_H

#include "base/buf.h"
#include "plan/plan.h"
#include "topology/topology.h"

struct wiring;

/*
 * Begins with a text as it is, and makes its plan. All of `in` but report and data is
 * copied; `name` overrides the topology's unless it is NULL. Errors as of
 * topology_read() and plan_make().
 */
int wiring_new(const struct topology_input *in, const char *name, struct wiring **ret,
	       struct sigslot_error *err);
void wiring_free(struct wiring *w);

/* The plan as it is now, which lives until the next commit. */
const struct plan *wiring_plan(const struct wiring *w);

/*
 * Prepares a change. Returns 1: there is nothing to change, it is connected already or
 * is not connected; 0: wiring_next() is the plan that would be; -ENOEXEC with what the
 * topology's checks say of it; -ENOMEM.
 */
int wiring_connect(struct wiring *w, const struct topology_arrow *a,
		   struct sigslot_error *err);
int wiring_disconnect(struct wiring *w, const struct topology_arrow *a,
		      struct sigslot_error *err);
const struct plan *wiring_next(const struct wiring *w);

/*
 * The same with another text, as it is written: what was changed since the last one is
 * forgotten. Things may come, go and move, see compare_places(). Each problem is told
 * to the report of `in`, of which nothing but this, the text and the probe is used.
 */
int wiring_reload(struct wiring *w, const struct topology_input *in,
		  struct sigslot_error *err);

/*
 * Its text, which lives until the next commit; and the plan of a text as it is written,
 * in which processes, loops and named queues have the numbers that they have in `like`.
 */
const char *wiring_text(const struct wiring *w, size_t *ret_size);
int wiring_read(const struct wiring *w, const char *text, size_t size,
		const struct plan *like, struct plan **ret, struct sigslot_error *err);

/*
 * The topology as text, with the connections that there are now: read again, it has
 * the same ones and all that it had, if it stands in the same directory. Errors as of
 * topology_rewrite().
 */
int wiring_save(const struct wiring *w, struct buf *out, struct sigslot_error *err);

/* What was prepared holds from now on; or not. */
void wiring_commit(struct wiring *w);
void wiring_forget(struct wiring *w);

#endif
