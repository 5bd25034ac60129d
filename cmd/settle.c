/* SPDX-License-Identifier: MIT */
/*
 * sigslot queue done, nack, retry, join: what becomes of messages that others got.
 */
#include <errno.h>

#include "print.h"
#include "queue.h"

/* --- done, nack --- */

static uint64_t delay;
static bool dead;

static const struct opt nack_opts[] = {
	{.name = "dead",
	 .help = "give it up: 'queue retry' sends it back",
	 .flag = &dead},
	{.name = "delay",
	 .arg = "DURATION",
	 .help = "nobody gets it before this has passed",
	 .duration = &delay},
	{0},
};

static int finish(const char *token, struct sigslot_error *err)
{
	return sigslot_lease_done(token, err);
}

static int give_back(const char *token, struct sigslot_error *err)
{
	return dead ? sigslot_lease_bury(token, err)
		    : sigslot_lease_return(token, delay, err);
}

static int each(int (*fn)(const char *token, struct sigslot_error *err), int len,
		char **tokens)
{
	int status = 0;

	for (int i = 0; i < len; i++) {
		struct sigslot_error err = {0};
		int r = fn(tokens[i], &err);

		if (r < 0)
			complain_error(&err);
		r = r == -ESTALE ? CMD_NO : sigslot_error_exit(r);
		status = status ?: r;
	}
	return status;
}

static int done(int len, char **operands)
{
	return each(finish, len, operands);
}

static int nack(int len, char **operands)
{
	if (!dead || !delay)
		return each(give_back, len, operands);
	complain("queue nack: --dead and --delay exclude each other");
	return CMD_USAGE;
}

const struct cmd cmd_queue_done = {
	.name = "queue done",
	.args = "TOKEN...",
	.brief = "take out leased messages for good",
	.least = 1,
	.most = ANY_NUMBER,
	.run = done,
};

const struct cmd cmd_queue_nack = {
	.name = "queue nack",
	.args = "TOKEN...",
	.brief = "give leased messages back",
	.opts = nack_opts,
	.least = 1,
	.most = ANY_NUMBER,
	.run = nack,
};

/* --- retry, join --- */

static uint64_t timeout = SIGSLOT_FOREVER;
static int count;

static const struct opt retry_opts[] = {
	{.letter = 'n',
	 .name = "count",
	 .arg = "N",
	 .help = "so many at most, the oldest first",
	 .number = &count},
	{.name = "timeout",
	 .arg = "DURATION",
	 .help = "give up waiting for room after this long",
	 .duration = &timeout},
	{0},
};

static int retry(int len, char **operands)
{
	static struct sigslot_queue *q; /* ends with the process, which is sooner */
	struct sigslot_error err = {0};
	uint64_t sent = 0;
	int r = sigslot_queue_open_dead(operands[0], &q, &err);

	(void)len;
	if (r == 0)
		r = sigslot_queue_retry(q, count ? (uint64_t)count : UINT64_MAX,
					timeout, &sent, &err);
	if (q)
		print("%llu\n", (unsigned long long)sent);
	return r < 0 ? complain_error(&err) : 0;
}

const struct cmd cmd_queue_retry = {
	.name = "queue retry",
	.args = "QUEUE",
	.brief = "send messages that were given up back to their queue",
	.opts = retry_opts,
	.least = 1,
	.most = 1,
	.run = retry,
};

static const struct opt join_opts[] = {
	{.name = "timeout",
	 .arg = "DURATION",
	 .help = "give up waiting after this long",
	 .duration = &timeout},
	{0},
};

static int join(int len, char **operands)
{
	static struct sigslot_queue *q;
	struct sigslot_error err = {0};
	int r = sigslot_queue_open(operands[0], &q, &err);

	(void)len;
	if (r == 0)
		r = sigslot_queue_join(q, timeout, &err);
	return r < 0 ? complain_error(&err) : 0;
}

const struct cmd cmd_queue_join = {
	.name = "queue join",
	.args = "QUEUE",
	.brief = "wait until all messages of a queue are done",
	.opts = join_opts,
	.least = 1,
	.most = 1,
	.run = join,
};
