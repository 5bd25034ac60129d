/* SPDX-License-Identifier: MIT */
/*
 * Names, sizes and durations: lib/base/unit.c.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "base/unit.h"
#include "tap.h"

struct row {
	const char *text;
	int code;
	uint64_t value;
};

static const struct row durations[] = {
	{"0s", 0, 0},
	{"0ns", 0, 0},
	{"1ns", 0, 1},
	{"1us", 0, 1000},
	{"250ms", 0, 250000000},
	{"5s", 0, 5000000000},
	{"007s", 0, 7000000000},
	{"2m", 0, 120000000000},
	{"1h", 0, 3600000000000},
	{"1d", 0, 86400000000000},
	{"1.5s", 0, 1500000000},
	{"0.1s", 0, 100000000},
	{"0.000000001s", 0, 1},
	{"1.000000000000s", 0, 1000000000},
	{"1.50000000000000000000000000000s", 0, 1500000000},
	{"0.25ms", 0, 250000},
	{"0.7m", 0, 42000000000},
	{"0.000000001d", 0, 86400},
	{"9223372036854775807ns", 0, INT64_MAX},
	{"106751d", 0, 9223286400000000000u},
	{"9223372036.854775807s", 0, INT64_MAX},
	{"9223372036854775808ns", -ERANGE, 0},
	{"9223372036.854775808s", -ERANGE, 0},
	{"18446744073709551616ns", -ERANGE, 0},
	{"106752d", -ERANGE, 0},
	{"99999999999999999999999999999999s", -ERANGE, 0},
	{"0.5ns", -EINVAL, 0},
	{"0.0000000001s", -EINVAL, 0},
	{"1.0000000005s", -EINVAL, 0},
	{"", -EINVAL, 0},
	{"s", -EINVAL, 0},
	{"5", -EINVAL, 0},
	{"0", -EINVAL, 0},
	{"5 s", -EINVAL, 0},
	{" 5s", -EINVAL, 0},
	{"5s ", -EINVAL, 0},
	{"-5s", -EINVAL, 0},
	{"+5s", -EINVAL, 0},
	{"5S", -EINVAL, 0},
	{"5sec", -EINVAL, 0},
	{"5.s", -EINVAL, 0},
	{".5s", -EINVAL, 0},
	{"1.5.5s", -EINVAL, 0},
	{"1,5s", -EINVAL, 0},
	{"1e3s", -EINVAL, 0},
	{"0x5s", -EINVAL, 0},
	{"1h30m", -EINVAL, 0},
	{"5KiB", -EINVAL, 0},
};

static const struct row sizes[] = {
	{"0B", 0, 0},
	{"1B", 0, 1},
	{"64KiB", 0, 65536},
	{"8MiB", 0, 8388608},
	{"3GiB", 0, 3221225472},
	{"1.5KiB", 0, 1536},
	{"0.5MiB", 0, 524288},
	{"8589934591GiB", 0, 9223372035781033984u},
	{"8589934592GiB", -ERANGE, 0},
	{"18446744073709551616B", -ERANGE, 0},
	{"1.5B", -EINVAL, 0},
	{"0.3KiB", -EINVAL, 0},
	{"64", -EINVAL, 0},
	{"64K", -EINVAL, 0},
	{"64KB", -EINVAL, 0},
	{"64kib", -EINVAL, 0},
	{"KiB", -EINVAL, 0},
	{"1TiB", -EINVAL, 0},
	{"5s", -EINVAL, 0},
	{"", -EINVAL, 0},
};

static void parses(const struct row *rows, size_t len, const char *what,
		   int (*parse)(const char *, uint64_t *))
{
	for (size_t i = 0; i < len; i++) {
		uint64_t value = 77;
		int r = parse(rows[i].text, &value);
		uint64_t wanted = rows[i].code ? 77 : rows[i].value;

		ok(r == rows[i].code && value == wanted,
		   "'%s' as a %s gives %d and %ju (%d and %ju)", rows[i].text, what,
		   rows[i].code, (uintmax_t)wanted, r, (uintmax_t)value);
	}
}

static void prints(void)
{
	static const uint64_t values[] = {
		0,
		1,
		999,
		1000,
		1500000000,
		90000000000,
		120000000000,
		86400000000000,
		INT64_MAX,
		3600000000001,
	};
	char out[32];
	bool round = true;

	is_str(unit_duration_text(250000000, out), "250ms",
	       "a duration has the largest unit that divides it");
	is_str(unit_duration_text(1500000000, out), "1500ms", "without a fraction");
	is_str(unit_duration_text(120000000000, out), "2m", "two minutes are 2m");
	is_str(unit_duration_text(0, out), "0s", "nothing is 0s");
	is_str(unit_size_text(8388608, out), "8MiB", "a size is printed the same way");
	is_str(unit_size_text(1025, out), "1025B", "down to bytes");
	is_str(unit_size_text(0, out), "0B", "no bytes are 0B");
	is_str(unit_size_text(UINT64_MAX, out), "18446744073709551615B",
	       "the largest number fits");
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		uint64_t back = 77;

		unit_duration(unit_duration_text(values[i], out), &back);
		round = round && back == values[i];
	}
	ok(round, "what is printed reads back as the same duration");
}

static void names(void)
{
	static const char longest[] =
		"a123456789b123456789c123456789d123456789e123456789f123456789_-z";
	static const char *good[] = {"a", "Z", "_", "a-b", "a_9", "x-", longest};
	static const char *bad[] = {"",	   "9a",  "-a",	 "a.b",	     "a b",
				    "a/b", "\n",  "a\n", "\xc3\xa4", "a\xc3\xa4",
				    "a@",  "[a]", "a`",	 "a{",	     "a:"};

	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		ok(unit_name_ok(good[i], strlen(good[i])), "'%s' is a name", good[i]);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		ok(!unit_name_ok(bad[i], strlen(bad[i])), "bad name %zu is none", i);
	is_u64(strlen(longest), 63, "the longest name has 63 bytes");
	ok(!unit_name_ok("a123456789b123456789c123456789d123456789e123456789"
			 "f123456789_-zx",
			 64),
	   "one byte more is too long");
	ok(unit_name_ok("abc def", 3), "only so many bytes are looked at");
	ok(!unit_name_ok("ab\0c", 4), "a NUL is not part of a name");
}

int main(void)
{
	parses(durations, ARRAY_LEN(durations), "duration", unit_duration);
	parses(sizes, ARRAY_LEN(sizes), "size", unit_size);
	prints();
	names();
	return done();
}
