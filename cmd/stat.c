/* SPDX-License-Identifier: MIT */
/*
 * sigslot queue ls, stat, size, empty, full: what there is to know of queues. They ask
 * nobody and disturb nothing.
 */
#include <stdio.h>
#include <string.h>

#include "print.h"
#include "queue.h"

static bool json;

static const struct opt json_opts[] = {
	{.name = "json", .help = "one JSON object per queue and line", .flag = &json},
	{0},
};

static const char *address(const struct sigslot_queue_info *i, char out[static 160])
{
	snprintf(out, 160, "%s%s%s", i->standing ? "" : i->instance,
		 i->standing ? "" : "/", i->name);
	return out;
}

/* Every number of a queue, once: stat and --json show it. */
static size_t numbers(const struct sigslot_queue_info *i, struct print_member *out)
{
	const struct {
		const char *key;
		uint64_t number;
	} all[] = {
		{"messages", i->messages},
		{"waiting", i->waiting},
		{"leased", i->leased},
		{"bytes", i->bytes},
		{"kept", i->kept},
		{"size", i->size},
		{"largest", i->largest},
		{"limit", i->limit},
		{"put", i->put},
		{"done", i->done},
		{"faulted", i->faulted},
		{"dropped", i->dropped},
		{"evicted", i->evicted},
		{"outdated", i->outdated},
		{"refused", i->refused},
		{"failed", i->failed},
		{"dead", i->dead},
		{"voided", i->voided},
		{"damaged", i->damaged},
		{"redelivered", i->redelivered},
		{"takeovers", i->takeovers},
		{"high_messages", i->high_messages},
		{"high_bytes", i->high_bytes},
	};
	size_t len = sizeof(all) / sizeof(all[0]);

	for (size_t k = 0; k < len; k++)
		out[k] = (struct print_member){.key = all[k].key,
					       .kind = PRINT_NUMBER,
					       .number = (int64_t)all[k].number};
	return len;
}

static int print_object(void *unused, const struct sigslot_queue_info *info)
{
	char name[160];
	struct print_member members[32] = {
		{.key = "queue", .text = address(info, name)},
		{.key = "state", .text = info->closed ? "closed" : "open"},
	};

	(void)unused;
	members[2 + numbers(info, members + 2)] = (struct print_member){
		.key = "oldest",
		.kind = info->oldest_ns ? PRINT_FINE : PRINT_NULL,
		.number = (int64_t)info->oldest_ns,
	};
	print_json(members);
	return 0;
}

static int ask(const char *queue, sigslot_queue_fn fn, void *data)
{
	struct sigslot_error err = {0};
	int r = sigslot_queue_stat(queue, fn, data, &err);

	return r < 0 ? complain_error(&err) : r;
}

/* --- ls --- */

static const char *const headings[] = {"QUEUE", "STATE", "MESSAGES", "BYTES", "SIZE"};

enum { COLUMNS = sizeof(headings) / sizeof(headings[0]) };

static int add_row(void *data, const struct sigslot_queue_info *info)
{
	char name[160];

	print_cell(data, "%s", address(info, name));
	print_cell(data, "%s", info->closed ? "closed" : "open");
	print_cell(data, "%llu", (unsigned long long)info->messages);
	print_cell(data, "%llu", (unsigned long long)info->bytes);
	print_cell(data, "%llu", (unsigned long long)info->size);
	return 0;
}

static int ls(int len, char **operands)
{
	struct print_table table = {.columns = COLUMNS, .right = "llrrr"};
	sigslot_queue_fn fn = json ? print_object : add_row;
	int status;

	for (size_t i = 0; i < COLUMNS && !json; i++)
		print_cell(&table, "%s", headings[i]);
	status = len ? 0 : ask(NULL, fn, &table);
	for (int i = 0; i < len; i++) {
		int r = ask(operands[i], fn, &table);

		status = status ?: r;
	}
	if (!json)
		print_table(&table);
	return status;
}

const struct cmd cmd_queue_ls = {
	.name = "queue ls",
	.args = "[QUEUE...]",
	.brief = "list queues",
	.opts = json_opts,
	.most = ANY_NUMBER,
	.run = ls,
};

/* --- stat --- */

static int print_lines(void *unused, const struct sigslot_queue_info *info)
{
	struct print_member members[32];
	size_t len = numbers(info, members);
	char name[160];

	(void)unused;
	print("%-14s %s\n%-14s %s\n", "queue", address(info, name), "state",
	      info->closed ? "closed" : "open");
	for (size_t i = 0; i < len; i++)
		print("%-14s %llu\n", members[i].key,
		      (unsigned long long)members[i].number);
	if (info->oldest_ns)
		print("%-14s %.3fs\n", "oldest", (double)info->oldest_ns / 1e9);
	else
		print("%-14s -\n", "oldest");
	return 0;
}

static int stat(int len, char **operands)
{
	(void)len;
	return ask(operands[0], json ? print_object : print_lines, NULL);
}

const struct cmd cmd_queue_stat = {
	.name = "queue stat",
	.args = "QUEUE",
	.brief = "show all that is counted of a queue",
	.opts = json_opts,
	.least = 1,
	.most = 1,
	.run = stat,
};

/* --- size, empty, full --- */

static int print_size(void *unused, const struct sigslot_queue_info *info)
{
	(void)unused;
	print("%llu %llu\n", (unsigned long long)info->messages,
	      (unsigned long long)info->bytes);
	return 0;
}

static int size(int len, char **operands)
{
	(void)len;
	return ask(operands[0], print_size, NULL);
}

const struct cmd cmd_queue_size = {
	.name = "queue size",
	.args = "QUEUE",
	.brief = "print how many messages and bytes are in a queue",
	.least = 1,
	.most = 1,
	.run = size,
};

static int holds(void *unused, const struct sigslot_queue_info *info)
{
	(void)unused;
	return info->messages ? CMD_NO : 0;
}

static int empty(int len, char **operands)
{
	(void)len;
	return ask(operands[0], holds, NULL);
}

const struct cmd cmd_queue_empty = {
	.name = "queue empty",
	.args = "QUEUE",
	.brief = "end with 0 if a queue is empty, with 1 if not",
	.least = 1,
	.most = 1,
	.run = empty,
};

static int has_room(void *unused, const struct sigslot_queue_info *info)
{
	(void)unused;
	return info->full ? 0 : CMD_NO;
}

static int full(int len, char **operands)
{
	(void)len;
	return ask(operands[0], has_room, NULL);
}

const struct cmd cmd_queue_full = {
	.name = "queue full",
	.args = "QUEUE",
	.brief = "end with 0 if a queue is full, with 1 if not",
	.least = 1,
	.most = 1,
	.run = full,
};
