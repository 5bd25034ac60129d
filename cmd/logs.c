/* SPDX-License-Identifier: MIT */
/*
 * sigslot logs: the lines of an instance with the names of those who wrote them. On a
 * terminal each name has a colour of its own, and no line can steer it.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "print.h"

static bool follow, json;
static int last = INT_MAX;

static const struct opt opts[] = {
	{.letter = 'f',
	 .name = "follow",
	 .help = "go on until the instance ends",
	 .flag = &follow},
	{.name = "json", .help = "one JSON object per line", .flag = &json},
	{.letter = 'n',
	 .name = "lines",
	 .arg = "COUNT",
	 .help = "of what is there, only the last lines",
	 .number = &last},
	{0},
};

static bool terminal, colours;

static void look_at_output(void)
{
	const char *no = getenv("NO_COLOR"), *kind = getenv("TERM");

	terminal = isatty(STDOUT_FILENO);
	colours = terminal && !(no && *no) && !(kind && strcmp(kind, "dumb") == 0);
	if (follow)
		setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
}

/* The same for the same name each time, and none that is hard to read. */
static int colour(const char *name)
{
	static const int nice[] = {32, 33, 34, 35, 36, 92, 93, 94, 95, 96};
	unsigned sum = 5381;

	while (*name)
		sum = sum * 33 + (unsigned char)*name++;
	return nice[sum % (sizeof(nice) / sizeof(nice[0]))];
}

static int print_line(void *unused, const char *name, const char *line)
{
	const struct print_member members[] = {
		{.key = "name", .text = name}, {.key = "line", .text = line}, {0}};

	(void)unused;
	if (json)
		print_json(members);
	else if (!terminal)
		print("%s%s%s\n", name, *name ? " | " : "", line);
	else {
		if (colours)
			print("\033[%dm%s |\033[0m ", colour(name), name);
		else
			print("%s | ", name);
		print_plain(line);
		print("\n");
	}
	return ferror(stdout) ? CMD_OUTPUT : 0;
}

static int run(int len, char **operands)
{
	const struct sigslot_logs what = {
		.names = (const char *const *)operands,
		.names_len = (size_t)len,
		.last = last == INT_MAX ? UINT64_MAX : (uint64_t)last,
		.follow = follow,
	};
	struct sigslot_error err = {0};
	int r;

	look_at_output();
	r = sigslot_logs(&what, print_line, NULL, &err);
	return r < 0 ? complain_error(&err) : 0;
}

const struct cmd cmd_logs = {
	.name = "logs",
	.args = "[NAME...]",
	.brief = "show what commands said to people",
	.opts = opts,
	.most = ANY_NUMBER,
	.run = run,
};
