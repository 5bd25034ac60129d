/* SPDX-License-Identifier: MIT */
/*
 * sigslot connect: a signal of an instance that runs gets a further receiver.
 */
#include "cmd.h"
#include "connect.h"
#include "print.h"

static const char *const fulls[] = {"block",  "drop-new", "drop-old",
				    "latest", "fail",	  NULL};
static struct sigslot_connection connection;
static const char *file;

static const struct opt opts[] = {
	{.name = "full",
	 .help = "what happens if the queue of the receiver has no room (default: "
		 "block)",
	 .choices = fulls,
	 .text = &connection.full},
	{.name = "once",
	 .help = "deliver one message, then be gone",
	 .flag = &connection.once},
	CONNECT_SAVE(file),
	{0},
};

static int run(int len, char **operands)
{
	struct sigslot_error err = {0};
	int r = sigslot_connect(operands[0], operands[1], &connection, &err);

	(void)len;
	if (r == 1)
		complain("connected already: %s -> %s", operands[0], operands[1]);
	if (r >= 0)
		r = file ? sigslot_save(operands[0], file, &err) : 0;
	return r < 0 ? complain_error(&err) : 0;
}

const struct cmd cmd_connect = {
	.name = "connect",
	.args = "SIGNAL TARGET",
	.brief = "connect a signal while the instance runs",
	.opts = opts,
	.least = 2,
	.most = 2,
	.run = run,
};
