/* SPDX-License-Identifier: MIT */
/*
 * What is in checked JSON: kinds, whole numbers, elements, members, paths, quoting.
 */
#include <errno.h>

#include "base/buf.h"
#include "json_cases.h"
#include "json_oracle.h"
#include "message/json.h"
#include "tap.h"

#define GOOD_LEN (sizeof(json_good) / sizeof(json_good[0]))
#define LEN(a)	 (sizeof(a) / sizeof((a)[0]))

static void kinds(void)
{
	static const struct {
		const char *text;
		enum json_kind kind;
	} cases[] = {
		{" null ", JSON_KIND_NULL},	{"\ntrue", JSON_KIND_BOOLEAN},
		{"false", JSON_KIND_BOOLEAN},	{"-0.1e5", JSON_KIND_NUMBER},
		{"7", JSON_KIND_NUMBER},	{"\t\"null\"", JSON_KIND_STRING},
		{" [\"a\"] ", JSON_KIND_ARRAY}, {" {}", JSON_KIND_OBJECT},
	};

	for (size_t i = 0; i < LEN(cases); i++)
		is_int(json_kind_of(cases[i].text, strlen(cases[i].text)),
		       cases[i].kind, "tells what '%s' is", cases[i].text);
}

static void whole_numbers(void)
{
	static const char *const whole[] = {
		"0",
		"-0",
		"1",
		"-12",
		"1e2",
		"1.0",
		"1.50e1",
		"0.0",
		"0e-5",
		"10e-1",
		"1e+02",
		"-5E0",
		"0.5e1",
		"1200e-2",
		" 3 ",
		"-1.0 ",
		"123456789012345678901234567890",
		"1e999999999",
		"1.5e+9999999999999999999999",
		"0.00000000000000000000e-99999999999999",
		"100000000000000000000e-20",
		"0.00000000000000000001e20",
	};
	static const char *const broken[] = {
		"0.1",
		"-0.1",
		"1.5",
		"1e-1",
		"15e-1",
		"1.05e1",
		"1.000000001",
		"0.5e0",
		"1e-99999999999999999999999999",
		"120e-2",
		"123.456e2",
		"100000000000000000000e-21",
		"0.00000000000000000001e19",
	};

	for (size_t i = 0; i < LEN(whole); i++)
		ok(json_whole(whole[i], strlen(whole[i])), "%s is whole", whole[i]);
	for (size_t i = 0; i < LEN(broken); i++)
		ok(!json_whole(broken[i], strlen(broken[i])), "%s is not whole",
		   broken[i]);
}

static void walks(void)
{
	static const char text[] = " { \"a\" : [ 1 , \"]\" ] , \"b\\\"\":{\"x\":[]}\n,"
				   "\"\": -1.5e3 ,\"}\":\"\\\\\" } ";
	static const struct {
		const char *key, *value;
	} members[] = {
		{"\"a\"", "[ 1 , \"]\" ]"},
		{"\"b\\\"\"", "{\"x\":[]}"},
		{"\"\"", "-1.5e3"},
		{"\"}\"", "\"\\\\\""},
	};
	struct json_slice key, value;
	struct json_walk walk;
	size_t i = 0, wrong = 0;

	is_int(json_check(text, sizeof(text) - 1, NULL), 0, "an object to walk");
	json_walk_start(&walk, text, sizeof(text) - 1);
	for (; json_walk_next(&walk, &key, &value) && i < LEN(members); i++) {
		wrong += key.size != strlen(members[i].key) ||
			 memcmp(key.data, members[i].key, key.size) != 0;
		wrong += value.size != strlen(members[i].value) ||
			 memcmp(value.data, members[i].value, value.size) != 0;
	}
	ok(i == LEN(members) && !wrong,
	   "a walk gives each member, without white space");
	ok(!json_walk_next(&walk, &key, &value), "a walk that has ended stays ended");
	json_walk_start(&walk, "[]", 2);
	ok(!json_walk_next(&walk, NULL, &value), "an empty array has no elements");
	json_walk_start(&walk, " { } ", 5);
	ok(!json_walk_next(&walk, NULL, &value), "an empty object has no members");
	json_walk_start(&walk, " \"[1]\" ", 7);
	ok(!json_walk_next(&walk, NULL, &value), "a string has no elements");
}

/* Walks all that is in a value. Returns how many scalars it met, 0 for a bad one. */
static size_t scalars(const char *data, size_t size)
{
	enum json_kind kind = json_kind_of(data, size);
	struct json_slice key, value;
	struct json_walk walk;
	size_t count = 1;

	if (json_check(data, size, NULL) < 0)
		return 0;
	if (kind != JSON_KIND_ARRAY && kind != JSON_KIND_OBJECT)
		return 1;
	json_walk_start(&walk, data, size);
	while (json_walk_next(&walk, &key, &value)) {
		size_t inner = scalars(value.data, value.size);

		if (!inner || (walk.object && !scalars(key.data, key.size)))
			return 0;
		count += inner;
	}
	return count;
}

static void walks_of_the_table(void)
{
	size_t bad = 0;

	for (size_t i = 0; i < GOOD_LEN; i++)
		bad += !scalars(json_good[i].text, json_good[i].size);
	is_u64(bad, 0, "all parts of good texts are good texts");
}

static void paths(void)
{
	static const char text[] =
		" {\"a\": [10, {\"b\":\"x\"}, [[7]]] , \"any key\":{\"\":1},"
		"\"\\u0065\":null,\"d.e\":[],\"q\\\"\":2,\"_1\":{\"a\":{\"b\":3}}} ";
	static const struct {
		const char *path, *value; /* NULL: nothing is there */
	} cases[] = {
		{".a[0]", "10"},
		{".a[1]", "{\"b\":\"x\"}"},
		{".a[1].b", "\"x\""},
		{".a[-1]", "[[7]]"},
		{".a[-3]", "10"},
		{".a[2][0][0]", "7"},
		{".a[-0]", "10"},
		{".\"any key\"", "{\"\":1}"},
		{".\"any key\".\"\"", "1"},
		{".e", "null"},
		{".\"\\u0061\"[0]", "10"},
		{".\"d.e\"", "[]"},
		{".\"q\\\"\"", "2"},
		{".\"q\\u0022\"", "2"},
		{"._1.a.b", "3"},
		{".\"_1\".\"a\".b", "3"},
		{".a[3]", NULL},
		{".a[-4]", NULL},
		{".b", NULL},
		{".a.b", NULL},
		{".a[1][0]", NULL},
		{"._1[0]", NULL},
		{".a[0].x", NULL},
		{".a[0][0]", NULL},
		{".e.x", NULL},
		{".a[99999999999999999]", NULL},
		{".\"d.e\"[0]", NULL},
		{".\"d.e\"[-1]", NULL},
		{".A", NULL},
	};
	struct json_slice value;

	is_int(json_check(text, sizeof(text) - 1, NULL), 0,
	       "an object to follow paths in");
	for (size_t i = 0; i < LEN(cases); i++) {
		int r = json_path(text, sizeof(text) - 1, cases[i].path, &value);

		if (cases[i].value)
			ok(r == 0 && value.size == strlen(cases[i].value) &&
				   !memcmp(value.data, cases[i].value, value.size),
			   "%s picks %s", cases[i].path, cases[i].value);
		else
			is_int(r, -ENOENT, "%s picks nothing", cases[i].path);
	}
	is_int(json_path(" 5 ", 3, ".", &value), 0, ". is a path");
	ok(value.size == 1 && *value.data == '5', ". picks all, without white space");
	is_int(json_path("[4,5]", 5, ".[1]", &value), 0, ".[1] is a path");
	ok(value.size == 1 && *value.data == '5', ".[1] picks the second element");
}

static void paths_are_checked(void)
{
	static const char *const good[] = {".",		 ".a",	      ".a.b",
					   ".[0]",	 ".a[-1]",    ".\"any key\"",
					   ".a[0][1].b", ".\"a\"[0]", "._",
					   ".a1",	 ".[-2].x"};
	static const struct {
		const char *path;
		size_t offset;
	} bad[] = {
		{"", 0},	 {"a", 0},
		{"..", 1},	 {".a.", 3},
		{".1", 1},	 {".a-b", 2},
		{".a b", 2},	 {" .a", 0},
		{".a ", 2},	 {"[0]", 0},
		{".[]", 2},	 {".[a]", 2},
		{".[0", 3},	 {".[-]", 3},
		{".[ 0]", 2},	 {".a.[0]", 3},
		{".a[0]b", 5},	 {".\"a", 3},
		{".\"", 2},	 {".a|b", 2},
		{".[\"a\"]", 2}, {".\xc3\xa9", 1},
		{".a[+1]", 3},	 {".\"\\x\"", 3},
		{".\"a\"b", 4},	 {".[0]]", 4},
		{".a[0.5]", 4},	 {".[123456789012345678]", 19},
		{".\"\\", 3},	 {".\"\xff\"", 2},
		{".a?", 2},
	};
	size_t offset;

	for (size_t i = 0; i < LEN(good); i++)
		is_int(json_path_check(good[i], &offset), 0, "%s is a simple path",
		       good[i]);
	for (size_t i = 0; i < LEN(bad); i++) {
		int r = json_path_check(bad[i].path, &offset);
		struct json_slice value;

		if (!ok(r == -EINVAL && offset == bad[i].offset,
			"'%s' is no simple path, from offset %zu on", bad[i].path,
			bad[i].offset))
			printf("#   %d, offset %zu\n", r, offset);
		if (json_path("{}", 2, bad[i].path, &value) == 0)
			ok(false, "a path that is not simple picks nothing");
	}
}

static void quoting(void)
{
	_buf_ struct buf all = {0}, quoted = {0}, back = {0};
	size_t offset;

	/* every character, one after the other */
	for (unsigned c = 0; c < 0x110000; c++) {
		char utf8[4] = {(char)c, 0, 0, 0};
		size_t size = 1;

		if (c >= 0xd800 && c < 0xe000)
			continue;
		if (c >= 0x80) {
			size = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
			for (size_t i = size - 1, rest = c; i; i--, rest >>= 6)
				utf8[i] = (char)(0x80 | (rest & 0x3f));
			utf8[0] =
				(char)((0xf00 >> size & 0xff) | c >> (6 * (size - 1)));
		}
		buf_add(&all, utf8, size);
	}
	is_int(json_quote(all.data, all.size, &quoted, &offset), 0,
	       "every character can be quoted");
	is_int(json_check(quoted.data, quoted.size, NULL), 0, "which gives good JSON");
	is_int(json_unquote(quoted.data, quoted.size, &back), 0,
	       "that can be unquoted");
	is_bytes(back.data, back.size, all.data, all.size, "to the same characters");
	ok(json_utf8(all.data, all.size, &offset), "all of them are UTF-8");
	buf_done(&quoted);
	is_int(json_quote("a\xff", 2, &quoted, &offset), -EILSEQ, "other bytes cannot");
	is_u64(offset, 1, "and the first of them is told");
	is_u64(quoted.size, 0, "and nothing was added");
	json_quote("\"\\/\b\f\n\r\t\x01\x1f\x7f", 11, &quoted, &offset);
	is_str(quoted.data, "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"",
	       "escapes what must be, as short as can be");
}

static void unquoting(void)
{
	size_t wrong = 0, strings = 0;
	_buf_ struct buf b = {0};

	for (size_t i = 0; i < GOOD_LEN; i++) {
		const struct json_case *c = &json_good[i];
		json_t *value;

		if (json_kind_of(c->text, c->size) != JSON_KIND_STRING)
			continue;
		strings++;
		value = json_loadb(c->text, c->size, ORACLE_FLAGS, NULL);
		b.size = 0;
		json_unquote(c->text, c->size, &b);
		wrong += b.size != json_string_length(value) ||
			 memcmp(b.data, json_string_value(value), b.size) != 0;
		json_decref(value);
	}
	ok(strings > 40 && wrong == 0, "unquotes %zu strings as jansson does", strings);
	b.size = 0;
	buf_add_text(&b, "before ");
	json_unquote(" \"a\\u0000\\ud83d\\ude00\" ", 23, &b);
	is_bytes(b.data, b.size, "before a\0\xf0\x9f\x98\x80", (size_t)13,
		 "appends, and makes NUL and pairs of surrogates");
}

/* Every escape of four digits, and some pairs, against the characters themselves. */
static void escapes(void)
{
	_buf_ struct buf text = {0}, out = {0}, quoted = {0}, again = {0};
	json_t *value;
	size_t offset;

	buf_add_text(&text, "\"");
	for (unsigned c = 0; c < 0x10000; c++)
		if (c < 0xd800 || c > 0xdfff)
			buf_addf(&text, c & 1 ? "\\u%04x" : "\\u%04X", c);
	for (unsigned high = 0xd800; high < 0xdc00; high++)
		buf_addf(&text, "\\u%04x\\u%04x", high, 0xdc00 + (high * 7 & 0x3ff));
	buf_add_text(&text, "\"");
	is_int(json_unquote(text.data, text.size, &out), 0,
	       "all escapes can be unquoted");
	ok(json_utf8(out.data, out.size, &offset), "which gives UTF-8");
	json_quote(out.data, out.size, &quoted, &offset);
	json_unquote(quoted.data, quoted.size, &again);
	is_bytes(again.data, again.size, out.data, out.size, "that stands as it is");
	value = json_loadb(text.data, text.size, ORACLE_FLAGS, NULL);
	is_bytes(out.data, out.size, json_string_value(value),
		 json_string_length(value), "and jansson makes the same of them");
	json_decref(value);
}

static void compacting(void)
{
	static const char text[] =
		" { \"a b\" : [ 1 , \"x\\\" \" ,\n\ttrue ] ,\r\"c\":{ } } ";
	size_t changed = 0;
	_buf_ struct buf b = {0}, again = {0};

	json_compact(text, sizeof(text) - 1, &b);
	is_str(b.data, "{\"a b\":[1,\"x\\\" \",true],\"c\":{}}",
	       "compact text has white space in strings alone");
	b.size = 0;
	json_compact("\t-1.5e3 \r\n", 10, &b);
	is_str(b.data, "-1.5e3", "and none around a number");
	for (size_t i = 0; i < GOOD_LEN; i++) {
		b.size = again.size = 0;
		json_compact(json_good[i].text, json_good[i].size, &b);
		json_compact(b.data, b.size, &again);
		changed += json_check(b.data, b.size, NULL) < 0 ||
			   b.size != again.size ||
			   memcmp(b.data, again.data, b.size) != 0;
	}
	is_u64(changed, 0, "compact text is good and stays as it is");
}

int main(void)
{
	kinds();
	whole_numbers();
	walks();
	walks_of_the_table();
	paths();
	paths_are_checked();
	quoting();
	unquoting();
	escapes();
	compacting();
	return done();
}
