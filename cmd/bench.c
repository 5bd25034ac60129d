/* SPDX-License-Identifier: MIT */
/*
 * sigslot bench: measures this machine, and checks what it measured.
 */
#include <stddef.h>

#include "cmd.h"
#include "print.h"

static int producers = 1, consumers = 1, messages = 1000000, size = 64, batch = 1;

static const struct opt opts[] = {
	{.name = "batch",
	 .arg = "COUNT",
	 .help = "push and claim so many together (default: 1)",
	 .number = &batch},
	{.letter = 'c',
	 .name = "consumers",
	 .arg = "COUNT",
	 .help = "processes that claim (default: 1)",
	 .number = &consumers},
	{.letter = 'n',
	 .name = "messages",
	 .arg = "COUNT",
	 .help = "messages of each producer (default: 1000000)",
	 .number = &messages},
	{.letter = 'p',
	 .name = "producers",
	 .arg = "COUNT",
	 .help = "processes that push (default: 1)",
	 .number = &producers},
	{.name = "size",
	 .arg = "BYTES",
	 .help = "bytes of a message, at least 16 (default: 64)",
	 .number = &size},
	{0},
};

static void print_result(const struct sigslot_bench *l,
			 const struct sigslot_bench_result *r)
{
	double per_s = (double)r->received * 1e9 / (double)r->ns;
	const struct print_member members[] = {
		{.key = "bench", .text = "queue"},
		member_number("producers", l->producers),
		member_number("consumers", l->consumers),
		member_number("messages", l->messages),
		member_number("size", l->size),
		member_number("batch", l->batch),
		{.key = "seconds", .kind = PRINT_SECONDS, .number = (int64_t)r->ns},
		member_number("messages_per_s", (uint64_t)per_s),
		member_number("bytes_per_s", (uint64_t)(per_s * (double)l->size)),
		member_number("received", r->received),
		member_number("redelivered", r->redelivered),
		member_number("sleeps", r->sleeps),
		{0},
	};

	print_json(members);
}

static int judge(const struct sigslot_bench *l, const struct sigslot_bench_result *r)
{
	uint64_t sent = l->producers * l->messages;

	if (r->intact)
		return 0;
	if (r->received != sent)
		complain("%llu messages were received, but %llu were sent",
			 (unsigned long long)r->received, (unsigned long long)sent);
	else
		complain("what was received is not what was sent: messages came twice, "
			 "damaged or out of order");
	return CMD_NO;
}

static int run(int len, char **operands)
{
	const struct sigslot_bench load = {
		.producers = (unsigned)producers,
		.consumers = (unsigned)consumers,
		.batch = (unsigned)batch,
		.messages = (uint64_t)messages,
		.size = (size_t)size,
	};
	struct sigslot_bench_result result;
	struct sigslot_error err = {0};

	(void)len, (void)operands;
	if (sigslot_bench_queue(&load, &result, &err) < 0)
		return complain_error(&err);
	print_result(&load, &result);
	return judge(&load, &result);
}

static const struct cmd queue = {
	.name = "bench queue",
	.args = "",
	.brief = "measure a queue with many processes",
	.opts = opts,
	.sibling = true,
	.run = run,
};

static const struct cmd *const group[] = {&queue, NULL};

const struct cmd cmd_bench = {
	.name = "bench",
	.args = "COMMAND [OPTION...]",
	.brief = "measure this machine",
	.group = group,
};
