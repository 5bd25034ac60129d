/* SPDX-License-Identifier: MIT */
/*
 * sigslot ledger: what became of all messages, by queue or connection. It asks nobody.
 */
#include <string.h>

#include "cmd.h"
#include "print.h"

enum { MEMBERS = 24 };

static bool json, connections;

static const struct opt opts[] = {
	{.name = "connections",
	 .help = "one row per connection, not per queue",
	 .flag = &connections},
	{.name = "json",
	 .help = "one JSON object per queue or connection and line",
	 .flag = &json},
	{0},
};

static const char *const queue_headings[] = {"INSTANCE", "QUEUE", NULL};
static const char *const connection_headings[] = {"INSTANCE", "FROM", "TO", NULL};
static const char *const headings[] = {"SENT",	  "DELIVERED", "FILTERED", "FAILED",
				       "RETRIED", "DEAD",      "DROPPED",  "REFUSED",
				       "QUEUED",  "BALANCE",   NULL};

struct page {
	struct print_table table;
	int status;
};

static void add_headings(struct print_table *t, const char *const *names)
{
	for (; *names; names++)
		print_cell(t, "%s", *names);
}

static void add_numbers(struct print_table *t, const struct sigslot_balance *b,
			uint64_t dropped)
{
	uint64_t outside = b->drop_new + b->refused;
	const uint64_t numbers[] = {b->sent,	       b->delivered, b->filtered,
				    b->failed,	       b->retried,   b->dead,
				    dropped - outside, outside,	     b->queued};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		print_cell(t, "%llu", (unsigned long long)numbers[i]);
}

/* `head` says what it is the balance of, and ends with a member without a key. */
static int print_balance(const struct print_member *head,
			 const struct sigslot_balance *b)
{
	const struct print_member numbers[] = {
		member_number("sent", b->sent),
		member_number("delivered", b->delivered),
		member_number("filtered", b->filtered),
		member_number("failed", b->failed),
		member_number("retried", b->retried),
		member_number("dead", b->dead),
		member_number("queued", b->queued),
		member_number("leased", b->leased),
		member_number("drop-old", b->drop_old),
		member_number("latest", b->latest),
		member_number("disconnected", b->disconnected),
		member_number("stopping", b->stopping),
		member_number("damaged", b->damaged),
		member_number("drop-new", b->drop_new),
		member_number("refused", b->refused),
	};
	struct print_member members[MEMBERS] = {0};
	size_t len = 0;

	while (head->key)
		members[len++] = *head++;
	memcpy(members + len, numbers, sizeof(numbers));
	print_json(members);
	return 0;
}

static const char *verdict(const struct sigslot_ledger *l)
{
	return l->holds ? "holds" : l->readable ? "broken" : "damaged";
}

static int tell_queue(void *data, const struct sigslot_ledger *l)
{
	const struct print_member head[] = {
		{.key = "instance", .text = l->instance},
		{.key = "queue", .text = l->queue},
		{.key = "kind", .text = l->named ? "queue" : "loop"},
		{.key = "balance", .text = verdict(l)},
		{0},
	};
	struct page *p = data;

	if (!l->holds) {
		complain("%s/%s: %s", l->instance, l->queue,
			 l->readable ? "the balance does not hold: something was lost "
				       "or counted twice"
				     : "its counts are damaged");
		p->status = p->status ? p->status : CMD_NO;
	}
	if (json)
		return print_balance(head, &l->balance);
	print_cell(&p->table, "%s", l->instance);
	print_cell(&p->table, "%s", l->queue);
	add_numbers(&p->table, &l->balance, l->dropped);
	print_cell(&p->table, "%s", verdict(l));
	return 0;
}

static int tell_connection(void *data, const struct sigslot_account *a)
{
	const char *holds = a->holds ? "holds" : "broken";
	const struct print_member head[] = {
		{.key = "instance", .text = a->instance},
		{.key = "queue", .text = a->queue},
		{.key = "kind", .text = "connection"},
		{.key = "from", .text = a->from},
		{.key = "to", .text = a->to},
		{.key = "balance", .text = holds},
		{0},
	};
	struct page *p = data;

	if (!a->holds) {
		complain("%s/%s: %s -> %s: the balance does not hold: something was "
			 "lost or counted twice",
			 a->instance, a->queue, a->from, a->to);
		p->status = p->status ? p->status : CMD_NO;
	}
	if (json)
		return print_balance(head, &a->balance);
	print_cell(&p->table, "%s", a->instance);
	print_cell(&p->table, "%s", *a->from ? a->from : "-");
	print_cell(&p->table, "%s", *a->to ? a->to : "-");
	add_numbers(&p->table, &a->balance, a->dropped);
	print_cell(&p->table, "%s", holds);
	return 0;
}

static void walk(const char *address, struct page *p)
{
	struct sigslot_error err = {0};
	int r = connections ? sigslot_accounts(address, tell_connection, p, &err)
			    : sigslot_ledger(address, tell_queue, p, &err);

	if (r < 0)
		p->status = complain_error(&err);
}

static int run(int len, char **operands)
{
	struct page page = {
		.table = {.columns = connections ? 13 : 12,
			  .right = connections ? "lllrrrrrrrrrl" : "llrrrrrrrrrl"}};

	if (!json) {
		add_headings(&page.table,
			     connections ? connection_headings : queue_headings);
		add_headings(&page.table, headings);
	}
	if (!len)
		walk(NULL, &page);
	for (int i = 0; i < len; i++)
		walk(operands[i], &page);
	if (!json)
		print_table(&page.table);
	return page.status;
}

const struct cmd cmd_ledger = {
	.name = "ledger",
	.args = "[NAME...]",
	.brief = "list what became of all messages, by queue or connection",
	.opts = opts,
	.most = ANY_NUMBER,
	.run = run,
};
