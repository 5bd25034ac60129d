/* SPDX-License-Identifier: MIT */
/*
 * What is as it always is, is left out, but for the restarts of processes.
 */
#include "plan/keep.h"

#include "base/unit.h"

int keep_restart(const struct budget_policy *p, struct buf *out)
{
	static const char *const whens[] = {
		[BUDGET_NEVER] = "never",
		[BUDGET_ON_FAILURE] = "failure",
		[BUDGET_ALWAYS] = "always",
	};
	char from[32], to[32], window[32];
	int r = buf_addf(out, "restart %s", whens[p->when]);

	if (p->when == BUDGET_NEVER)
		return r;
	r = r
		    ?: buf_addf(out, " %s..%s", unit_duration_text(p->backoff_ns, from),
				unit_duration_text(p->backoff_max_ns, to));
	if (p->max > BUDGET_MOST)
		return r;
	return r
		       ?: buf_addf(out, ", %llu per %s", (unsigned long long)p->max,
				   unit_duration_text(p->window_ns, window));
}

static int put_end(enum upkeep_end on_exit, const char *between, struct buf *out)
{
	static const char *const ends[] = {
		[UPKEEP_IGNORE] = "ignore",
		[UPKEEP_STOP_ALL] = "stop-all",
	};

	return on_exit == UPKEEP_UNSAID
		       ? 0
		       : buf_addf(out, "%son exit %s", between, ends[on_exit]);
}

int keep_slot(const struct plan_slot *s, struct buf *out)
{
	static const char *const ready[] = {
		[READY_LINE] = "line", [READY_FD] = "fd", [READY_SIGNAL] = "signal"};
	const struct upkeep *u = &s->upkeep;
	char within[32];
	int r = 0;

	if (s->kind != PLAN_SOURCE && s->kind != PLAN_FILTER)
		return 0;
	if (u->restart.max <= BUDGET_MOST) { /* else it was not written */
		r = buf_add_text(out, "; ");
		r = r ?: keep_restart(&u->restart, out);
	}
	if (u->ready != READY_AT_ONCE)
		r = r
			    ?: buf_addf(out, "; ready by %s within %s", ready[u->ready],
					unit_duration_text(u->within_ns, within));
	return r ?: put_end(u->on_exit, "; ", out);
}

static int put_after(const struct plan *p, const struct plan_after *a, struct buf *out)
{
	int r = a->loops_len + a->processes_len ? buf_add_text(out, ", after") : 0;

	for (uint32_t i = 0; r == 0 && i < a->loops_len; i++)
		r = buf_addf(out, " %s", p->loops[a->loops[i]].name);
	for (uint32_t i = 0; r == 0 && i < a->processes_len; i++)
		r = buf_addf(out, " %s", p->processes[a->processes[i]].name);
	return r;
}

int keep_process(const struct plan *p, const struct plan_process *of, struct buf *out)
{
	int r = keep_restart(&of->restart, out);

	r = r ?: put_end(of->on_exit, ", ", out);
	return r ?: put_after(p, &of->after, out);
}

int keep_loop(const struct plan *p, const struct plan_loop *of, struct buf *out)
{
	int r = put_end(of->on_exit, ", ", out);

	return r ?: put_after(p, &of->after, out);
}
