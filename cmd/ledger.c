/* SPDX-License-Identifier: MIT */
/*
 * sigslot ledger: what became of all messages, queue by queue. It asks nobody.
 */
#include "cmd.h"
#include "print.h"

static bool json;

static const struct opt opts[] = {
	{.name = "json", .help = "one JSON object per queue and line", .flag = &json},
	{0},
};

static const char *const headings[] = {"INSTANCE", "QUEUE",   "SENT",	 "DELIVERED",
				       "FILTERED", "FAILED",  "RETRIED", "DEAD",
				       "DROPPED",  "REFUSED", "QUEUED",	 "BALANCE"};

enum { COLUMNS = sizeof(headings) / sizeof(headings[0]) };

struct page {
	struct print_table table;
	int status;
};

static const char *verdict(const struct sigslot_ledger *l)
{
	return l->holds ? "holds" : l->readable ? "broken" : "damaged";
}

static int add_row(struct page *p, const struct sigslot_ledger *l)
{
	const struct sigslot_balance *b = &l->balance;
	uint64_t outside = b->drop_new + b->refused;
	const uint64_t numbers[] = {
		b->sent, b->delivered,	       b->filtered, b->failed, b->retried,
		b->dead, l->dropped - outside, outside,	    b->queued};

	print_cell(&p->table, "%s", l->instance);
	print_cell(&p->table, "%s", l->queue);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		print_cell(&p->table, "%llu", (unsigned long long)numbers[i]);
	print_cell(&p->table, "%s", verdict(l));
	return 0;
}

static struct print_member number(const char *key, uint64_t n)
{
	return (struct print_member){
		.key = key, .kind = PRINT_NUMBER, .number = (int64_t)n};
}

static int print_row(const struct sigslot_ledger *l)
{
	const struct sigslot_balance *b = &l->balance;
	const struct print_member members[] = {
		{.key = "instance", .text = l->instance},
		{.key = "queue", .text = l->queue},
		{.key = "kind", .text = l->named ? "queue" : "loop"},
		{.key = "balance", .text = verdict(l)},
		number("sent", b->sent),
		number("delivered", b->delivered),
		number("filtered", b->filtered),
		number("failed", b->failed),
		number("retried", b->retried),
		number("dead", b->dead),
		number("queued", b->queued),
		number("leased", b->leased),
		number("drop-old", b->drop_old),
		number("latest", b->latest),
		number("disconnected", b->disconnected),
		number("stopping", b->stopping),
		number("damaged", b->damaged),
		number("drop-new", b->drop_new),
		number("refused", b->refused),
		{0},
	};

	print_json(members);
	return 0;
}

static int tell(void *data, const struct sigslot_ledger *l)
{
	struct page *p = data;

	if (!l->holds) {
		complain("%s/%s: %s", l->instance, l->queue,
			 l->readable ? "the balance does not hold: something was lost "
				       "or counted twice"
				     : "its counts are damaged");
		p->status = p->status ? p->status : CMD_NO;
	}
	return json ? print_row(l) : add_row(p, l);
}

static void walk(const char *address, struct page *p)
{
	struct sigslot_error err = {0};

	if (sigslot_ledger(address, tell, p, &err) < 0)
		p->status = complain_error(&err);
}

static int run(int len, char **operands)
{
	struct page page = {.table = {.columns = COLUMNS, .right = "llrrrrrrrrrl"}};

	for (size_t i = 0; i < COLUMNS && !json; i++)
		print_cell(&page.table, "%s", headings[i]);
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
	.brief = "list what became of all messages, queue by queue",
	.opts = opts,
	.most = ANY_NUMBER,
	.run = run,
};
