/* SPDX-License-Identifier: MIT */
/*
 * sigslot kill: workers end without a chance to do anything.
 */
#include "cmd.h"
#include "steer.h"

static int run(int len, char **operands)
{
	return steer("kill", len, operands);
}

const struct cmd cmd_kill = {
	.name = "kill",
	.args = "TARGET...",
	.brief = "end workers by SIGKILL, as the last resort",
	.opts = steer_opts,
	.least = 1,
	.most = ANY_NUMBER,
	.run = run,
};
