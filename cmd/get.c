/* SPDX-License-Identifier: MIT */
/*
 * sigslot queue get: prints messages and takes them out, but only those whose bytes
 * were written. What a closed reader did not get goes back.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "print.h"
#include "queue.h"

enum { MOST = 1024, BLOCK = 256 * 1024 };

static bool null, no_args, raw, until_closed, dead, lease;
static int count = 1, retries = 4, process;
static const char *command;
static uint64_t backoff = 1000000000;
static struct sigslot_get how = {.timeout_ns = SIGSLOT_FOREVER};

static const struct opt opts[] = {
	{.letter = '0',
	 .name = "null",
	 .help = "print a NUL behind each message, not a newline",
	 .flag = &null},
	{.name = "backoff",
	 .arg = "DURATION",
	 .help = "the pause before the first retry of --exec: 1s unless given",
	 .duration = &backoff},
	{.letter = 'n',
	 .name = "count",
	 .arg = "N",
	 .help = "take up to N of the messages that are there, at least one",
	 .number = &count},
	{.name = "dead", .help = "get the messages that were given up", .flag = &dead},
	{.name = "exec",
	 .arg = "COMMAND",
	 .help = "run it for each message, which is done if it ends with 0",
	 .text = &command},
	{.name = "for",
	 .arg = "PID",
	 .help = "with --lease: until this process ends",
	 .number = &process},
	{.name = "lease",
	 .help = "print a token before each message, which stays leased",
	 .flag = &lease},
	{.name = "max-bytes",
	 .arg = "SIZE",
	 .help = "a longer message stays, and the exit status is 1",
	 .size = &how.max_bytes},
	{.name = "no-args",
	 .help = "give --exec's command its message as input alone, of any size",
	 .flag = &no_args},
	{.name = "peek",
	 .help = "print what is next, and leave it in the queue",
	 .flag = &how.peek},
	{.name = "raw",
	 .help = "print the exact bytes, and nothing behind them",
	 .flag = &raw},
	{.name = "retry",
	 .arg = "N",
	 .help = "of --exec: a message is given up after N retries, 4 unless given",
	 .number = &retries},
	{.name = "timeout",
	 .arg = "DURATION",
	 .help = "give up waiting for a message after this long",
	 .duration = &how.timeout_ns},
	{.name = "until-closed",
	 .help = "take all, up to N at a time, until it is closed and empty",
	 .flag = &until_closed},
	{0},
};

/* Standard output, and how much of it went out. */
struct out {
	char bytes[BLOCK];
	size_t size;
	uint64_t written;
	int trouble; /* errno */
};

static void write_out(struct out *o, const char *bytes, size_t size)
{
	while (size && !o->trouble) {
		struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT};
		ssize_t n = write(STDOUT_FILENO, bytes, size);

		if (n >= 0) {
			o->written += (uint64_t)n;
			bytes += n;
			size -= (size_t)n;
		} else if (errno == EAGAIN) {
			poll(&output, 1, -1);
		} else if (errno != EINTR) {
			o->trouble = errno;
		}
	}
}

static void flush(struct out *o)
{
	write_out(o, o->bytes, o->size);
	o->size = 0;
}

static void add(struct out *o, const char *bytes, size_t size)
{
	if (size > BLOCK - o->size)
		flush(o);
	if (size > BLOCK) {
		write_out(o, bytes, size);
		return;
	}
	memcpy(o->bytes + o->size, bytes, size);
	o->size += size;
}

/* What stands behind a message: nothing if it is raw. */
static size_t end_size(void)
{
	return null || !raw;
}

/* What stands before a message: its token, if it is leased. */
static char tokens[MOST][SIGSLOT_TOKEN];

static size_t token_size(size_t i)
{
	return lease ? strlen(tokens[i]) + 1 : 0;
}

/* Returns how many messages were written, whole. */
static size_t print_items(struct out *o, const struct sigslot_item *items, size_t len)
{
	uint64_t end = 0;
	size_t i;

	o->written = 0;
	for (i = 0; i < len && !o->trouble; i++) {
		if (lease) {
			add(o, tokens[i], strlen(tokens[i]));
			add(o, "\t", 1);
		}
		add(o, items[i].payload, items[i].size);
		add(o, null ? "" : "\n", end_size());
	}
	flush(o);
	for (i = 0; i < len; i++) {
		end += token_size(i) + items[i].size + end_size();
		if (end > o->written)
			break;
	}
	return i;
}

static int lost(const struct out *o, size_t len)
{
	const char *were = len == 1 ? "message was" : "messages were";

	if (how.peek)
		complain("cannot write to standard output: %s", strerror(o->trouble));
	else
		complain("cannot write to standard output: %s; %zu %s given back",
			 strerror(o->trouble), len, were);
	return CMD_OUTPUT;
}

static int hand_out(struct sigslot_queue *q, const struct sigslot_item *items,
		    size_t len)
{
	static struct out out;
	struct sigslot_error err = {0};
	size_t done = print_items(&out, items, len);
	int r = how.peek ? 0 : sigslot_queue_done(q, items, done, &err);

	if (r == 0 && !out.trouble)
		return 0;
	if (!how.peek)
		sigslot_queue_return(q, items + done, len - done, NULL);
	return r < 0 ? complain_error(&err) : lost(&out, len - done);
}

/* Their keeper gives them back if it is not told that they arrived. */
static int hand_leases(struct sigslot_queue *q, const struct sigslot_item *items,
		       size_t len)
{
	static struct out out;
	struct sigslot_error err = {0};
	int told, r = sigslot_queue_lease(q, items, len, how.process, tokens, &told,
					  &err);

	if (r < 0) {
		sigslot_queue_return(q, items, len, NULL);
		return complain_error(&err);
	}
	if (print_items(&out, items, len) == len && write(told, "", 1) == 1)
		return 0;
	close(told);
	return lost(&out, len);
}

static int failed(int code, const struct sigslot_error *err)
{
	int status = complain_error(err);

	return code == -EMSGSIZE ? CMD_NO : status;
}

static int get(struct sigslot_queue *q)
{
	static struct sigslot_item items[MOST];
	struct sigslot_error err = {0};
	int left = count, n, r = 0;

	do {
		int most = left < MOST ? left : MOST;

		n = sigslot_queue_get(q, &how, items, (size_t)most, &err);
		if (n < 0 && (until_closed ? n == -ESHUTDOWN : left < count))
			return 0;
		if (n < 0)
			return failed(n, &err);
		r = (lease ? hand_leases : hand_out)(q, items, (size_t)n);
		if (until_closed)
			continue;
		left = n < most ? 0 : left - n;
		how.timeout_ns = 0; /* the rest only if it is there */
	} while (r == 0 && left);
	return r;
}

static int note_messages(void *data, const struct sigslot_queue_info *info)
{
	*(uint64_t *)data = dead ? info->kept : info->messages;
	return 0;
}

/* All at once, as the next look begins with the same message. */
static int peek(struct sigslot_queue *q, const char *address)
{
	struct sigslot_error err = {0};
	struct sigslot_item *items;
	uint64_t most = 0;
	int n, r;

	sigslot_queue_stat(address, note_messages, &most, NULL);
	most = most < 1 ? 1 : most < (uint64_t)count ? most : (uint64_t)count;
	items = calloc(most, sizeof(*items));
	if (!items) {
		complain("out of memory");
		return CMD_OS;
	}
	n = sigslot_queue_get(q, &how, items, most, &err);
	r = n < 0 ? failed(n, &err) : hand_out(q, items, (size_t)n);
	free(items);
	return r;
}

static int exec(struct sigslot_queue *q)
{
	const struct sigslot_exec each = {
		.command = command,
		.no_args = no_args,
		.retries = (unsigned)retries,
		.backoff_ns = backoff,
		.most = (uint64_t)count,
		.until_closed = until_closed,
		.timeout_ns = how.timeout_ns,
		.told = complain_line,
	};
	struct sigslot_error err = {0};
	int r = sigslot_queue_exec(q, &each, &err);

	return r < 0 ? complain_error(&err) : r;
}

/* Returns whether the options make sense together. */
static bool check(void)
{
	if (!count)
		complain("queue get: --count: 0 messages are none to get");
	else if (lease != (process != 0))
		complain("queue get: --lease and --for PID go together");
	else if (how.peek && until_closed)
		complain("queue get: --peek and --until-closed exclude each other");
	else if (command && (lease || dead || raw || null || how.peek || how.max_bytes))
		complain("queue get: with --exec nothing is printed, so --lease, "
			 "--dead, --peek, --raw, --null and --max-bytes do not go with "
			 "it");
	else if (no_args && !command)
		complain("queue get: --no-args is for the command of --exec");
	else if (lease && (dead || until_closed || how.peek))
		complain("queue get: --lease does not go with --dead, --peek or "
			 "--until-closed");
	else
		return true;
	return false;
}

static int run(int len, char **operands)
{
	static struct sigslot_queue *q; /* ends with the process, which is sooner */
	struct sigslot_error err = {0};
	int r;

	(void)len;
	if (!check())
		return CMD_USAGE;
	how.text = !raw;
	if (lease && sigslot_process_open(process, &how.process, &err) < 0)
		return complain_error(&err);
	r = dead ? sigslot_queue_open_dead(operands[0], &q, &err)
		 : sigslot_queue_open(operands[0], &q, &err);
	if (r < 0)
		return complain_error(&err);
	if (command)
		return exec(q);
	/* a closed reader is an error: what it did not read goes back */
	signal(SIGPIPE, SIG_IGN);
	r = how.peek ? peek(q, operands[0]) : get(q);
	sigslot_queue_close(q);
	return r;
}

const struct cmd cmd_queue_get = {
	.name = "queue get",
	.args = "QUEUE",
	.brief = "get messages out of a queue",
	.opts = opts,
	.least = 1,
	.most = 1,
	.run = run,
};
