/* SPDX-License-Identifier: MIT */
/*
 * The subcommands of `sigslot queue`. To add one, write the value cmd_queue_NAME and
 * add its name to the list.
 */
#ifndef CMD_QUEUE_H
#define CMD_QUEUE_H

#include "cmd.h"

/* In the order of `sigslot queue --help`. */
#define QUEUE_CMDS(X) \
	X(create)     \
	X(put)        \
	X(get)        \
	X(done)       \
	X(nack)       \
	X(retry)      \
	X(join)       \
	X(pipe)       \
	X(close)      \
	X(size)       \
	X(empty)      \
	X(full)       \
	X(ls)         \
	X(stat)       \
	X(rm)         \
	X(repair)

#define QUEUE_DECLARE(name) extern const struct cmd cmd_queue_##name;
QUEUE_CMDS(QUEUE_DECLARE)

#endif
