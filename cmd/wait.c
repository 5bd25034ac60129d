/* SPDX-License-Identifier: MIT */
/*
 * sigslot wait: until all of some things have become ready, idle or stopped or have
 * ended, or until any of several queues, signals and exits is ready.
 */
#include <string.h>

#include "cmd.h"
#include "print.h"
#include "steer.h"

static const char *const states[] = {"ready", "idle", "stopped", "exit", NULL};
static const char *state;
static bool any;

static const struct opt opts[] = {
	{.name = "any",
	 .help = "wait for one of several queues, signals and NAME.exit, and print "
		 "what is ready",
	 .flag = &any},
	{.name = "for",
	 .help = "what to wait for (default: ready)",
	 .choices = states,
	 .text = &state},
	STEER_TIMEOUT,
	{0},
};

static int wait_for(const char *wanted, const char *target, uint64_t left_ns,
		    struct sigslot_error *err)
{
	char ending[24];
	int r;

	if (strcmp(wanted, "exit") != 0)
		return sigslot_wait(target, wanted, left_ns, err);
	r = sigslot_wait_exit(target, left_ns, ending, err);
	if (r == 0)
		print("%s\n", ending);
	return r;
}

static void print_ready(void *unused, const char *target)
{
	(void)unused;
	print("%s\n", target);
}

static int wait_for_any(int len, char **operands)
{
	struct sigslot_error err = {0};
	int r = sigslot_wait_any((const char *const *)operands, (size_t)len,
				 steer_timeout, print_ready, NULL, &err);

	return r < 0 ? complain_error(&err) : 0;
}

static int run(int len, char **operands)
{
	if (!any)
		return steer_each(wait_for, state ? state : "ready", len, operands);
	if (!state)
		return wait_for_any(len, operands);
	complain("wait: --any and --for exclude each other");
	return CMD_USAGE;
}

const struct cmd cmd_wait = {
	.name = "wait",
	.args = "TARGET...",
	.brief = "wait until something is ready, idle or stopped, or has ended",
	.opts = opts,
	.least = 1,
	.most = ANY_NUMBER,
	.run = run,
};
