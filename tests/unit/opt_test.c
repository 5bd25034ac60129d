/* SPDX-License-Identifier: MIT */
/*
 * The parser of command lines, as a table of options tells it.
 */
#include "../../cmd/opt.c"

#include "tap.h"

enum { LONGEST_LINE = 16 };

static bool detach, strict;
static const char *name, *state;
static uint64_t timeout_ns;
static int number;
static const char *const states[] = {"ready", "idle", NULL};

static const struct opt opts[] = {
	{.letter = 'd', .name = "detach", .flag = &detach},
	{.letter = 's', .name = "strict", .flag = &strict},
	{.letter = 'n', .name = "name", .arg = "NAME", .text = &name},
	{.name = "for", .choices = states, .text = &state},
	{.name = "timeout", .arg = "DURATION", .duration = &timeout_ns},
	{.name = "ready-fd", .arg = "NUMBER", .number = &number},
	{0},
};

static char words[256];
static char *argv[LONGEST_LINE];
static struct sigslot_error err;
static bool help;

/* Parses a line whose words are separated by blanks. Returns what opt_parse() does. */
static int parse(const char *line)
{
	int len = 0;

	detach = strict = help = false;
	name = state = NULL;
	timeout_ns = 0;
	number = -1;
	err = (struct sigslot_error){0};
	snprintf(words, sizeof(words), "%s", line);
	for (char *w = strtok(words, " "); w; w = strtok(NULL, " "))
		argv[len++] = w;
	return opt_parse(opts, argv, len, &help, &err);
}

static void refused(const char *line, const char *why)
{
	is_int(parse(line), -EINVAL, "'%s' is refused", line);
	is_str(err.text, why, "'%s' says why", line);
	is_int(err.code, -EINVAL, "'%s' is wrong usage", line);
}

static void operands_and_options(void)
{
	is_int(parse(""), 0, "an empty line has no operands");
	is_int(parse("a -d b --strict c"), 3, "options may stand between operands");
	ok(detach && strict, "and all of them count");
	ok(!strcmp(argv[0], "a") && !strcmp(argv[1], "b") && !strcmp(argv[2], "c"),
	   "operands keep their order");
	is_int(parse("a -- -d --what --"), 4, "after -- everything is an operand");
	ok(!detach && !strcmp(argv[1], "-d") && !strcmp(argv[3], "--"),
	   "only the first -- goes away");
	is_int(parse("- -d"), 1, "a lone dash is an operand");
	is_int(opt_parse(NULL, argv, 0, &help, &err), 0, "there may be no table");
}

static void values(void)
{
	is_int(parse("--name x"), 0, "a value may be the next word");
	is_str(name, "x", "and is taken from there");
	parse("--name=a=b");
	is_str(name, "a=b", "--name=VALUE takes everything after the first =");
	parse("--name=");
	is_str(name, "", "an empty value is a value");
	parse("-nx");
	is_str(name, "x", "-nVALUE is the same");
	parse("-n --strict");
	is_str(name, "--strict", "a value may look like an option");
	is_int(parse("-dsnx y"), 1, "flags can be bundled, the last may take a value");
	ok(detach && strict && !strcmp(name, "x"), "and each of them counts");
	parse("-n a -n b");
	is_str(name, "b", "the last of several counts");
	parse("--timeout 1.5s --ready-fd 7 --for idle");
	is_u64(timeout_ns, 1500000000, "durations are read");
	is_int(number, 7, "numbers are read");
	is_str(state, "idle", "choices are read");
	parse("--timeout 0");
	is_u64(timeout_ns, 0, "a duration of 0 needs no unit");
}

static void the_help(void)
{
	parse("-d");
	ok(!help, "help is not shown unasked");
	parse("--help");
	ok(help, "--help is known in every table");
	parse("-dh");
	ok(help, "so is -h");
}

static void refusals(void)
{
	refused("--detahc", "there is no option '--detahc': did you mean '--detach'?");
	refused("--det", "there is no option '--det': did you mean '--detach'?");
	refused("--xyzzy", "there is no option '--xyzzy'");
	refused("--hlep=1", "there is no option '--hlep': did you mean '--help'?");
	refused("-5", "there is no option '-5' (words that begin with a dash go behind "
		      "'--')");
	refused("-dx",
		"there is no option '-x' (words that begin with a dash go behind "
		"'--')");
	refused("--detach=yes", "--detach takes no value");
	refused("--name", "--name needs a value: NAME");
	refused("-dn", "--name needs a value: NAME");
	refused("--for", "--for needs a value: ready|idle");
	refused("--for idel", "--for: there is no 'idel': did you mean 'idle'?");
	refused("--for never", "--for: 'never' is not one of ready|idle");
	refused("--timeout 5",
		"--timeout: '5' is not a duration such as 250ms, 5s or 1h");
	refused("--ready-fd x", "--ready-fd: 'x' is not a number from 0 to 2147483647");
	refused("--ready-fd=", "--ready-fd: '' is not a number from 0 to 2147483647");
	refused("--ready-fd 3x",
		"--ready-fd: '3x' is not a number from 0 to 2147483647");
	refused("--ready-fd 2147483648",
		"--ready-fd: '2147483648' is not a number from 0 to 2147483647");
	is_int(parse("--ready-fd 2147483647"), 0, "the largest number is taken");
}

int main(void)
{
	operands_and_options();
	values();
	the_help();
	refusals();
	return done();
}
