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

static bool null, raw, until_closed;
static int count = 1;
static struct sigslot_get how = {.timeout_ns = SIGSLOT_FOREVER};

static const struct opt opts[] = {
	{.letter = '0',
	 .name = "null",
	 .help = "print a NUL behind each message, not a newline",
	 .flag = &null},
	{.letter = 'n',
	 .name = "count",
	 .arg = "N",
	 .help = "take up to N of the messages that are there, at least one",
	 .number = &count},
	{.name = "max-bytes",
	 .arg = "SIZE",
	 .help = "a longer message stays, and the exit status is 1",
	 .size = &how.max_bytes},
	{.name = "peek",
	 .help = "print what is next, and leave it in the queue",
	 .flag = &how.peek},
	{.name = "raw",
	 .help = "print the exact bytes, and nothing behind them",
	 .flag = &raw},
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

/* Returns how many messages were written, whole. */
static size_t print_items(struct out *o, const struct sigslot_item *items, size_t len)
{
	uint64_t end = 0;
	size_t i;

	o->written = 0;
	for (i = 0; i < len && !o->trouble; i++) {
		add(o, items[i].payload, items[i].size);
		add(o, null ? "" : "\n", end_size());
	}
	flush(o);
	for (i = 0; i < len; i++) {
		end += items[i].size + end_size();
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
		r = hand_out(q, items, (size_t)n);
		if (until_closed)
			continue;
		left = n < most ? 0 : left - n;
		how.timeout_ns = 0; /* the rest only if it is there */
	} while (r == 0 && left);
	return r;
}

static int note_messages(void *data, const struct sigslot_queue_info *info)
{
	*(uint64_t *)data = info->messages;
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

static int run(int len, char **operands)
{
	static struct sigslot_queue *q; /* ends with the process, which is sooner */
	struct sigslot_error err = {0};
	int r;

	(void)len;
	if (!count) {
		complain("queue get: --count: 0 messages are none to get");
		return CMD_USAGE;
	}
	if (how.peek && until_closed) {
		complain("queue get: --peek and --until-closed exclude each other");
		return CMD_USAGE;
	}
	how.text = !raw;
	/* a closed reader is an error: what it did not read goes back */
	signal(SIGPIPE, SIG_IGN);
	if (sigslot_queue_open(operands[0], &q, &err) < 0)
		return complain_error(&err);
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
