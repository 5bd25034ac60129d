/* SPDX-License-Identifier: MIT */
/*
 * Types: what can be written, what is of a type and how a misfit is told, what meets.
 */
#include <errno.h>

#include "base/buf.h"
#include "message/json.h"
#include "message/type.h"
#include "tap.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

static struct type *parsed(const char *text)
{
	struct sigslot_error err;
	struct type *t;

	if (type_parse(text, &t, &err) < 0)
		BAIL("%s: %s", text, err.text);
	return t;
}

static void parsing(void)
{
	static const char *const good[] = {
		"any",
		"string",
		"number",
		"integer",
		"boolean",
		"object",
		"array",
		"null",
		" string ",
		"[]",
		"{}",
		"[ ]",
		"{ }",
		"[string]",
		"[string,integer]",
		"{id:integer}",
		"[string,{id:integer}]",
		" [ string , { id : integer } ] ",
		"{a:{b:{c:[[[any]]]}}}",
		"{\"any key\":string}",
		"{\"\":null}",
		"{a-b:any}",
		"{_:any,a1:any}",
		"{string:string}",
		"{\"\\u00e9\":any}",
		"\t[\nany\n]\n",
	};

	for (size_t i = 0; i < LEN(good); i++) {
		struct type *t = NULL;

		is_int(type_parse(good[i], &t, NULL), 0, "'%s' is a type", good[i]);
		type_free(t);
	}
	type_free(NULL);
	ok(true, "no type can be freed");
}

static void refusing(void)
{
	static const struct {
		const char *text, *wanted;
	} bad[] = {
		{"", "type '' ends too early: expected a type"},
		{"  ", "type '  ' ends too early: expected a type"},
		{"strng",
		 "type 'strng', offset 0: there is no type 'strng', did you mean "
		 "'string'?"},
		{"int", "type 'int', offset 0: there is no type 'int'"},
		{"String",
		 "type 'String', offset 0: there is no type 'String', did you mean "
		 "'string'?"},
		{"[", "type '[' ends too early: expected a type"},
		{"[string", "type '[string' ends too early: expected ',' or ']'"},
		{"[string,", "type '[string,' ends too early: expected a type"},
		{"[string,]", "type '[string,]', offset 8: expected a type, found ']'"},
		{"[,string]", "type '[,string]', offset 1: expected a type, found ','"},
		{"[string integer]",
		 "type '[string integer]', offset 8: expected ',' or ']', "
		 "found 'i'"},
		{"[string}",
		 "type '[string}', offset 7: expected ',' or ']', found '}'"},
		{"string]", "type 'string]', offset 6: expected the end, found ']'"},
		{"string string",
		 "type 'string string', offset 7: expected the end, found 's'"},
		{"{", "type '{' ends too early: expected a key"},
		{"{id}", "type '{id}', offset 3: expected ':', found '}'"},
		{"{id:}", "type '{id:}', offset 4: expected a type, found '}'"},
		{"{1:any}", "type '{1:any}', offset 1: expected a key, found '1'"},
		{"{:any}", "type '{:any}', offset 1: expected a key, found ':'"},
		{"{id:any,}", "type '{id:any,}', offset 8: expected a key, found '}'"},
		{"{id:any,id:any}",
		 "type '{id:any,id:any}', offset 8: the key 'id' is there "
		 "twice"},
		{"{id:any,\"\\u0069d\":any}",
		 "type '{id:any,\"\\u0069d\":any}', offset 8: the key '\\u0069d' is "
		 "there twice"},
		{"{\"a:any}",
		 "type '{\"a:any}' ends too early: expected a good string as the "
		 "key"},
		{"{\"\\x\":any}",
		 "type '{\"\\x\":any}', offset 3: expected a good string as the "
		 "key, found 'x'"},
		{"any|string",
		 "type 'any|string', offset 3: expected the end, found '|'"},
		{"\xc3\xa9", "type '\xc3\xa9', offset 0: expected a type, found 0xc3"},
		{"1", "type '1', offset 0: expected a type, found '1'"},
	};

	for (size_t i = 0; i < LEN(bad); i++) {
		struct sigslot_error err = {0};
		struct type *t = NULL;
		int r = type_parse(bad[i].text, &t, &err);

		ok(r == -EINVAL && !t, "'%s' is not a type", bad[i].text);
		is_str(err.text, bad[i].wanted, "and it says why");
	}
}

static void depth(void)
{
	for (int depth = 32; depth <= 33; depth++) {
		_buf_ struct buf b = {0};
		struct type *t = NULL;

		for (int i = 0; i < depth; i++)
			buf_add_byte(&b, '[');
		for (int i = 0; i < depth; i++)
			buf_add_byte(&b, ']');
		is_int(type_parse(b.data, &t, NULL), depth == 32 ? 0 : -EINVAL,
		       "%d brackets in each other are %s", depth,
		       depth == 32 ? "a type" : "too many");
		type_free(t);
	}
}

static void breadth(void)
{
	_buf_ struct buf b = {0};
	struct type *t = NULL;

	for (int i = 0; i < 100; i++)
		buf_addf(&b, "%c{a:[any]}", i ? ',' : '[');
	buf_add_text(&b, "]");
	is_int(type_parse(b.data, &t, NULL), 0,
	       "brackets side by side are not too deep");
	type_free(t);
}

static void accepting(void)
{
	static const struct {
		const char *type, *value;
		const char *wanted; /* NULL: accepted */
	} cases[] = {
		{"any", "null", NULL},
		{"any", "[1]", NULL},
		{"string", "\"\"", NULL},
		{"string", " \"x\" ", NULL},
		{"string", "1", "expected string, found number"},
		{"string", "null", "expected string, found null"},
		{"number", "1.5", NULL},
		{"number", "1e400", NULL},
		{"number", "\"1\"", "expected number, found string"},
		{"integer", "1", NULL},
		{"integer", "-0", NULL},
		{"integer", "1.0", NULL},
		{"integer", "1e2", NULL},
		{"integer", "99999999999999999999999", NULL},
		{"integer", "1.5", "expected integer, found a number with a fraction"},
		{"integer", "true", "expected integer, found boolean"},
		{"boolean", "true", NULL},
		{"boolean", "false", NULL},
		{"boolean", "0", "expected boolean, found number"},
		{"null", "null", NULL},
		{"null", "false", "expected null, found boolean"},
		{"object", "{}", NULL},
		{"object", "{\"a\":1}", NULL},
		{"object", "[]", "expected object, found array"},
		{"array", "[]", NULL},
		{"array", "[1,\"a\"]", NULL},
		{"array", "{}", "expected array, found object"},
		{"[]", "[]", NULL},
		{"[]", "[1]", "expected an array of 0 elements, found 1"},
		{"[string]", "[\"a\"]", NULL},
		{"[string]", "[]", "expected an array of 1 element, found 0"},
		{"[string,integer]", "[\"a\",1]", NULL},
		{"[string,integer]", " [ \"a\" , 1 ] ", NULL},
		{"[string,integer]", "[\"a\"]",
		 "expected an array of 2 elements, found 1"},
		{"[string,integer]", "[\"a\",1,1]",
		 "expected an array of 2 elements, found 3"},
		{"[string,integer]", "[1,\"a\"]",
		 ".[0]: expected string, found number"},
		{"[string,integer]", "[\"a\",\"b\"]",
		 ".[1]: expected integer, found string"},
		{"[string,integer]", "{}", "expected array, found object"},
		{"{id:integer}", "{\"id\":1}", NULL},
		{"{id:integer}", "{\"x\":\"y\",\"id\":1,\"z\":[]}", NULL},
		{"{id:integer}", "{\"\\u0069d\":1}", NULL},
		{"{id:integer}", "{}", ".id: expected integer, found nothing"},
		{"{id:integer}", "{\"ID\":1}", ".id: expected integer, found nothing"},
		{"{id:integer}", "{\"id\":\"1\"}",
		 ".id: expected integer, found string"},
		{"{a:any,b:any}", "{\"a\":1}", ".b: expected any, found nothing"},
		{"{a:{b:[any,string]}}", "{\"a\":{\"b\":[1,\"x\"]}}", NULL},
		{"{a:{b:[any,string]}}", "{\"a\":{\"b\":[1,2]}}",
		 ".a.b[1]: expected string, found number"},
		{"{a:{b:[any,string]}}", "{\"a\":{}}",
		 ".a.b: expected array, found nothing"},
		{"{a:{b:[any,string]}}", "{\"a\":{\"b\":[]}}",
		 ".a.b: expected an array of 2 elements, found 0"},
		{"[{id:string}]", "[{\"id\":1}]",
		 ".[0].id: expected string, found number"},
		{"{\"any key\":string}", "{\"any key\":1}",
		 ".\"any key\": expected string, found number"},
		{"{a-b:string}", "{\"a-b\":1}",
		 ".\"a-b\": expected string, found number"},
	};

	for (size_t i = 0; i < LEN(cases); i++) {
		struct type *t = parsed(cases[i].type);
		struct sigslot_error err = {0};
		const char *value = cases[i].value;
		int r = type_accepts(t, value, strlen(value), &err);

		if (cases[i].wanted) {
			is_int(r, -EILSEQ, "%s is not of type %s", value,
			       cases[i].type);
			is_str(err.text, cases[i].wanted, "and it says why");
		} else {
			is_int(r, 0, "%s is of type %s", value, cases[i].type);
		}
		type_free(t);
	}
	is_int(type_accepts(NULL, "1", 1, NULL), 0, "no type is any");
}

static void long_places(void)
{
	_buf_ struct buf type = {0}, value = {0};
	struct sigslot_error err = {0};
	struct type *t;

	buf_add_text(&type, "{");
	for (int i = 0; i < 5000; i++)
		buf_add_text(&type, "k");
	buf_add(&value, type.data + 1, type.size - 1);
	buf_add_text(&type, ":string}");
	t = parsed(type.data);
	buf_addf(&type, "x");
	type.size = 0;
	buf_addf(&type, "{\"%s\":1}", value.data);
	is_int(type_accepts(t, type.data, type.size, &err), -EILSEQ,
	       "a misfit under a very long key is told");
	ok(strstr(err.text, "expected string, found number"), "with what was expected");
	type_free(t);
}

static void meeting(void)
{
	static const struct {
		const char *a, *b;
		bool meet;
	} cases[] = {
		{"any", "null", true},
		{"string", "string", true},
		{"string", "number", false},
		{"number", "integer", true},
		{"integer", "number", true},
		{"integer", "boolean", false},
		{"array", "[string]", true},
		{"[string]", "array", true},
		{"[string]", "[any]", true},
		{"[string]", "[integer]", false},
		{"[string]", "[string,any]", false},
		{"[]", "[any]", false},
		{"[number,any]", "[integer,null]", true},
		{"array", "object", false},
		{"object", "{a:string}", true},
		{"{a:string}", "{b:integer}", true},
		{"{a:string}", "{a:integer}", false},
		{"{a:number}", "{a:integer,b:any}", true},
		{"{a:{b:string}}", "{a:{b:null}}", false},
		{"{a:[any]}", "{a:[any,any]}", false},
		{"{\"\\u0061\":string}", "{a:integer}", false},
		{"{}", "[]", false},
		{"{}", "{a:any}", true},
		{"null", "null", true},
	};

	for (size_t i = 0; i < LEN(cases); i++) {
		struct type *a = parsed(cases[i].a), *b = parsed(cases[i].b);

		ok(type_meets(a, b) == cases[i].meet &&
			   type_meets(b, a) == cases[i].meet,
		   "%s and %s %s", cases[i].a, cases[i].b,
		   cases[i].meet ? "meet" : "cannot meet");
		type_free(a);
		type_free(b);
	}
	ok(type_meets(NULL, NULL), "no types are any, and meet");
}

static void asking(void)
{
	struct type *any = parsed("any"), *string = parsed("string"),
		    *pair = parsed("[string,null]"), *array = parsed("array");

	ok(type_any(any) && type_any(NULL) && !type_any(string), "any is known");
	ok(type_string(string) && !type_string(any) && !type_string(NULL),
	   "string is known");
	ok(type_string(type_element(pair, 0)) && !type_string(type_element(pair, 1)),
	   "the elements of an array have their types");
	ok(!type_element(pair, 2) && !type_element(array, 0) && !type_element(NULL, 0),
	   "other elements may be any");
	type_free(any);
	type_free(string);
	type_free(pair);
	type_free(array);
}

int main(void)
{
	parsing();
	refusing();
	depth();
	breadth();
	accepting();
	long_places();
	meeting();
	asking();
	return done();
}
