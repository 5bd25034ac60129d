/* SPDX-License-Identifier: MIT */
/*
 * Text to payloads, payloads to text and to arguments: bytes in are bytes out, and what
 * cannot be passed exactly is an error that names its place.
 */
#include <errno.h>

#include "base/buf.h"
#include "json_cases.h"
#include "message/text.h"
#include "tap.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

static struct type *parsed(const char *text)
{
	struct type *t = NULL;

	if (text && type_parse(text, &t, NULL) < 0)
		BAIL("%s is not a type", text);
	return t;
}

static void payloads_as_text(void)
{
	static const struct {
		const char *payload, *text, *json;
	} cases[] = {
		{"\"a b\"", "a b", "\"a b\""},
		{"\"\"", "", "\"\""},
		{" \"x\\n\\u00e9\\\\\" ", "x\n\xc3\xa9\\", "\"x\\n\\u00e9\\\\\""},
		{"null", "null", "null"},
		{" 1.50 ", "1.50", "1.50"},
		{"1e400", "1e400", "1e400"},
		{"[ \"a\", 1 ]", "[\"a\",1]", "[\"a\",1]"},
		{"{ \"a b\" : \"c d\" }", "{\"a b\":\"c d\"}", "{\"a b\":\"c d\"}"},
	};

	for (size_t i = 0; i < LEN(cases); i++) {
		const char *payload = cases[i].payload;
		_buf_ struct buf raw = {0}, json = {0};

		text_of_payload(payload, strlen(payload), false, &raw);
		text_of_payload(payload, strlen(payload), true, &json);
		is_str(raw.data, cases[i].text, "%s is read as jq -r prints it",
		       payload);
		is_str(json.data, cases[i].json, "and as JSON if that is asked for");
	}
}

static void text_as_payload(void)
{
	static const struct {
		const char *text, *type;
		enum sigslot_form form;
		const char *payload; /* NULL: an error, */
		const char *wanted; /* whose sentence this is */
	} cases[] = {
		{"hello", "string", SIGSLOT_BY_TYPE, "\"hello\"", NULL},
		{"42", "string", SIGSLOT_BY_TYPE, "\"42\"", NULL},
		{"\"x\"", "string", SIGSLOT_BY_TYPE, "\"\\\"x\\\"\"", NULL},
		{"", "string", SIGSLOT_BY_TYPE, "\"\"", NULL},
		{" a\r", "string", SIGSLOT_BY_TYPE, "\" a\\r\"", NULL},
		{"\"x\"", "string", SIGSLOT_JSON, "\"x\"", NULL},
		{"1", "string", SIGSLOT_JSON, NULL, "expected string, found number"},
		{"hello", NULL, SIGSLOT_BY_TYPE, "\"hello\"", NULL},
		{"hello", "any", SIGSLOT_BY_TYPE, "\"hello\"", NULL},
		{"42", "any", SIGSLOT_BY_TYPE, "42", NULL},
		{" 42 ", NULL, SIGSLOT_BY_TYPE, "42", NULL},
		{"[1", NULL, SIGSLOT_BY_TYPE, "\"[1\"", NULL},
		{"", NULL, SIGSLOT_BY_TYPE, "\"\"", NULL},
		{"{\"a\":1,\"a\":1}", NULL, SIGSLOT_BY_TYPE,
		 "\"{\\\"a\\\":1,\\\"a\\\":1}\"", NULL},
		{"42", NULL, SIGSLOT_STRING, "\"42\"", NULL},
		{"a\xff", NULL, SIGSLOT_BY_TYPE, NULL,
		 "not UTF-8 at offset 1, found 0xff"},
		{"a\xc3", "string", SIGSLOT_BY_TYPE, NULL,
		 "not UTF-8: it ends within a character, after 2 bytes"},
		{"hello", NULL, SIGSLOT_JSON, NULL,
		 "not JSON at offset 0: expected a value, found 'h'"},
		{"", NULL, SIGSLOT_JSON, NULL, "not JSON: it is empty"},
		{"42", "integer", SIGSLOT_BY_TYPE, "42", NULL},
		{"\t42\n", "integer", SIGSLOT_BY_TYPE, "42", NULL},
		{"9223372036854775808", "integer", SIGSLOT_BY_TYPE,
		 "9223372036854775808", NULL},
		{"0.1", "number", SIGSLOT_BY_TYPE, "0.1", NULL},
		{"4.2", "integer", SIGSLOT_BY_TYPE, NULL,
		 "expected integer, found a number with a fraction"},
		{"42", "integer", SIGSLOT_STRING, NULL,
		 "expected integer, found string"},
		{"forty", "integer", SIGSLOT_BY_TYPE, NULL,
		 "not JSON at offset 1: expected false, found 'o'"},
		{"{ \"id\" : 1 }", "object", SIGSLOT_BY_TYPE, "{ \"id\" : 1 }", NULL},
		{"{\"id\":\"1\"}", "{id:integer}", SIGSLOT_BY_TYPE, NULL,
		 ".id: expected integer, found string"},
		{"[1,", "array", SIGSLOT_BY_TYPE, NULL,
		 "not JSON: it ends too early, after 3 bytes: expected a value"},
		{"[1\n2]", "array", SIGSLOT_BY_TYPE, NULL,
		 "not JSON at offset 3: expected ',' or ']', found '2'"},
		{"\"a\tb\"", "any", SIGSLOT_JSON, NULL,
		 "not JSON at offset 2: control character in a string, found 0x09"},
		{"\xef\xbb\xbf{}", "object", SIGSLOT_BY_TYPE, NULL,
		 "not JSON at offset 0: a byte order mark must not be there, found "
		 "0xef"},
	};

	for (size_t i = 0; i < LEN(cases); i++) {
		struct type *t = parsed(cases[i].type);
		struct sigslot_error err = {0};
		_buf_ struct buf out = {0};
		const char *text = cases[i].text;
		int r = text_to_payload(text, strlen(text), t, cases[i].form, &out,
					&err);

		if (cases[i].payload) {
			is_int(r, 0, "case %zu: text on a signal of type %s", i,
			       cases[i].type ? cases[i].type : "any");
			is_str(out.data, cases[i].payload, "becomes %s",
			       cases[i].payload);
		} else {
			is_int(r, -EILSEQ, "case %zu: bad text on a signal of type %s",
			       i, cases[i].type ? cases[i].type : "any");
			is_str(err.text, cases[i].wanted, "says why");
			is_u64(out.size, 0, "and adds nothing");
		}
		type_free(t);
	}
}

static void json_stays_where_it_is(void)
{
	static const char json[] = " [1, 2]\n", word[] = "word";
	struct text_view text = {json, sizeof(json) - 1};
	_buf_ struct buf out = {0};

	is_int(text_take(&text, NULL, SIGSLOT_BY_TYPE, &out, NULL), 0,
	       "JSON is taken as it stands");
	ok(text.at == json + 1, "in its place");
	is_u64(text.size, 6, "without the white space around it");
	is_u64(out.size, 0, "and nothing is added");
	text = (struct text_view){word, 4};
	is_int(text_take(&text, NULL, SIGSLOT_BY_TYPE, &out, NULL), 0,
	       "other text is taken, too");
	ok(!text.at, "but is no payload itself");
	is_str(out.data, "\"word\"", "that was added");
}

static void bytes_in_are_bytes_out(void)
{
	size_t changed = 0;

	for (size_t i = 0; i < LEN(json_good); i++) {
		const struct json_case *c = &json_good[i];
		_buf_ struct buf out = {0};
		size_t before = strspn(c->text, " \t\r\n"), after;

		text_to_payload(c->text, c->size, NULL, SIGSLOT_BY_TYPE, &out, NULL);
		after = before + out.size;
		changed += !out.size || after > c->size ||
			   memcmp(out.data, c->text + before, out.size) != 0 ||
			   strspn(c->text + after, " \t\r\n") != c->size - after;
	}
	is_u64(changed, 0, "the bytes of JSON pass, but for white space around it");
	changed = 0;
	for (size_t i = 0; i < LEN(json_bad); i++) {
		const struct json_case *c = &json_bad[i];
		_buf_ struct buf quoted = {0}, back = {0};

		if (text_to_payload(c->text, c->size, NULL, SIGSLOT_STRING, &quoted,
				    NULL) < 0)
			continue;
		text_of_payload(quoted.data, quoted.size, false, &back);
		changed += back.size != c->size ||
			   memcmp(back.data, c->text, c->size) != 0;
	}
	is_u64(changed, 0, "any text comes back from the payload that it became");
}

static void operands(void)
{
	static const struct {
		const char *operands[4];
		const char *type;
		enum sigslot_form form;
		const char *payload, *wanted;
	} cases[] = {
		{{NULL}, NULL, SIGSLOT_BY_TYPE, "null", NULL},
		{{NULL}, "null", SIGSLOT_BY_TYPE, "null", NULL},
		{{NULL},
		 "string",
		 SIGSLOT_BY_TYPE,
		 NULL,
		 "expected string, found null"},
		{{"hello"}, NULL, SIGSLOT_BY_TYPE, "\"hello\"", NULL},
		{{"hello"}, "string", SIGSLOT_BY_TYPE, "\"hello\"", NULL},
		{{"world", "42"}, NULL, SIGSLOT_BY_TYPE, "[\"world\",42]", NULL},
		{{"world", "42"}, NULL, SIGSLOT_STRING, "[\"world\",\"42\"]", NULL},
		{{"1", " [2] "}, NULL, SIGSLOT_JSON, "[1,[2]]", NULL},
		{{"1", "x"},
		 NULL,
		 SIGSLOT_JSON,
		 NULL,
		 "operand 2: not JSON at offset 0: expected a value, found 'x'"},
		{{"7", "42"}, "[string,integer]", SIGSLOT_BY_TYPE, "[\"7\",42]", NULL},
		{{"7", "x"},
		 "[string,integer]",
		 SIGSLOT_BY_TYPE,
		 NULL,
		 "operand 2: not JSON at offset 0: expected a value, found 'x'"},
		{{"7", "1.5"},
		 "[string,integer]",
		 SIGSLOT_BY_TYPE,
		 NULL,
		 "operand 2: expected integer, found a number with a fraction"},
		{{"7", "42", "1"},
		 "[string,integer]",
		 SIGSLOT_BY_TYPE,
		 NULL,
		 "expected an array of 2 elements, found 3"},
		{{"a", "b"},
		 "string",
		 SIGSLOT_BY_TYPE,
		 NULL,
		 "expected string, found array"},
		{{"a", "b"}, "array", SIGSLOT_BY_TYPE, "[\"a\",\"b\"]", NULL},
		{{"a", "\xff"},
		 NULL,
		 SIGSLOT_BY_TYPE,
		 NULL,
		 "operand 2: not UTF-8 at offset 0, found 0xff"},
		{{"", ""}, NULL, SIGSLOT_BY_TYPE, "[\"\",\"\"]", NULL},
	};

	for (size_t i = 0; i < LEN(cases); i++) {
		struct type *t = parsed(cases[i].type);
		struct sigslot_bytes bytes[4];
		struct sigslot_error err = {0};
		_buf_ struct buf out = {0};
		size_t len = 0;
		int r;

		for (; len < 4 && cases[i].operands[len]; len++)
			bytes[len] = (struct sigslot_bytes){
				cases[i].operands[len], strlen(cases[i].operands[len])};
		buf_add_text(&out, "<");
		r = text_operands(bytes, len, t, cases[i].form, &out, &err);
		if (cases[i].payload) {
			is_int(r, 0, "case %zu: %zu operands", i, len);
			is_str(out.data + 1, cases[i].payload, "become %s",
			       cases[i].payload);
		} else {
			is_int(r, -EILSEQ, "case %zu: %zu operands that do not fit", i,
			       len);
			is_str(err.text, cases[i].wanted, "say which and why");
			is_u64(out.size, 1, "and add nothing");
		}
		type_free(t);
	}
}

int main(void)
{
	payloads_as_text();
	text_as_payload();
	json_stays_where_it_is();
	bytes_in_are_bytes_out();
	operands();
	return done();
}
