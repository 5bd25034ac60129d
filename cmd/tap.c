/* SPDX-License-Identifier: MIT */
/*
 * sigslot tap: prints what passes by. Whoever emits, or takes, does not notice.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd.h"
#include "print.h"

static bool meta;
static int count = INT_MAX, ready_fd = -1;
static uint64_t duration = SIGSLOT_FOREVER;

static const struct opt opts[] = {
	{.letter = 'c',
	 .name = "count",
	 .arg = "COUNT",
	 .help = "end after so many messages",
	 .number = &count},
	{.name = "json", .help = "the same as --meta", .flag = &meta},
	{.name = "meta",
	 .help = "one JSON object per message: where it comes from, and what it is",
	 .flag = &meta},
	{.name = "ready-fd",
	 .arg = "FD",
	 .help = "write a newline to this descriptor when nothing more is missed",
	 .number = &ready_fd},
	{.letter = 't',
	 .name = "duration",
	 .arg = "DURATION",
	 .help = "end after this long",
	 .duration = &duration},
	{0},
};

static bool terminal;
static int seen;
static uint64_t missed_all;
static volatile sig_atomic_t ended_by; /* a signal; 0: none came */

static void note_signal(int signal)
{
	ended_by = signal;
}

/* What is ignored stays so: a tap in the background of a script. */
static void heed(int signal)
{
	const struct sigaction noted = {.sa_handler = note_signal};
	struct sigaction before;

	if (sigaction(signal, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
		sigaction(signal, &noted, NULL);
}

/* Ends as if nothing had been done about the signal, so that a shell sees it. */
static void end_by_signal(void)
{
	signal(ended_by, SIG_DFL);
	raise(ended_by);
}

static void print_meta(const struct sigslot_tapped *t, const char *id)
{
	const struct print_member members[] = {
		member_known("instance", t->instance),
		member_known("name", t->name),
		member_known("sender", t->sender),
		member_known("signal", t->signal),
		member_known("id", id),
		member_known("queue", t->queue),
		member_number("seq", t->seq),
		member_seconds("time", t->time_ns),
		member_number("attempt", t->attempt),
		member_number("size", t->size),
		{.key = "payload",
		 .kind = t->raw ? PRINT_NULL : PRINT_RAW,
		 .text = t->text,
		 .number = (int64_t)t->text_size},
		{0},
	};

	print_json(members);
}

static void print_payload(const struct sigslot_tapped *t)
{
	if (terminal)
		print_plain(t->text);
	else
		print_bytes(t->text, t->text_size);
	print_bytes("\n", 1);
}

static void note_missed(const char *queue, uint64_t missed)
{
	const struct print_member members[] = {
		member_known("queue", queue), member_number("missed", missed), {0}};

	missed_all += missed;
	if (meta)
		print_json(members);
}

static int look(void *unused, const struct sigslot_tapped *t, const char *queue,
		uint64_t missed)
{
	char id[17];

	(void)unused;
	if (t)
		snprintf(id, sizeof(id), "%016llx", (unsigned long long)t->id);
	if (t && meta)
		print_meta(t, id);
	else if (t)
		print_payload(t);
	else if (missed)
		note_missed(queue, missed);
	else if (!print_flush())
		return -EPIPE;
	seen += t != NULL;
	if (ended_by)
		return -EINTR;
	return seen == count;
}

static int finish(int code, const struct sigslot_error *err)
{
	bool ended = code == 0 || code == -ETIMEDOUT;

	if (missed_all)
		complain("%llu message%s went by too fast to be seen",
			 (unsigned long long)missed_all, missed_all == 1 ? "" : "s");
	if (code == -EINTR && print_flush())
		end_by_signal();
	if (code == 1 || code == -EPIPE || (ended && count == INT_MAX))
		return 0;
	if (!ended)
		return complain_error(err);
	complain("%s after %d of %d messages",
		 code ? "the time was over" : "the instance ended", seen, count);
	return sigslot_error_exit(code ? code : -ESHUTDOWN);
}

static int run(int len, char **operands)
{
	const struct sigslot_tap what = {
		.names = (const char *const *)operands,
		.names_len = (size_t)len,
		.json = meta,
		.timeout_ns = duration,
		.output = STDOUT_FILENO,
		.ready_fd = ready_fd,
	};
	struct sigslot_error err = {0};

	if (!count) {
		complain("tap: --count: 0 messages are none to print");
		return CMD_USAGE;
	}
	if (ready_fd >= 0 && fcntl(ready_fd, F_GETFD) < 0) {
		complain("tap: --ready-fd: descriptor %d is not open", ready_fd);
		return CMD_USAGE;
	}
	terminal = isatty(STDOUT_FILENO);
	print_endless();
	heed(SIGINT);
	heed(SIGTERM);
	return finish(sigslot_tap(&what, look, NULL, &err), &err);
}

const struct cmd cmd_tap = {
	.name = "tap",
	.args = "NAME...",
	.brief = "print messages as they pass by",
	.opts = opts,
	.least = 1,
	.most = ANY_NUMBER,
	.run = run,
};
