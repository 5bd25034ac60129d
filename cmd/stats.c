/* SPDX-License-Identifier: MIT */
/*
 * sigslot stats: what went through slots and queues, how long it waited and how long it
 * took. It asks nobody.
 */
#include <stdio.h>

#include "cmd.h"
#include "print.h"

static bool json, connections;

static const struct opt opts[] = {
	{.name = "connections",
	 .help = "connections, not slots and queues",
	 .flag = &connections},
	{.name = "json",
	 .help = "one JSON object per slot, queue or connection and line",
	 .flag = &json},
	{0},
};

static const char *const headings[] = {"INSTANCE",    "NAME",	  "IN",	 "OUT",
				       "FAILED",      "WAIT P50", "P99", "MAX",
				       "SERVICE P50", "P99",	  "MAX"};

enum { COLUMNS = sizeof(headings) / sizeof(headings[0]) };

/* Three digits and a unit: 85ns, 1.25us, 20.0ms, 3.00s; then 150s. */
static void print_span(struct print_table *t, uint64_t ns)
{
	static const char *const units[] = {"ns", "us", "ms", "s"};
	double n = (double)ns;
	unsigned unit = 0;

	while (n >= 999.5 && unit < 3) {
		n /= 1000;
		unit++;
	}
	print_cell(t, "%.*f%s",
		   !unit || n >= 99.95 ? 0
		   : n >= 9.995	       ? 1
				       : 2,
		   n, units[unit]);
}

static void print_times(struct print_table *t, const struct sigslot_times *times)
{
	const uint64_t columns[] = {times->p50, times->p99, times->max};

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		if (times->count)
			print_span(t, columns[i]);
		else
			print_cell(t, "-");
}

static int add_row(void *data, const struct sigslot_stats *s)
{
	struct print_table *t = data;

	print_cell(t, "%s", s->instance);
	print_cell(t, "%s", s->name);
	print_cell(t, "%llu", (unsigned long long)s->in);
	print_cell(t, "%llu", (unsigned long long)s->out);
	print_cell(t, "%llu", (unsigned long long)s->failed);
	print_times(t, &s->wait);
	print_times(t, &s->service);
	return 0;
}

/* Null where nothing was measured. */
static struct print_member span(const char *key, const struct sigslot_times *times,
				uint64_t ns)
{
	return (struct print_member){.key = key,
				     .kind = times->count ? PRINT_FINE : PRINT_NULL,
				     .number = (int64_t)ns};
}

static int print_row(void *unused, const struct sigslot_stats *s)
{
	const struct print_member members[] = {
		{.key = "instance", .text = s->instance},
		{.key = "name", .text = s->name},
		{.key = "kind", .text = s->kind},
		member_number("in", s->in),
		member_number("out", s->out),
		member_number("failed", s->failed),
		span("wait_p50", &s->wait, s->wait.p50),
		span("wait_p99", &s->wait, s->wait.p99),
		span("wait_max", &s->wait, s->wait.max),
		span("service_p50", &s->service, s->service.p50),
		span("service_p99", &s->service, s->service.p99),
		span("service_max", &s->service, s->service.max),
		{0},
	};

	(void)unused;
	print_json(members);
	return 0;
}

static int walk(const char *name, struct print_table *t)
{
	struct sigslot_error err = {0};
	sigslot_stats_fn fn = json ? print_row : add_row;
	int r = connections ? sigslot_stats_connections(name, fn, t, &err)
			    : sigslot_stats(name, fn, t, &err);

	return r < 0 ? complain_error(&err) : 0;
}

static int run(int len, char **operands)
{
	struct print_table table = {.columns = COLUMNS, .right = "llrrrrrrrrr"};
	int status = 0;

	for (size_t i = 0; i < COLUMNS && !json; i++)
		print_cell(&table, "%s", headings[i]);
	if (!len)
		status = walk(NULL, &table);
	for (int i = 0; i < len; i++) {
		int r = walk(operands[i], &table);

		status = status ?: r;
	}
	if (!json)
		print_table(&table);
	return status;
}

const struct cmd cmd_stats = {
	.name = "stats",
	.args = "[NAME...]",
	.brief = "count messages, and how long they wait and take",
	.opts = opts,
	.most = ANY_NUMBER,
	.run = run,
};
