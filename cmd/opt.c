/* SPDX-License-Identifier: MIT */
/*
 * Reads command lines as tables of options say. It prints nothing.
 */
#include "opt.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { NAMES = 32, SHOWN = 64 };

static bool wants_help;

const struct opt opt_common[] = {
	{.letter = 'h', .name = "help", .help = "show this help", .flag = &wants_help},
	{0},
};

struct parser {
	const struct opt *opts;
	char **argv;
	int at, len;
	struct sigslot_error *err;
};

static int refuse(struct parser *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int refuse(struct parser *p, const char *format, ...)
{
	va_list args;

	*p->err = (struct sigslot_error){.code = -EINVAL};
	va_start(args, format);
	vsnprintf(p->err->text, sizeof(p->err->text), format, args);
	va_end(args);
	return -EINVAL;
}

const char *opt_value_name(const struct opt *opt, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	if (!opt->choices)
		return opt->arg ? opt->arg : out;
	for (size_t i = 0; opt->choices[i] && used < size; i++)
		used += (size_t)snprintf(out + used, size - used, "%s%s", i ? "|" : "",
					 opt->choices[i]);
	return out;
}

/* The entry with this letter (if not 0) or this name, "help" included; else NULL. */
static const struct opt *find(const struct opt *opts, char letter, const char *name,
			      size_t size)
{
	for (const struct opt *o = opts; o && o->name; o++)
		if (letter ? o->letter == letter
			   /* cppcheck-suppress nullPointer ; no letter, so a name */
			   : strlen(o->name) == size && !memcmp(o->name, name, size))
			return o;
	return opts == opt_common ? NULL : find(opt_common, letter, name, size);
}

static int store_duration(struct parser *p, const struct opt *o, const char *value)
{
	if (sigslot_duration(value, o->duration) < 0)
		return refuse(p, "--%s: '%s' is not a duration such as 250ms, 5s or 1h",
			      o->name, value);
	return 0;
}

static int store_size(struct parser *p, const struct opt *o, const char *value)
{
	if (sigslot_size(value, o->size) < 0)
		return refuse(p, "--%s: '%s' is not a size such as 512B, 64KiB or 8MiB",
			      o->name, value);
	return 0;
}

static int store_number(struct parser *p, const struct opt *o, const char *value)
{
	long long number = 0;
	const char *c = value;

	for (; *c >= '0' && *c <= '9' && number <= INT_MAX; c++)
		number = number * 10 + (*c - '0');
	if (c == value || *c || number > INT_MAX)
		return refuse(p, "--%s: '%s' is not a number from 0 to %d", o->name,
			      value, INT_MAX);
	*o->number = (int)number;
	return 0;
}

static int store_choice(struct parser *p, const struct opt *o, const char *value)
{
	char names[SHOWN];
	const char *near;
	size_t len = 0;

	for (; o->choices[len]; len++)
		if (!strcmp(o->choices[len], value)) {
			*o->text = o->choices[len];
			return 0;
		}
	near = sigslot_near(value, o->choices, len);
	if (near)
		return refuse(p, "--%s: there is no '%s': did you mean '%s'?", o->name,
			      value, near);
	return refuse(p, "--%s: '%s' is not one of %s", o->name, value,
		      opt_value_name(o, names, sizeof(names)));
}

static int store(struct parser *p, const struct opt *o, const char *value)
{
	if (o->duration)
		return store_duration(p, o, value);
	if (o->size)
		return store_size(p, o, value);
	if (o->number)
		return store_number(p, o, value);
	if (o->choices)
		return store_choice(p, o, value);
	*o->text = value;
	return 0;
}

/* Stores an option whose value may be attached, or stand in the next word. */
static int take(struct parser *p, const struct opt *o, const char *attached)
{
	char names[SHOWN];

	if (attached)
		return store(p, o, attached);
	if (p->at == p->len)
		return refuse(p, "--%s needs a value: %s", o->name,
			      opt_value_name(o, names, sizeof(names)));
	return store(p, o, p->argv[p->at++]);
}

static int unknown(struct parser *p, const char *word, size_t size)
{
	const char *names[NAMES];
	char wanted[SHOWN];
	const char *near;
	size_t len = 0;

	for (const struct opt *o = p->opts; o && o->name && len < NAMES - 1; o++)
		names[len++] = o->name;
	names[len++] = opt_common[0].name;
	snprintf(wanted, sizeof(wanted), "%.*s", (int)size, word);
	near = sigslot_near(wanted, names, len);
	if (near)
		return refuse(p, "there is no option '--%s': did you mean '--%s'?",
			      wanted, near);
	return refuse(p, "there is no option '--%s'", wanted);
}

static int parse_long(struct parser *p, const char *word)
{
	const char *value = strchr(word, '=');
	size_t size = value ? (size_t)(value - word) : strlen(word);
	const struct opt *o = find(p->opts, 0, word, size);

	if (!o)
		return unknown(p, word, size);
	if (!o->flag)
		return take(p, o, value ? value + 1 : NULL);
	if (value)
		return refuse(p, "--%s takes no value", o->name);
	*o->flag = true;
	return 0;
}

static int parse_letters(struct parser *p, const char *letters)
{
	for (const char *c = letters; *c; c++) {
		const struct opt *o = find(p->opts, *c, NULL, 0);

		if (!o)
			return refuse(p,
				      "there is no option '-%c' (words that begin with "
				      "a dash go behind '--')",
				      *c);
		if (!o->flag)
			return take(p, o, c[1] ? c + 1 : NULL);
		*o->flag = true;
	}
	return 0;
}

int opt_behind = -1;

int opt_parse(const struct opt *opts, char **argv, int len, bool *ret_help,
	      struct sigslot_error *err)
{
	struct parser p = {.opts = opts, .argv = argv, .len = len, .err = err};
	int operands = 0, r = 0;

	wants_help = false;
	opt_behind = -1;
	while (p.at < len && r == 0) {
		char *word = argv[p.at++];

		if (word[0] != '-' || !word[1])
			argv[operands++] = word;
		else if (word[1] != '-')
			r = parse_letters(&p, word + 1);
		else if (word[2])
			r = parse_long(&p, word + 2);
		else {
			opt_behind = operands;
			break;
		}
	}
	if (r < 0)
		return r;
	while (p.at < len)
		argv[operands++] = argv[p.at++];
	*ret_help = wants_help;
	return operands;
}
