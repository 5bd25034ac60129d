/* SPDX-License-Identifier: MIT */
/*
 * Plain words: which texts need no shell, and that nobody can tell. But for one thing:
 * a command that was ended by a signal says so, where dash would make it 128 + N.
 */
#include <unistd.h>

#include "slot/plain.h"
#include "slot_host.h"

static bool plain(const char *text)
{
	_cleanup_(arena_done) struct arena arena = {0};

	return plain_words(text, &arena);
}

static void decides(void)
{
	static const char *const yes[] = {"make",	  "make -j4 all", "./x",
					  " /bin/true\t", "dd if=a of=b", "date +%s",
					  "a@b,c:d"};
	static const char *const no[] = {
		"",	   " ",		"A=1",	  "A=1 make", "echo x", ":",	"a;b",
		"a|b",	   "a>b",	"a $b",	  "a `b`",    "a*",	"a ?",	"a [b]",
		"~/x",	   "a ~",	"a 'b'",  "a \"b\"",  "a\\b",	"a&",	"a #b",
		"a\nb",	   "{ a",	"! a",	  "if a",     "exit 3", "true", "cd /",
		"a {b,c}", "a (b)",	"test a", "kill 1",   "exec a", "a !b", "%1",
		"a ^b",	   "a \xc3\xa4"};

	for (size_t i = 0; i < ARRAY_LEN(yes); i++)
		ok(plain(yes[i]), "'%s' needs no shell", yes[i]);
	for (size_t i = 0; i < ARRAY_LEN(no); i++)
		ok(!plain(no[i]), "no. %zu of the others needs one", i);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The lines in order, as a shell shuffles its environment. */
static void sort_lines(struct buf *b)
{
	_free_ char *copy = buf_take(b);
	char *lines[1000], *save;
	size_t len = 0;

	for (char *at = strtok_r(copy, "\n", &save); at && len < ARRAY_LEN(lines);
	     at = strtok_r(NULL, "\n", &save))
		lines[len++] = at;
	qsort(lines, len, sizeof(*lines), by_text);
	for (size_t i = 0; i < len; i++)
		buf_addf(b, "%s\n", lines[i]);
}

static const char *run(const char *text, const char *const *shell)
{
	static struct buf said;
	struct slot_spec spec = host_spec("run", text);
	struct slot *s;

	spec.shell = shell;
	spec.directory = "/usr";
	s = host_open(&spec);
	host_clear();
	host_run(s, "[1,2]");
	slot_close(s);
	said.size = 0;
	buf_addf(&said, "%s%s", host_text(), host.last.err_tail);
	sort_lines(&said);
	return said.data;
}

static void nobody_can_tell(void)
{
	static const char *const shell[] = {"/bin/sh", NULL};
	static const char *const texts[] = {"env",
					    "/bin/pwd",
					    "cat",
					    "cat /proc/self/cmdline",
					    "grep -e SigIgn -e SigBlk "
					    "/proc/self/status",
					    "ls -l /proc/self/fd/1 /proc/self/cwd /no",
					    "no-such-program",
					    "./no-such-program",
					    "/etc/passwd",
					    "/etc",
					    "./bin/env -i a=b env"};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		_free_ char *with = strdup(run(texts[i], shell));

		/* the numbers of pipes and of the process are new each time */
		for (char *at = with; (at = strpbrk(at, "[")); at++)
			*at = '\0';
		ok(strncmp(run(texts[i], NULL), with, strlen(with)) == 0,
		   "'%s' is the same without a shell", texts[i]);
	}
}

int main(void)
{
	host_start();
	decides();
	nobody_can_tell();
	loop_done(&host.loop);
	return done();
}
