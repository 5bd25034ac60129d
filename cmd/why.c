/* SPDX-License-Identifier: MIT */
/*
 * sigslot why: plain sentences on why something does or does not move. It asks nobody.
 */
#include <ctype.h>
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

/* 20ms, 3.2s, 1m10s, 2h05m. */
static const char *span(uint64_t ns, char out[static 32])
{
	unsigned long long ms = ns / 1000000, s = ms / 1000;

	if (ms < 1000)
		snprintf(out, 32, "%llums", ms);
	else if (s < 60)
		snprintf(out, 32, "%llu.%llus", s, ms % 1000 / 100);
	else if (s < 3600)
		snprintf(out, 32, "%llum%02llus", s / 60, s % 60);
	else
		snprintf(out, 32, "%lluh%02llum", s / 3600, s / 60 % 60);
	return out;
}

static const struct {
	const char *state, *sentence;
} states[] = {
	{"starting", "is about to start"},
	{"ready", "is ready"},
	{"draining", "stops, and works off its queue"},
	{"stopped", "has stopped: 'sigslot start' starts it again"},
	{"waiting", "waits for its next start"},
	{"restart", "waits for the next start of its command"},
	{"failed", "was given up, as its process ended too often"},
	{"dead", "is dead, as nobody supervises it: 'sigslot run' goes on with it"},
	{"queue", "is open"},
};

static void say_state(const struct sigslot_why *w)
{
	bool lives = w->pid && strcmp(w->state, "waiting") == 0;
	const char *state = lives ? "restart" : w->state, *sentence = state;
	char text[32];

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strcmp(states[i].state, state) == 0)
			sentence = states[i].sentence;
	if (strcmp(w->kind, "queue") == 0)
		print("Queue '%s'", w->name);
	else if (strcmp(w->kind, "object") == 0)
		print("Object '%s' lives on loop '%s', which", w->name, w->loop);
	else
		print("Loop '%s'", w->loop);
	print(" of instance '%s' %s", w->instance, sentence);
	if (*w->after)
		print(" when '%s' is ready, as `after:` says", w->after);
	if (w->next_ns)
		print(" in %s", span(w->next_ns, text));
	print(".");
	if (w->pid)
		print(" Process '%s' (%d) has run for %s.", w->process, w->pid,
		      span(w->up_ns, text));
}

static void say_exit(const struct sigslot_why *w)
{
	if (!*w->exit)
		return;
	print(" It last ended %s%s, and was started again %llu time%s.",
	      isdigit((unsigned char)*w->exit) ? "with status " : "by ", w->exit,
	      (unsigned long long)w->restarts, w->restarts == 1 ? "" : "s");
}

static void say_command(const struct sigslot_why *w)
{
	if (!*w->command_exit)
		return;
	print(" The command of '%s' last ended %s%s", w->command,
	      isdigit((unsigned char)*w->command_exit) ? "with status " : "by ",
	      w->command_exit);
	if (w->command_restarts)
		print("; commands of the loop were started again %llu time%s",
		      (unsigned long long)w->command_restarts,
		      w->command_restarts == 1 ? "" : "s");
	print(".");
}

static void say_work(const char *slot, uint64_t begun_ns)
{
	char text[32];

	print("is busy with slot '%s'", slot);
	if (begun_ns)
		print(", and began a message %s ago", span(begun_ns, text));
}

static void say_queue(const struct sigslot_why *w)
{
	const char *whose = strcmp(w->kind, "queue") == 0 ? "it" : "its queue";
	char text[32];

	if (!w->queued) {
		print(" Nothing waits in %s.", whose);
		return;
	}
	print(" In %s %s %llu message%s", whose, w->queued == 1 ? "is" : "are",
	      (unsigned long long)w->queued, w->queued == 1 ? "" : "s");
	if (w->leased)
		print(", %llu of them taken", (unsigned long long)w->leased);
	if (w->oldest_ns)
		print(", the oldest for %s", span(w->oldest_ns, text));
	print(w->full ? "; it is full." : ".");
}

static void say_way(const struct sigslot_why *w)
{
	if (!w->way_len) {
		if (*w->slot) {
			print(" It ");
			say_work(w->slot, w->begun_ns);
			print(".");
		}
		return;
	}
	print(" It takes nothing, as it waits for room in the queue of '%s'",
	      w->way[0]);
	for (unsigned i = 1; i < w->way_len; i++)
		print(", which waits for that of '%s'", w->way[i]);
	if (*w->way_slot) {
		print(", which ");
		say_work(w->way_slot, w->way_begun_ns);
	}
	print(".");
}

static void say_blocked(const struct sigslot_why *w)
{
	for (unsigned i = 0; i < w->blocks_len; i++)
		print("%s'%s'", i ? ", " : " For room in its queue waits ",
		      w->blocks[i]);
	if (w->blocks_len)
		print(".");
	else if (w->wanted && w->full)
		print(" A script waits for room in it.");
}

static int say(void *unused, const struct sigslot_why *w)
{
	(void)unused;
	say_state(w);
	say_exit(w);
	say_command(w);
	say_way(w);
	say_queue(w);
	if (strcmp(w->kind, "queue") == 0 && *w->loop)
		print(" Loop '%s' takes from it.", w->loop);
	say_blocked(w);
	print("\n");
	for (unsigned i = 0; i < w->tail_len; i++) {
		print("    ");
		print_plain(w->tail[i]);
		print("\n");
	}
	return 0;
}

/* Null if it is nothing. */
static struct print_member seconds(const char *key, uint64_t ns)
{
	return (struct print_member){.key = key,
				     .kind = ns ? PRINT_SECONDS : PRINT_NULL,
				     .number = (int64_t)ns};
}

static struct print_member list(const char *key, const char *const *texts, unsigned len)
{
	return (struct print_member){
		.key = key, .kind = PRINT_LIST, .list = texts, .number = len};
}

static int print_object(void *unused, const struct sigslot_why *w)
{
	const struct print_member members[] = {
		member_known("instance", w->instance),
		member_known("name", w->name),
		member_known("kind", w->kind),
		member_known("loop", w->loop),
		member_known("process", w->process),
		member_known("state", w->state),
		member_known("exit", w->exit),
		member_number("pid", (uint64_t)w->pid),
		member_number("restarts", w->restarts),
		seconds("up", w->up_ns),
		seconds("next", w->next_ns),
		member_known("after", w->after),
		member_known("command", w->command),
		member_known("command_exit", w->command_exit),
		member_number("command_restarts", w->command_restarts),
		member_number("queued", w->queued),
		member_number("leased", w->leased),
		seconds("oldest", w->oldest_ns),
		member_known("slot", w->slot),
		seconds("begun", w->begun_ns),
		list("behind", w->way, w->way_len),
		member_known("behind_slot", w->way_slot),
		list("blocks", w->blocks, w->blocks_len),
		list("log", w->tail, w->tail_len),
		{0},
	};

	(void)unused;
	print_json(members);
	return 0;
}

static int run(int len, char **operands)
{
	int status = 0;

	for (int i = 0; i < len; i++) {
		struct sigslot_error err = {0};
		int r = sigslot_why(operands[i], json ? print_object : say, NULL, &err);

		if (r < 0)
			r = complain_error(&err);
		status = status ?: r;
	}
	return status;
}

const struct cmd cmd_why = {
	.name = "why",
	.args = "NAME...",
	.brief = "say why something does or does not move",
	.opts = opts,
	.least = 1,
	.most = ANY_NUMBER,
	.run = run,
};
