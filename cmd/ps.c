/* SPDX-License-Identifier: MIT */
/*
 * sigslot ps: the loops of all instances, the dead ones too. It asks nobody.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "print.h"

static bool json;

static const struct opt opts[] = {
	{.name = "json", .help = "one JSON object per loop and line", .flag = &json},
	{0},
};

static const char *const headings[] = {"INSTANCE", "LOOP",    "PID", "STATE",
				       "UP",	   "QUEUE",   "IN",  "OUT",
				       "DROPPED",  "RESTARTS"};

enum { COLUMNS = sizeof(headings) / sizeof(headings[0]) };

/* The largest two units: 3d04h, 2h05m, 1m10s, 12s. */
static void print_up(struct print_table *t, uint64_t ns)
{
	unsigned long long s = ns / 1000000000;

	if (!ns)
		print_cell(t, "-");
	else if (s >= 86400)
		print_cell(t, "%llud%02lluh", s / 86400, s / 3600 % 24);
	else if (s >= 3600)
		print_cell(t, "%lluh%02llum", s / 3600, s / 60 % 60);
	else if (s >= 60)
		print_cell(t, "%llum%02llus", s / 60, s % 60);
	else
		print_cell(t, "%llus", s);
}

static int add_row(void *data, const struct sigslot_loop_info *info)
{
	struct print_table *t = data;
	const char *ended = info->pid ? info->command_exit : info->exit;
	bool tell = *ended && (!info->pid || info->next_ns);

	print_cell(t, "%s", info->instance);
	print_cell(t, "%s", info->loop);
	if (info->pid)
		print_cell(t, "%d", info->pid);
	else
		print_cell(t, "-");
	print_cell(t, "%s%s%s", info->state, tell ? " " : "", tell ? ended : "");
	print_up(t, info->up_ns);
	print_cell(t, "%llu", (unsigned long long)info->queued);
	print_cell(t, "%llu", (unsigned long long)info->in);
	print_cell(t, "%llu", (unsigned long long)info->out);
	print_cell(t, "%llu", (unsigned long long)info->dropped);
	print_cell(t, "%llu",
		   (unsigned long long)(info->restarts + info->command_restarts));
	return 0;
}

/* An exit status, or the negative number of a signal given by name. */
static int exit_number(const char *text)
{
	if (strncmp(text, "SIG", 3) != 0)
		return atoi(text);
	for (int i = 1; i < NSIG; i++) {
		const char *name = sigabbrev_np(i);

		if (name && strcmp(name, text + 3) == 0)
			return -i;
	}
	return -atoi(text + 3);
}

/* Null if it has not ended. */
static struct print_member ending(const char *key, const char *exit)
{
	return (struct print_member){.key = key,
				     .kind = *exit ? PRINT_NUMBER : PRINT_NULL,
				     .number = exit_number(exit)};
}

/* A pid; null if there is no such process. */
static struct print_member process(const char *key, int pid)
{
	if (pid)
		return member_number(key, (uint64_t)pid);
	return (struct print_member){.key = key, .kind = PRINT_NULL};
}

static int print_row(void *unused, const struct sigslot_loop_info *info)
{
	const struct print_member members[] = {
		{.key = "instance", .text = info->instance},
		{.key = "loop", .text = info->loop},
		{.key = "process",
		 .kind = *info->process ? PRINT_TEXT : PRINT_NULL,
		 .text = info->process},
		process("pid", info->pid),
		process("supervisor", info->supervisor),
		{.key = "state", .text = info->state},
		ending("exit", info->exit),
		{.key = "up", .kind = PRINT_SECONDS, .number = (int64_t)info->up_ns},
		member_number("queued", info->queued),
		member_number("queued_bytes", info->queued_bytes),
		member_number("in", info->in),
		member_number("out", info->out),
		member_number("dropped", info->dropped),
		member_number("failed", info->failed),
		member_number("retried", info->retried),
		member_number("dead", info->dead),
		member_number("restarts", info->restarts),
		ending("command_exit", info->command_exit),
		member_number("command_restarts", info->command_restarts),
		{.key = "next",
		 .kind = info->next_ns ? PRINT_SECONDS : PRINT_NULL,
		 .number = (int64_t)info->next_ns},
		{0},
	};

	(void)unused;
	print_json(members);
	return 0;
}

static int walk(const char *instance, struct print_table *t)
{
	struct sigslot_error err = {0};
	int r = sigslot_ps(instance, json ? print_row : add_row, t, &err);

	return r < 0 ? complain_error(&err) : 0;
}

static int run(int len, char **operands)
{
	struct print_table table = {.columns = COLUMNS, .right = "llrlrrrrrr"};
	int status;

	for (size_t i = 0; i < COLUMNS && !json; i++)
		print_cell(&table, "%s", headings[i]);
	status = len ? 0 : walk(NULL, &table);
	for (int i = 0; i < len; i++) {
		int r = walk(operands[i], &table);

		if (r && !status)
			status = r;
	}
	if (!json)
		print_table(&table);
	return status;
}

const struct cmd cmd_ps = {
	.name = "ps",
	.args = "[INSTANCE...]",
	.brief = "list loops, the dead ones too",
	.opts = opts,
	.most = ANY_NUMBER,
	.run = run,
};
