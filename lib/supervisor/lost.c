/* SPDX-License-Identifier: MIT */
/*
 * What a worker's end was, or what it cost, as a failure on file.
 */
#include "supervisor/lost.h"

#include <stdio.h>
#include <sys/wait.h>

#include "base/clock.h"

void lost_keep(struct supervisor *s, enum failure_outcome outcome, const char *name,
	       int status, const char *reason)
{
	const struct failure_kind kind = {outcome, name, "", reason, clock_wall()};
	struct failure f = {.time_ns = kind.time_ns,
			    .outcome = outcome,
			    .exit = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
			    .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0};

	if (!s->failures && failures_open(s->world.dir, "", &s->failures) < 0)
		return; /* the log has it, too */
	if (failures_again(s->failures, &kind))
		return;
	snprintf(f.object, sizeof(f.object), "%s", name);
	snprintf(f.reason, sizeof(f.reason), "%s", reason);
	failures_add(s->failures, &f, "", "");
}
