/* SPDX-License-Identifier: MIT */
/*
 * sigslot disconnect: a connection of an instance that runs goes.
 */
#include "cmd.h"
#include "connect.h"
#include "print.h"

static bool drain;
static const char *file;
static uint64_t timeout = SIGSLOT_FOREVER;

static const struct opt opts[] = {
	{.name = "drain",
	 .help = "deliver what is queued for it first, and wait for that",
	 .flag = &drain},
	CONNECT_SAVE(file),
	{.name = "timeout",
	 .arg = "DURATION",
	 .help = "give up waiting after this long",
	 .duration = &timeout},
	{0},
};

static int run(int len, char **operands)
{
	struct sigslot_error err = {0};
	int r = sigslot_disconnect(operands[0], operands[1], drain, timeout, &err);

	int status = r == 1 ? CMD_NO : 0;

	(void)len;
	if (r == 1)
		complain("not connected: %s -> %s", operands[0], operands[1]);
	if (r >= 0)
		r = file ? sigslot_save(operands[0], file, &err) : 0;
	return r < 0 ? complain_error(&err) : status;
}

const struct cmd cmd_disconnect = {
	.name = "disconnect",
	.args = "SIGNAL TARGET",
	.brief = "remove a connection while the instance runs",
	.opts = opts,
	.least = 2,
	.most = 2,
	.run = run,
};
