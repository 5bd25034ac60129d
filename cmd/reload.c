/* SPDX-License-Identifier: MIT */
/*
 * sigslot reload: an instance reads its topology again.
 */
#include "cmd.h"
#include "print.h"

static uint64_t timeout = SIGSLOT_FOREVER;

static const struct opt opts[] = {
	{.name = "timeout",
	 .arg = "DURATION",
	 .help = "give up waiting for the last one after this long",
	 .duration = &timeout},
	{0},
};

static void tell(void *unused, const char *line)
{
	(void)unused;
	print("%s\n", line);
}

static int run(int len, char **operands)
{
	struct sigslot_error err = {0};
	int r = sigslot_reload(len ? operands[0] : NULL, timeout, complain_problem,
			       tell, NULL, &err);

	return r < 0 ? complain_error(&err) : 0;
}

const struct cmd cmd_reload = {
	.name = "reload",
	.args = "[INSTANCE]",
	.brief = "read the topology again, and change what differs",
	.opts = opts,
	.most = 1,
	.run = run,
};
