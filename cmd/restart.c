/* SPDX-License-Identifier: MIT */
/*
 * sigslot restart: workers are replaced by new ones.
 */
#include "cmd.h"
#include "steer.h"

static int run(int len, char **operands)
{
	return steer("restart", len, operands);
}

const struct cmd cmd_restart = {
	.name = "restart",
	.args = "TARGET...",
	.brief = "stop and start again, with a fresh restart budget",
	.opts = steer_opts,
	.least = 1,
	.most = ANY_NUMBER,
	.run = run,
};
