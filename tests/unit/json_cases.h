/* SPDX-License-Identifier: MIT */
/*
 * What is JSON for sigslot and what is not, in the classes in which
 * parsers are known to differ. The offset is that of the first byte with which no good
 * text could go on; of a duplicate key it is that of its opening quote.
 */
#ifndef JSON_CASES_H
#define JSON_CASES_H

#include <stddef.h>

struct json_case {
	const char *text;
	size_t size;
	size_t offset; /* of a refused one */
};

/* "" keeps a hexadecimal escape from swallowing what follows it */
#define YES(text)                         \
	{                                 \
		text, sizeof(text) - 1, 0 \
	}
#define NO(offset, text)                       \
	{                                      \
		text, sizeof(text) - 1, offset \
	}

/* clang-format off */
static const struct json_case json_good[] = {
	/* any value stands alone */
	YES("null"), YES("true"), YES("false"), YES("0"), YES("-1"), YES("42"),
	YES("-0.1"), YES("\"\""), YES("\"asd\""), YES("[]"), YES("{}"),
	/* white space around everything */
	YES(" null"), YES("null "), YES("\t1\r\n"), YES(" [] "), YES(" { } "),
	YES("[ ]"), YES("[\n]"), YES("[1\n]"), YES(" [1]"), YES("[2] "),
	YES("[true]\n"), YES("{\n\"a\" \t:\r 1\n,\n\"b\":2}"), YES("[ 1 , 2 ]"),
	YES("\n\n\n\n\n\n\n\n\n1"), YES("                                        {}"),
	YES("\"x\"      "),
	/* arrays */
	YES("[\"\"]"), YES("[null]"), YES("[1,null,null,null,2]"), YES("[[]]"),
	YES("[[],[]]"), YES("[[[[[[[[1]]]]]]]]"), YES("[{},[],{},[]]"), YES("[false]"),
	YES("[null, 1, \"1\", {}]"), YES("[[] ]"), YES("[\"a\"]"), YES("[\n\n1\n\n]"),
	/* numbers */
	YES("-0"), YES("[-0]"), YES("0.0"), YES("-0.0"), YES("0e1"), YES("0e+1"),
	YES("0E-1"), YES("1e5"), YES("1E5"), YES("1e+5"), YES("1e-5"), YES("1E22"),
	YES("123.456"), YES("123.456e78"), YES("123.456E-78"), YES("1.0e+2"),
	YES("20e1"), YES("123e65"), YES("1e00"), YES("1e-00005"), YES("[ 4]"),
	YES("[123.456789]"),
	YES("-0.000000000000000000000000000000000000000000000000000000000000000001"),
	YES("0.1"), YES("0.10000000000000001"), YES("9007199254740993"),
	/* numbers that some programs cannot hold: their bytes pass */
	YES("9223372036854775807"), YES("9223372036854775808"),
	YES("-9223372036854775809"), YES("123456789012345678901234567890"),
	YES("-1e9999"), YES("1.5e+9999"), YES("1e400"), YES("123123e100000"),
	YES("-123123e100000"), YES("123e-10000000"),
	YES("0.4e00669999999999999999999999999999999999999999999999999999999969999999"),
	/* objects */
	YES("{\"a\":1}"), YES("{\"\":0}"), YES("{\"a\":\"b\",\"c\":\"d\"}"),
	YES("{\"a\":{\"a\":{\"a\":1}}}"), YES("{\"a\":[{\"a\":1},{\"a\":2}]}"),
	YES("{\"A\":1,\"a\":2}"), YES("{\"a\":1,\"a \":2,\" a\":3}"), YES("{\"a\":[]}"),
	YES("{\"a\\nb\":1,\"a\\tb\":2}"), YES("{\"min\":-1.0e+28,\"max\":1.0e+28}"),
	YES("{\"foo\\u0000bar\":42}"),
	YES("{\"a\\u0000\":1,\"a\":2,\"\":3,\"\\u0000\":4}"),
	YES("{\"title\":\"\\u041f\\u043e\\u043b\"}"), YES("{\n\"a\":\n\"b\"\n}"),
	YES("{\"x\":[{\"id\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}],\"id\":"
	    "\"x\"}"),
	YES("{\"12345678\":1,\"123456789\":2,\"1234567\":3,\"1234567890123456\":4}"),
	YES("{\"12345678\":1,\"12345678\\u0000\":2,\"1234567\\u0000\":3}"),
	YES("{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":1,"
	    "\"j\":1,"
	    "\"k\":1,\"l\":1,\"m\":1,\"n\":1,\"o\":1,\"p\":1,\"q\":1,\"r\":1,\"s\":{"
	    "\"a\":1}}"),
	/* escapes */
	YES("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), YES("\"\\u0041\""),
	YES("\"\\u00e9\\u00E9\""), YES("\"\\u0000\""), YES("\"\\u000A\\u001f\\u0012\""),
	YES("\"\\u0022\\u005c\\u005C\""), YES("\"\\\\u0000\""), YES("\"\\\\a\""),
	YES("\"\\\\n\""), YES("\"\\\"\""), YES("\"\\uaBcD\\uEF01\\uffff\""),
	YES("\"\\uFFFE\\uFDD0\\u2064\\u200b\""), YES("\"\\ud7ff\\ue000\""),
	YES("\"\\u0060\\u012a\\u12AB\""), YES("\"a/*b*/c/*d//e\""),
	YES("\"\\uA66D\\u00a0\\u0821\\u2028\\u2029\""), YES("[ \"asd\\u0020\"]"),
	/* surrogates come in pairs */
	YES("\"\\ud801\\udc37\""), YES("\"\\uD834\\uDd1e\""), YES("\"\\uDBFF\\uDFFF\""),
	YES("\"\\ud83d\\ude39\\ud83d\\udc8d\""),
	YES("\"\\uDBFF\\uDFFE\\uD83F\\uDFFE\""),
	YES("{\"\\ud83d\\ude00\":1,\"\\ud83d\\ude01\":2}"),
	/* UTF-8, to the edges of each length */
	YES("\"\xc2\x80\""), YES("\"\xdf\xbf\""), YES("\"\xe0\xa0\x80\""),
	YES("\"\xed\x9f\xbf\""), YES("\"\xee\x80\x80\""), YES("\"\xef\xbf\xbf\""),
	YES("\"\xf0\x90\x80\x80\""), YES("\"\xf4\x8f\xbf\xbf\""),
	YES("\"\xf0\x9b\xbf\xbf\""), YES("\"\xf3\xbf\xbf\xbf\""),
	YES("\"\xe2\x80\xa8\xe2\x80\xa9\""), YES("\"\xcf\x80\""),
	YES("\"\xe2\x82\xac\xf0\x9d\x84\x9e\""), YES("\"\xef\xbb\xbf\""),
	YES("\"\x7f\""),
	YES("\"a\x7f"
	    "b\""),
	YES("\" \""),
	YES("{\"\xd0\xba\xd0\xbb\xd1\x8e\xd1\x87\":"
	    "\"\xe2\x8d\x82\xe3\x88\xb4\xe2\x8d\x82\"}"),
	/* where sixteen bytes end */
	YES("\"0123456789abcd\""), YES("\"0123456789abcde\""),
	YES("\"0123456789abcdef\""), YES("\"0123456789abcdefg\""),
	YES("\"0123456789abcde\\n\""), YES("\"0123456789abcdef\\\\\""),
	YES("\"0123456789abcde\xc3\xa9\""),
	YES("\"0123456789abcd\xc3\xa9 and so on and on\""),
	YES("\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	    "\""),
};

static const struct json_case json_bad[] = {
	/* nothing, or nothing but white space */
	NO(0, ""), NO(1, " "), NO(4, " \n\t\r"),
	/* what is not white space */
	NO(0, "\v1"), NO(0, "\f"), NO(1, "[\v]"), NO(2, "[1\f]"), NO(1, "[\f]"),
	NO(0, "\xc2\xa0"
	    "1"),
	NO(1, "1\xc2\xa0"), NO(1, "[\xe2\x81\xa0]"), NO(0, "\xe2\x81\xa0"),
	NO(0, "\xe2\x80\x89"
	    "1"),
	NO(0, "\0"), NO(1, "1\0"), NO(3, "123\0"), NO(2, "[]\0"), NO(1, "[\0]"),
	NO(1, " \0"
	    "1"),
	NO(2, "[1\0]"), NO(0, "\x01"), NO(0, "\x7f"), NO(2, "\"\"\x08"),
	/* byte order marks and other encodings */
	NO(0, "\xef\xbb\xbf"), NO(0, "\xef\xbb\xbf{}"), NO(0, "\xef\xbb"),
	NO(0, "\xff\xfe[\0]\0"), NO(0, "\xfe\xff\0["), NO(0, "\0[\0]"), NO(1, "[\0]\0"),
	NO(1, " \xef\xbb\xbf{}"),
	/* words */
	NO(3, "tru"), NO(4, "fals"), NO(3, "nul"), NO(4, "[nul]"), NO(4, "[tru]"),
	NO(5, "[fals]"), NO(0, "True"), NO(0, "NULL"), NO(0, "TRUE"), NO(2, "trUe"),
	NO(4, "true1"), NO(4, "nullnull"), NO(4, "truefalse"), NO(5, "falsey"),
	NO(1, "nan"), NO(0, "NaN"), NO(0, "Infinity"), NO(1, "-Infinity"),
	NO(0, "undefined"), NO(0, "asd"), NO(0, "\xc3\xa9"), NO(0, "a\xc3\xa5"),
	NO(0, "*"), NO(1, "[*]"), NO(0, "#"), NO(0, "<null>"), NO(0, "<.>"),
	NO(0, "'a'"), NO(0, "'"), NO(1, "[a"), NO(4, "trueish"), NO(5, "[true\xff]"),
	NO(0, "\xff"), NO(0, "\xe5"),
	/* more than one value */
	NO(2, "1 2"), NO(2, "[][]"), NO(2, "{}{}"), NO(3, "{} {}"), NO(1, "1,"),
	NO(4, "null,1"), NO(2, "[]]"), NO(2, "{}}"), NO(3, "[1]x"), NO(3, "[1],"),
	NO(7, "{\"a\":1}#"), NO(2, "\"\"x"), NO(11, "{\"a\":true} \"x\""),
	NO(3, "\"a\"\"b\""), NO(4, "[]\n\n{}"), NO(4, "[1]\n[2]"), NO(2, "0 0"),
	NO(7, "{\"a\":1}/**/"), NO(7, "{\"a\":1}//"),
	/* arrays */
	NO(1, "["), NO(2, "[1"), NO(3, "[1,"), NO(4, "[1,\n"), NO(2, "[]["),
	NO(3, "[\"\""), NO(0, "]"), NO(1, "[}"), NO(2, "[1}"), NO(2, "[["),
	NO(6, "[[[1]]"), NO(3, "[{}"), NO(7, "[1,\n1\n,"), NO(1, "[,"), NO(1, "[,]"),
	NO(1, "[,1]"), NO(3, "[1,]"), NO(2, "[\n"), NO(3, "[1,,]"), NO(3, "[1,,2]"),
	NO(4, "[\"\",]"), NO(4, "[\"\",,\"\"]"), NO(3, "[1 true]"), NO(5, "[\"a\" 1]"),
	NO(2, "[1:2]"), NO(3, "[\"\":1]"), NO(2, "[1;2]"), NO(2, "[3[4]]"),
	NO(1, "[\\n]"), NO(1, "[\\u000A\"\"]"), NO(0, "\\"), NO(0, ","), NO(0, ":"),
	NO(0, "}"), NO(1, "[\xff]"), NO(1, "[a\xe5]"), NO(6, "[\"a\",1"),
	NO(5, "[\"\",\n"), NO(1, "['"),
	NO(3, "[\"a"), NO(3, "[\"\\{[\""), NO(1, "[\xc3\xa9]"), NO(6, "[1,\n\n\n"),
	/* objects */
	NO(9, "{\"a\":\"b\"}/"), NO(5, "{\"a\":/*c*/1}"), NO(10, "[{\"\":[{\"\":"),
	NO(1, "{"), NO(1, "{]"), NO(1, "{1:1}"), NO(1, "{a:1}"), NO(1, "{'a':1}"),
	NO(1, "{null:1}"), NO(1, "{,"), NO(1, "{,}"), NO(1, "{:1}"), NO(4, "{\"a\""),
	NO(4, "{\"a\"}"), NO(5, "{\"a\":"), NO(5, "{\"a\":}"), NO(5, "{\"a\" 1}"),
	NO(4, "{\"a\",1}"), NO(5, "{\"a\"::1}"), NO(5, "{\"a\":,}"), NO(6, "{\"a\":1"),
	NO(6, "{\"a\":1]"), NO(7, "{\"a\":1,"), NO(7, "{\"a\":1,}"),
	NO(7, "{\"a\":1,,}"), NO(7, "{\"a\":1,,\"b\":2}"), NO(6, "{\"a\":1;\"b\":2}"),
	NO(7, "{\"a\":1 \"b\":2}"), NO(7, "{\"a\":1,b}"), NO(10, "{\"a\":1,\"b\""),
	NO(10, "{\"a\":1,\"b\"}"), NO(1, "{[:1}"), NO(1, "{[]:1}"), NO(3, "{\"a"),
	NO(1, "{9999E9999:1}"), NO(5, "{\"a\":b}"), NO(1, "{/**/\"a\":1}"),
	NO(7, "{\"a\":1}}"), NO(1, "{{}:1}"), NO(4, "{\"a\"/**/:1}"),
	NO(1, "{\xf0\x9f\x87\xa8}"), NO(3, "[{}}"), NO(4, "{\"a\"=1}"),
	/* the same key twice */
	NO(7, "{\"a\":1,\"a\":1}"), NO(7, "{\"a\":1,\"a\""), NO(6, "{\"\":1,\"\":2}"),
	NO(13, "{\"a\":1,\"b\":2,\"a\":3}"), NO(7, "{\"a\":1,\"\\u0061\":1}"),
	NO(12, "{\"\\u0061\":1,\"a\":1}"), NO(12, "{\"\\u000a\":1,\"\\n\":1}"),
	NO(8, "{\"/\":{},\"\\/\":1}"), NO(12, "{\"\\u00e9\":1,\"\xc3\xa9\":1}"),
	NO(18, "{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":1}"),
	NO(12, "{\"a\":{\"a\":1,\"a\":2}}"), NO(12, "{\"a\":[{}],  \"a\":2}"),
	NO(14, "{\"a\":{\"a\":1}, \"a\":2}"), NO(16, "[{\"a\":1},{\"a\":1,\"a\":1}]"),
	NO(14, "{\"12345678\":1,\"12345678\":1}"),
	NO(15, "{\"123456789\":1,\"12345678\\u0039\":1}"),
	NO(115, "{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,"
	    "\"i\":1,\"j\":1,"
	    "\"k\":1,\"l\":1,\"m\":1,\"n\":1,\"o\":1,\"p\":1,\"q\":1,\"r\":1,\"s\":"
	    "1,\"a\":1}"),
	NO(97, "{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":"
	    "1,\"j\":1,"
	    "\"k\":1,\"l\":1,\"m\":1,\"n\":1,\"o\":1,\"p\":1,\"a\":1,\"r\":1,\"s\":"
	    "1,\"a\":1}"),
	/* strings that are not closed, and what must be escaped */
	NO(1, "\""), NO(2, "\"a"), NO(17, "\"0123456789abcdef"),
	NO(16, "\"0123456789abcde"), NO(3, "[\"x\n\"]"), NO(1, "\"\n\""),
	NO(1, "\"\t\""), NO(1, "\"\0\""), NO(2, "\"a\0\""), NO(1, "\"\x1f\""),
	NO(1, "\"\x01"), NO(16, "\"0123456789abcde\n\""),
	NO(17, "\"0123456789abcdef\0\""), NO(2, "{\"\n\":1}"),
	/* escapes */
	NO(2, "\"\\"), NO(3, "\"\\\""), NO(2, "\"\\x00\""), NO(2, "\"\\a\""),
	NO(2, "\"\\'\""), NO(2, "\"\\U0041\""), NO(2, "\"\\0\""), NO(2, "\"\\\t\""),
	NO(2, "\"\\\0\""), NO(2, "\"\\\xf0\x9f\x8c\x80\""), NO(2, "\"\\ \""),
	NO(2, "\"\\\n\""), NO(2, "\"\\v\""), NO(2, "\"\\N\""), NO(5, "\"\\\\\\\""),
	NO(4, "\"\\\\\\x\""), NO(2, "\"\\\xe5\""), NO(3, "\"\\u\""), NO(4, "\"\\u1\""),
	NO(5, "\"\\u12\""), NO(6, "\"\\u123\""), NO(3, "\"\\u"), NO(5, "\"\\u00"),
	NO(7, "\"\\u1234"), NO(5, "\"\\u00g0\""), NO(6, "\"\\u000\xe5\""),
	NO(3, "\"\\u{41}\""), NO(3, "\"\\u+041\""), NO(3, "\"\\u 041\""),
	NO(4, "\"\\u0x41\""), NO(6, "\"\\u123\0\""), NO(3, "\"\\uu0041\""),
	NO(3, "\"\\u-001\""), NO(5, "\"\\u00`0\""), NO(5, "\"\\u00@0\""),
	NO(5, "\"\\u00G0\""), NO(5, "\"\\u00/0\""), NO(5, "\"\\u00:0\""),
	/* lone surrogates, as escapes */
	NO(7, "\"\\ud800\""), NO(7, "\"\\uD800x\""), NO(8, "\"\\ud800\\\""),
	NO(8, "\"\\ud800\\n\""), NO(9, "\"\\ud800\\u\""), NO(9, "\"\\ud800\\u0041\""),
	NO(10, "\"\\ud800\\ud800\""), NO(10, "\"\\uDBFF\\uDBFF\""),
	NO(4, "\"\\udc00\""), NO(4, "\"\\uDFFF\""), NO(4, "\"\\uDd1e\\uD834\""),
	NO(7, "\"\\ud800"), NO(8, "\"\\ud800\\"), NO(9, "\"\\ud800\\u"),
	NO(10, "\"\\ud800\\ud"), NO(11, "\"\\ud800\\udc"), NO(12, "\"\\ud800\\udc0\""),
	NO(11, "\"\\ud800\\udcx0\""), NO(9, "\"\\uD800\\uABCD\""),
	NO(11, "\"\\ud800\\ude\""), NO(5, "{\"\\udfaa\":0}"), NO(7, "\"\\ud800abc\""),
	/* what is not UTF-8: continuation, overlong, surrogates, too large, cut off */
	NO(2, "\"\xe0\xff\""), NO(1, "\"\x80\""), NO(1, "\"\xbf\""), NO(2, "\"a\x80\""),
	NO(1, "\"\xc0\xaf\""),
	NO(1, "\"\xc1\xbf\""), NO(2, "\"\xe0\x80\xaf\""), NO(2, "\"\xe0\x9f\xbf\""),
	NO(2, "\"\xf0\x80\x80\xaf\""), NO(2, "\"\xf0\x8f\xbf\xbf\""),
	NO(2, "\"\xed\xa0\x80\""), NO(2, "\"\xed\xbf\xbf\""),
	NO(2, "\"\xf4\x90\x80\x80\""), NO(2, "\"\xf4\xbf\xbf\xbf\""),
	NO(1, "\"\xf5\x80\x80\x80\""), NO(1, "\"\xf8\x88\x80\x80\x80\""),
	NO(1, "\"\xfc\x83\xbf\xbf\xbf\xbf\""), NO(1, "\"\xfe\""), NO(1, "\"\xff\""),
	NO(2, "\"\xc3\""), NO(2, "\"\xc3("), NO(3, "\"\xe2\x82\""),
	NO(2, "\"\xe2(\xa1\""), NO(3, "\"\xe2\x82(\""), NO(4, "\"\xf0\x90\x8c\""),
	NO(4, "\"\xf0\x90\x8c(\""), NO(2, "\"\xc3"), NO(3, "\"\xe2\x82"),
	NO(4, "\"\xf0\x9f\x98"), NO(2, "\"\xc3\xc3\xa9\""),
	NO(2, "\"\xe9"
	    "a\""),
	NO(3, "\"\xc3\xa9\x80\""), NO(16, "\"0123456789abcde\xff\""),
	NO(17, "\"0123456789abcde\xc3\""), NO(2, "{\"\xb9\":1}"),
	NO(18, "\"0123456789abcde\xc3\xa9\xff\""), NO(2, "\"\xc3\\n\""),
	NO(2, "\"\xed\\ud800\""), NO(6, "\"\xe6\x97\xa5\xd1\x88\xfa\""),
	/* numbers */
	NO(1, "-"), NO(2, "[-]"), NO(1, "- 1"), NO(1, "-a"), NO(1, "--1"), NO(0, "+1"),
	NO(0, "++1"), NO(0, ".5"), NO(1, "-.5"), NO(1, "-.123"), NO(0, ".-1"),
	NO(2, "1."), NO(3, "[1.]"), NO(2, "2.e3"), NO(2, "0.e1"), NO(2, "1.+1"),
	NO(3, "-2."), NO(2, "1e"), NO(3, "1e+"), NO(3, "1E-"), NO(4, "0.3e"),
	NO(5, "0.3e+"), NO(2, "1eE2"), NO(2, "1e.5"), NO(3, "1e1.5"), NO(2, "0E"),
	NO(3, "1e5e5"), NO(3, "1e++5"), NO(3, "1e+-5"), NO(3, "0.1.2"), NO(1, "01"),
	NO(1, "00"), NO(2, "-01"), NO(2, "-00"), NO(1, "012"), NO(1, "0x1"),
	NO(1, "0x42"), NO(1, "1_000"), NO(1, "1,000"), NO(3, "1.0-"), NO(4, "-1.0."),
	NO(1, "1+2"), NO(1, "0-1"), NO(2, "12a"), NO(0, "Inf"), NO(1, "-Inf"),
	NO(1, "-NaN"), NO(1, "-nan"), NO(0, "+Inf"), NO(0, "\xef\xbc\x91"),
	NO(1, "1\xe5"), NO(3, "1e1\xe5"), NO(2, "1e\xe5"), NO(1, "0\xe5"),
	NO(3, "1.5f"), NO(1, "0b1"), NO(1, "1d"), NO(18, "1.8011670033376514H-308"),
	NO(8, "-123.123foo"), NO(1, "-foo"), NO(3, "[1 000.0]"), NO(1, "-\""),
	NO(2, "1.\""),
};
/* clang-format on */

#endif
