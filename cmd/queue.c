/* SPDX-License-Identifier: MIT */
/*
 * sigslot queue: the group, and what makes, closes and removes queues.
 */
#include "queue.h"

#include <stddef.h>

#include "print.h"

/* --- create --- */

static uint64_t size;
static int messages;
static bool durable;

static const struct opt create_opts[] = {
	{.name = "durable",
	 .help = "it survives a reboot, and a power cut",
	 .flag = &durable},
	{.name = "messages",
	 .arg = "N",
	 .help = "it is also full with N messages; 0: only its size counts",
	 .number = &messages},
	{.name = "size",
	 .arg = "SIZE",
	 .help = "how much it holds: 8MiB unless given",
	 .size = &size},
	{0},
};

static int create(int len, char **operands)
{
	struct sigslot_error err = {0};

	(void)len;
	if (sigslot_queue_create(operands[0], size, (uint64_t)messages, durable, &err) <
	    0)
		return complain_error(&err);
	return 0;
}

const struct cmd cmd_queue_create = {
	.name = "queue create",
	.args = "NAME",
	.brief = "make a free-standing queue",
	.opts = create_opts,
	.least = 1,
	.most = 1,
	.run = create,
};

/* --- close --- */

static bool now;

static const struct opt close_opts[] = {
	{.name = "now", .help = "drop what waits in it", .flag = &now},
	{0},
};

static int shut(int len, char **operands)
{
	static struct sigslot_queue *q; /* ends with the process, which is sooner */
	struct sigslot_error err = {0};
	int64_t dropped = sigslot_queue_open(operands[0], &q, &err);

	(void)len;
	if (dropped == 0)
		dropped = sigslot_queue_shut(q, now, &err);
	if (dropped < 0)
		return complain_error(&err);
	if (dropped)
		complain("queue '%s': dropped %lld messages", operands[0],
			 (long long)dropped);
	return 0;
}

const struct cmd cmd_queue_close = {
	.name = "queue close",
	.args = "QUEUE",
	.brief = "refuse further messages, and let gets drain it",
	.opts = close_opts,
	.least = 1,
	.most = 1,
	.run = shut,
};

/* --- rm --- */

static bool force;

static const struct opt rm_opts[] = {
	{.letter = 'f',
	 .name = "force",
	 .help = "also if messages are in it, which are dropped",
	 .flag = &force},
	{0},
};

static int rm(int len, char **operands)
{
	int status = 0;

	for (int i = 0; i < len; i++) {
		struct sigslot_error err = {0};
		uint64_t left = 0;
		int r = sigslot_queue_remove(operands[i], force, &left, &err);

		if (r > 0)
			complain("queue '%s' is kept: %llu message%s in it; --force "
				 "drops them",
				 operands[i], (unsigned long long)left,
				 left == 1 ? " is" : "s are");
		else if (r == 0 && left)
			complain("queue '%s' was removed with %llu message%s",
				 operands[i], (unsigned long long)left,
				 left == 1 ? "" : "s");
		r = r < 0 ? complain_error(&err) : r;
		status = status ?: r;
	}
	return status;
}

const struct cmd cmd_queue_rm = {
	.name = "queue rm",
	.args = "QUEUE...",
	.brief = "remove free-standing queues",
	.opts = rm_opts,
	.least = 1,
	.most = ANY_NUMBER,
	.run = rm,
};

/* --- repair --- */

static void tell_repair(const char *queue, const struct sigslot_repair *done)
{
	if (done->intact)
		print("queue '%s' is intact: %llu message%s\n", queue,
		      (unsigned long long)done->saved, done->saved == 1 ? "" : "s");
	else
		print("queue '%s': saved %llu message%s, lost %llu; the damaged file "
		      "is "
		      "kept as %s\n",
		      queue, (unsigned long long)done->saved,
		      done->saved == 1 ? "" : "s", (unsigned long long)done->lost,
		      done->kept);
}

static const struct opt repair_opts[] = {{0}};

static int repair(int len, char **operands)
{
	int status = 0;

	for (int i = 0; i < len; i++) {
		struct sigslot_repair done;
		struct sigslot_error err = {0};
		int r = sigslot_queue_repair(operands[i], &done, &err);

		if (r == 0)
			tell_repair(operands[i], &done);
		r = r < 0 ? complain_error(&err) : done.lost > 0;
		status = status ?: r;
	}
	return status;
}

const struct cmd cmd_queue_repair = {
	.name = "queue repair",
	.args = "QUEUE...",
	.brief = "save what is whole in damaged queues",
	.opts = repair_opts,
	.least = 1,
	.most = ANY_NUMBER,
	.run = repair,
};

/* --- the group --- */

#define QUEUE_ENTRY(name) &cmd_queue_##name,
static const struct cmd *const group[] = {QUEUE_CMDS(QUEUE_ENTRY) NULL};

const struct cmd cmd_queue = {
	.name = "queue",
	.args = "COMMAND [OPTION...] [OPERAND...]",
	.brief = "put messages into queues and get them out",
	.group = group,
};
