/* SPDX-License-Identifier: MIT */
/*
 * sigslot stop: instances, processes and loops end in order.
 */
#include "cmd.h"
#include "print.h"
#include "steer.h"

static bool now, until_idle;

static const struct opt opts[] = {
	{.name = "now",
	 .help = "end at once; what is queued stays queued",
	 .flag = &now},
	{.name = "until-idle",
	 .help = "let the sources end by themselves first",
	 .flag = &until_idle},
	STEER_TIMEOUT,
	{0},
};

static int run(int len, char **operands)
{
	if (now && until_idle) {
		complain("stop: --now and --until-idle exclude each other");
		return CMD_USAGE;
	}
	return steer(now ? "terminate" : until_idle ? "idle" : "stop", len, operands);
}

const struct cmd cmd_stop = {
	.name = "stop",
	.args = "TARGET...",
	.brief = "end instances, processes or loops in order",
	.opts = opts,
	.least = 1,
	.most = ANY_NUMBER,
	.run = run,
};
