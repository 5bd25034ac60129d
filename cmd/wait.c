/* SPDX-License-Identifier: MIT */
/*
 * sigslot wait: until something has become ready, idle or stopped.
 */
#include "cmd.h"
#include "steer.h"

static const char *const states[] = {"ready", "idle", "stopped", NULL};
static const char *state = "ready";

static const struct opt opts[] = {
	{.name = "for",
	 .help = "what to wait for (default: ready)",
	 .choices = states,
	 .text = &state},
	STEER_TIMEOUT,
	{0},
};

static int wait_for(const char *wanted, const char *target, uint64_t left_ns,
		    struct sigslot_error *err)
{
	return sigslot_wait(target, wanted, left_ns, err);
}

static int run(int len, char **operands)
{
	return steer_each(wait_for, state, len, operands);
}

const struct cmd cmd_wait = {
	.name = "wait",
	.args = "TARGET...",
	.brief = "wait until something is ready, idle or stopped",
	.opts = opts,
	.least = 1,
	.most = ANY_NUMBER,
	.run = run,
};
