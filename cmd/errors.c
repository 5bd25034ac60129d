/* SPDX-License-Identifier: MIT */
/*
 * sigslot errors: what failed, in the order of time, or counted by group.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd.h"
#include "print.h"

static bool by_group, json, raise_any;

static const struct opt opts[] = {
	{.name = "group",
	 .help = "count by group; operands name groups, and show those",
	 .flag = &by_group},
	{.name = "json", .help = "one JSON object per line", .flag = &json},
	{.name = "raise",
	 .help = "exit with 1 if anything failed for good",
	 .flag = &raise_any},
	{0},
};

/* How many failed for good: not those that were tried again. */
static uint64_t failed;

struct group {
	char name[64], where[200], reason[256];
	uint64_t count, last_ns;
};

static struct group *groups;
static size_t groups_len;

static const char *const endings[][2] = {
	{"retried", "; it is tried again"},
	{"dead", "; it is given up"},
};

static const char *where(const struct sigslot_failure *f, char out[static 200])
{
	bool lone = !*f->slot || strcmp(f->slot, "in") == 0 ||
		    strcmp(f->outcome, "ended") == 0;

	snprintf(out, 200, "%s/%s%s%s", f->instance, f->object, lone ? "" : ".",
		 lone ? "" : f->slot);
	return out;
}

static const char *local_time(uint64_t ns, char out[static 32])
{
	time_t seconds = (time_t)(ns / 1000000000);
	struct tm tm;

	localtime_r(&seconds, &tm);
	strftime(out, 32, "%Y-%m-%d %H:%M:%S", &tm);
	return out;
}

static void count(const struct sigslot_failure *f)
{
	if (strcmp(f->outcome, "retried") != 0)
		failed += f->times;
}

/* Each line of it behind a name. */
static void say_text(const char *name, const char *text, size_t size)
{
	while (size) {
		const char *end = memchr(text, '\n', size);
		size_t len = end ? (size_t)(end - text) : size;
		char line[1024];

		snprintf(line, sizeof(line), "%.*s", (int)len, text);
		print("    %s: ", name);
		print_plain(line);
		print("\n");
		size -= end ? len + 1 : len;
		text += end ? len + 1 : len;
	}
}

static int say(void *unused, const struct sigslot_failure *f)
{
	const char *ending = "";
	char at[32], place[200];

	(void)unused;
	count(f);
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (strcmp(endings[i][0], f->outcome) == 0)
			ending = endings[i][1];
	print("%s  %s  ", local_time(f->time_ns, at), where(f, place));
	print_plain(f->reason);
	print("%s", ending);
	if (f->attempt > 1)
		print(" (attempt %u)", f->attempt);
	if (f->times > 1)
		print(", %llu times until %s", (unsigned long long)f->times,
		      local_time(f->last_ns, at) + 11);
	if (*f->group)
		print(" [%s]", f->group);
	print("\n");
	say_text("payload", f->payload, f->payload_len);
	if (f->payload_len < f->payload_size)
		print("    payload: ... %llu bytes in all\n",
		      (unsigned long long)f->payload_size);
	say_text("stderr", f->tail, strlen(f->tail));
	return 0;
}

static int print_object(void *unused, const struct sigslot_failure *f)
{
	char payload[1024];
	const struct print_member members[] = {
		member_text("instance", f->instance),
		member_text("process", f->process),
		member_text("loop", f->loop),
		member_text("object", f->object),
		member_text("slot", f->slot),
		member_known("group", f->group),
		member_text("outcome", f->outcome),
		member_text("reason", f->reason),
		{.key = "exit",
		 .kind = f->exit >= 0 ? PRINT_NUMBER : PRINT_NULL,
		 .number = f->exit},
		member_known("signal", f->signal),
		member_number("attempt", f->attempt),
		member_seconds("seconds", f->took_ns),
		member_seconds("time", f->time_ns),
		member_seconds("last", f->last_ns),
		member_number("times", f->times),
		member_text("sender", f->sender),
		member_text("sent_as", f->sent_as),
		member_text("payload", payload),
		member_number("payload_size", f->payload_size),
		member_text("stderr", f->tail),
		{0},
	};

	(void)unused;
	count(f);
	snprintf(payload, sizeof(payload), "%.*s", (int)f->payload_len, f->payload);
	print_json(members);
	return 0;
}

static struct group *group_of(const char *name)
{
	for (size_t i = 0; i < groups_len; i++)
		if (strcmp(groups[i].name, name) == 0)
			return &groups[i];
	groups = realloc(groups, (groups_len + 1) * sizeof(*groups));
	if (!groups) {
		complain("out of memory");
		exit(CMD_OS);
	}
	groups[groups_len] = (struct group){0};
	snprintf(groups[groups_len].name, sizeof(groups->name), "%s", name);
	return &groups[groups_len++];
}

/* They come in the order of time. */
static int add_to_group(void *unused, const struct sigslot_failure *f)
{
	struct group *g = group_of(f->group);

	(void)unused;
	count(f);
	g->count += f->times;
	g->last_ns = f->last_ns;
	where(f, g->where);
	snprintf(g->reason, sizeof(g->reason), "%s", f->reason);
	return 0;
}

static void print_groups(void)
{
	static const char *const headings[] = {"GROUP", "FAILURES", "LAST", "WHERE",
					       "REASON"};
	struct print_table t = {.columns = 5, .right = "lrlll"};
	char at[32];

	for (size_t i = 0; i < 5; i++)
		print_cell(&t, "%s", headings[i]);
	for (struct group *g = groups; g && g < groups + groups_len; g++) {
		print_cell(&t, "%s", *g->name ? g->name : "-");
		print_cell(&t, "%llu", (unsigned long long)g->count);
		print_cell(&t, "%s", local_time(g->last_ns, at));
		print_cell(&t, "%s", g->where);
		print_cell(&t, "%s", g->reason);
	}
	print_table(&t);
}

static void print_group_objects(void)
{
	for (struct group *g = groups; g && g < groups + groups_len; g++) {
		const struct print_member members[] = {
			{.key = "group",
			 .kind = *g->name ? PRINT_TEXT : PRINT_NULL,
			 .text = g->name},
			member_number("failures", g->count),
			member_seconds("last", g->last_ns),
			member_text("where", g->where),
			member_text("reason", g->reason),
			{0},
		};

		print_json(members);
	}
}

static int run(int len, char **operands)
{
	const struct sigslot_errors what = {.names = (const char *const *)operands,
					    .names_len = (size_t)len,
					    .groups = by_group};
	bool table = by_group && !len;
	struct sigslot_error err = {0};
	uint64_t gone;
	int r = sigslot_errors(&what,
			       table  ? add_to_group
			       : json ? print_object
				      : say,
			       NULL, &gone, &err);

	if (r < 0)
		return complain_error(&err);
	if (table && json)
		print_group_objects();
	else if (table)
		print_groups();
	free(groups);
	if (gone)
		complain("%llu older ones are not kept any more",
			 (unsigned long long)gone);
	if (!raise_any || !failed)
		return 0;
	complain("%llu failed", (unsigned long long)failed);
	return CMD_NO;
}

const struct cmd cmd_errors = {
	.name = "errors",
	.args = "[NAME...]",
	.brief = "show what failed, and why",
	.opts = opts,
	.most = ANY_NUMBER,
	.run = run,
};
