/* SPDX-License-Identifier: MIT */
/*
 * What people write: names, sizes, durations. Locale plays no part.
 */
#include "base/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

struct unit {
	const char *name;
	uint64_t scale;
};

static const struct unit durations[] = {
	{"ns", 1},
	{"us", 1000},
	{"ms", 1000000},
	{"s", 1000000000},
	{"m", 60000000000},
	{"h", 3600000000000},
	{"d", 86400000000000},
};

static const struct unit sizes[] = {
	{"B", 1},
	{"KiB", 1024},
	{"MiB", 1024 * 1024},
	{"GiB", 1024 * 1024 * 1024},
};

static bool letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

bool unit_name_ok(const char *text, size_t size)
{
	if (size < 1 || size > 63 || !letter(text[0]))
		return false;
	for (size_t i = 1; i < size; i++)
		if (!letter(text[i]) && !digit(text[i]) && text[i] != '-')
			return false;
	return true;
}

static const struct unit *find(const struct unit *units, size_t len, const char *name)
{
	for (size_t i = 0; i < len; i++)
		if (strcmp(units[i].name, name) == 0)
			return &units[i];
	return NULL;
}

/*
 * Reads a decimal point and digits: fraction / parts. Zeros at the end say nothing;
 * returns false if more than nine digits do.
 */
static bool read_fraction(const char **c, uint64_t *fraction, uint64_t *parts)
{
	const char *digits = *c + 1;
	size_t len = strspn(digits, "0123456789");

	*c = digits + len;
	while (len && digits[len - 1] == '0')
		len--;
	for (size_t i = 0; len <= 9 && i < len; i++) {
		*fraction = *fraction * 10 + (uint64_t)(digits[i] - '0');
		*parts *= 10;
	}
	return len <= 9;
}

/* value = whole.fraction x scale, which must be a whole number. */
static int parse(const char *text, const struct unit *units, size_t len,
		 uint64_t *ret_value)
{
	uint64_t whole = 0, fraction = 0, parts = 1;
	const struct unit *unit;
	const char *c = text;

	if (!digit(*c))
		return -EINVAL;
	for (; digit(*c); c++)
		if (__builtin_mul_overflow(whole, 10, &whole) ||
		    __builtin_add_overflow(whole, (uint64_t)(*c - '0'), &whole))
			return -ERANGE;
	if (*c == '.' && digit(c[1]) && !read_fraction(&c, &fraction, &parts))
		return -EINVAL;
	unit = find(units, len, c);
	if (!unit || (__uint128_t)fraction * unit->scale % parts)
		return -EINVAL;
	if (__builtin_mul_overflow(whole, unit->scale, &whole))
		return -ERANGE;
	fraction = (uint64_t)((__uint128_t)fraction * unit->scale / parts);
	if (whole > INT64_MAX - fraction)
		return -ERANGE;
	*ret_value = whole + fraction;
	return 0;
}

int unit_duration(const char *text, uint64_t *ret_ns)
{
	return parse(text, durations, ARRAY_LEN(durations), ret_ns);
}

int unit_size(const char *text, uint64_t *ret_size)
{
	return parse(text, sizes, ARRAY_LEN(sizes), ret_size);
}

static const char *print(const struct unit *units, size_t len, uint64_t value,
			 const char *nothing, char *out)
{
	const struct unit *best = &units[0];

	if (!value)
		return strcpy(out, nothing);
	for (size_t i = 0; i < len; i++)
		if (value % units[i].scale == 0)
			best = &units[i];
	snprintf(out, 32, "%llu%s", (unsigned long long)(value / best->scale),
		 best->name);
	return out;
}

const char *unit_duration_text(uint64_t ns, char out[static 32])
{
	return print(durations, ARRAY_LEN(durations), ns, "0s", out);
}

const char *unit_size_text(uint64_t size, char out[static 32])
{
	return print(sizes, ARRAY_LEN(sizes), size, "0B", out);
}
