/* SPDX-License-Identifier: MIT */
/*
 * Payloads on command lines: which arguments they become, and which they cannot.
 */
#include <errno.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "message/text.h"
#include "tap.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

static void makes_arguments(void)
{
	static const struct {
		const char *payload;
		const char *paths[4]; /* none: by elements */
		const char *args; /* each behind a bar */
	} cases[] = {
		{"null", {NULL}, ""},
		{" null ", {NULL}, ""},
		{"[]", {NULL}, ""},
		{"\"a b\"", {NULL}, "|a b"},
		{"\"\"", {NULL}, "|"},
		{"42", {NULL}, "|42"},
		{"{ \"a\" : 1 }", {NULL}, "|{\"a\":1}"},
		{"[ \"world\", 42 ]", {NULL}, "|world|42"},
		{"[null,true,\"\",[1, 2],{\"a\": \"b\"}]",
		 {NULL},
		 "|null|true||[1,2]|{\"a\":\"b\"}"},
		{"[\"-n\",\"$(x)\",\"a\\nb\",\"\\u00e9\"]",
		 {NULL},
		 "|-n|$(x)|a\nb|\xc3\xa9"},
		{"{\"ip\":\"1.2.3.4\",\"status\":500}",
		 {".ip", ".status"},
		 "|1.2.3.4|500"},
		{"{\"a\":[1,{\"b c\":null}]}", {".a[-1].\"b c\"", ".a[0]"}, "|null|1"},
		{"{\"a\":[1, 2]}", {".a"}, "|[1,2]"},
		{"[1, 2]", {"."}, "|[1,2]"},
		{"\"x\"", {"."}, "|x"},
		{"null", {"."}, "|null"},
	};

	for (size_t i = 0; i < LEN(cases); i++) {
		const char *payload = cases[i].payload;
		bool picks = cases[i].paths[0];
		_buf_ struct buf joined = {0};
		struct text_args args;

		is_int(text_args_of(payload, strlen(payload),
				    picks ? cases[i].paths : NULL, &args, NULL),
		       0, "%s can be arguments%s", payload, picks ? " by paths" : "");
		buf_add_text(&joined, "");
		for (size_t j = 0; j < args.len; j++)
			buf_addf(&joined, "|%s", args.at[j]);
		is_str(joined.data, cases[i].args, "which are just these");
		ok(!args.at[args.len], "and end with NULL");
		text_args_done(&args);
	}
}

static void refuses(const char *payload, size_t size, const char *path, int code,
		    const char *wanted)
{
	const char *const paths[] = {path, NULL};
	struct sigslot_error err = {0};
	struct text_args args = {0};

	is_int(text_args_of(payload, size, path ? paths : NULL, &args, &err), code,
	       "what cannot be passed fails");
	is_str(err.text, wanted, "and it says why");
	ok(!args.at, "and makes nothing");
}

static void names_what_cannot_be_passed(void)
{
	refuses("\"a\\u0000b\"", 10, NULL, -EILSEQ,
		"argument 1 has a NUL at offset 1, which no argument can hold; read it "
		"from "
		"stdin");
	refuses("[1,\"\\u0000\"]", 12, NULL, -EILSEQ,
		"argument 2 has a NUL at offset 0, which no argument can hold; read it "
		"from "
		"stdin");
	refuses("{\"a\":\"x\\u0000\"}", 15, ".a", -EILSEQ,
		"argument 1 (.a) has a NUL at offset 1, which no argument can hold; "
		"read it "
		"from stdin");
	refuses("{\"a\":1}", 7, ".b", -ENOENT,
		"argument 1: .b picks nothing of the payload");
	refuses("{\"a\":1}", 7, "b", -EINVAL, "argument 1: b is not a simple path");
}

/* A payload of `len` strings of `size` bytes each. */
static void add_strings(struct buf *b, size_t len, size_t size)
{
	for (size_t i = 0; i < len; i++) {
		buf_add_text(b, i ? ",\"" : "[\"");
		buf_reserve(b, size + 2);
		memset(b->data + b->size, 'x', size);
		b->size += size;
		buf_add_text(b, "\"");
	}
	buf_add_text(b, "]");
}

static void passes_sizes_that_fit(void)
{
	_buf_ struct buf b = {0};
	struct text_args args;
	size_t wrong = 0;

	add_strings(&b, 1, 131071);
	is_int(text_args_of(b.data, b.size, NULL, &args, NULL), 0,
	       "an argument of 131071 bytes can be passed");
	is_u64(strlen(args.at[0]), 131071, "whole");
	text_args_done(&args);
	b.size = 0;
	add_strings(&b, 1, 131072);
	refuses(b.data, b.size, NULL, -E2BIG,
		"argument 1 has 131072 bytes, more than the 131071 that an argument "
		"can "
		"have; read it from stdin");
	b.size = 0;
	add_strings(&b, 8, 131071);
	is_int(text_args_of(b.data, b.size, NULL, &args, NULL), 0,
	       "arguments of 1 MiB with their NULs can be passed");
	for (size_t i = 0; i < args.len; i++)
		wrong += strlen(args.at[i]) != 131071;
	ok(args.len == 8 && wrong == 0, "all of them whole");
	text_args_done(&args);
	b.size--;
	buf_add_text(&b, ",\"\"]");
	refuses(b.data, b.size, NULL, -E2BIG,
		"argument 9 would make the arguments longer than 1048576 bytes in all; "
		"read "
		"them from stdin");
}

/* The kernel has the last word about 131071. */
static void kernel_takes_the_largest(void)
{
	_buf_ struct buf b = {0};
	struct text_args args;
	char *argv[] = {"true", NULL, NULL};
	int status = -1;
	pid_t pid;

	add_strings(&b, 1, 131071);
	if (text_args_of(b.data, b.size, NULL, &args, NULL) < 0)
		BAIL("no arguments");
	argv[1] = args.at[0];
	pid = fork();
	if (pid == 0) {
		execv("/bin/true", argv);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	is_int(status, 0, "a program starts with the largest argument");
	text_args_done(&args);
}

int main(void)
{
	makes_arguments();
	names_what_cannot_be_passed();
	passes_sizes_that_fit();
	kernel_takes_the_largest();
	return done();
}
