/* SPDX-License-Identifier: MIT */
/*
 * sigslot_check() and load_wiring() on real files: names, directories, standard input.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/load.h"
#include "tap.h"

static char directory[] = "/tmp/sigslot-check-XXXXXX";

static void write_file(const char *name, const char *text, size_t size)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, text, size) != (ssize_t)size)
		BAIL("cannot write %s", name);
	close(fd);
}

static void count(void *data, const struct sigslot_error *problem, const char *line)
{
	(void)problem;
	(void)line;
	++*(int *)data;
}

static void names(const char *file, const char *name, const char *wanted)
{
	struct sigslot_error err = {0};
	struct wiring *w;

	if (!is_int(load_wiring(file, name, NULL, NULL, &w, &err), 0, "%s is loaded",
		    file ? file : "./sigslot.yaml"))
		return;
	is_str(wiring_plan(w)->name, wanted, "its instance is named %s", wanted);
	wiring_free(w);
}

static void directories(void)
{
	char here[PATH_MAX];
	struct wiring *w;

	if (!getcwd(here, sizeof(here)))
		BAIL("no current directory");
	if (load_wiring("sub/x.yaml", NULL, NULL, NULL, &w, NULL) < 0)
		BAIL("cannot load sub/x.yaml");
	ok(strncmp(wiring_plan(w)->directory, here, strlen(here)) == 0 &&
		   strcmp(wiring_plan(w)->directory + strlen(here), "/sub") == 0,
	   "paths start at the directory of the file");
	is_str(wiring_plan(w)->file, "sub/x.yaml", "the file stays as it was given");
	wiring_free(w);
	if (load_wiring("dash.yaml", NULL, NULL, NULL, &w, NULL) < 0)
		BAIL("cannot load dash.yaml");
	is_str(wiring_plan(w)->directory, here,
	       "of a file without a directory, at the current one");
	wiring_free(w);
}

static void fails(const char *file, int wanted, int problems, const char *what)
{
	struct sigslot_error err = {0};
	int told = 0;

	is_int(sigslot_check(file, count, &told, NULL, &err), wanted, "%s", what);
	ok(err.text[0], "and it says why: %s", err.text);
	is_int(told, problems, "which is %d problem of the text", problems);
}

static void standard_input(void)
{
	static const char text[] = "objects: {a: {run: x}}\n";
	struct wiring *w;
	int ends[2];

	if (pipe(ends) < 0 || dup2(ends[0], STDIN_FILENO) < 0 ||
	    write(ends[1], text, strlen(text)) < 0)
		BAIL("no pipe");
	close(ends[0]);
	close(ends[1]);
	if (!is_int(load_wiring("-", NULL, NULL, NULL, &w, NULL), 0,
		    "a dash is standard input"))
		return;
	is_str(wiring_plan(w)->name, "stdin", "whose instance is named stdin");
	wiring_free(w);
}

static void plan_lines(void)
{
	char *text = NULL;

	is_int(sigslot_check("dash.yaml", NULL, NULL, &text, NULL), 0,
	       "check takes a topology without reports");
	ok(text && strstr(text, "instance    dash\n") == text,
	   "and gives its plan as text");
	free(text);
	text = (char *)"untouched";
	is_int(sigslot_check("bad.yaml", NULL, NULL, &text, NULL), -ENOEXEC,
	       "problems need no reader");
	is_str(text, "untouched", "a plan is only given on success");
}

static void write_all(void)
{
	static const char good[] = "objects: {a: {run: x}}\n",
			  bad[] = "objects: {a: {rn: x}}\n";
	static char large[(1 << 20) + 1];

	if (!mkdtemp(directory) || chdir(directory) < 0 || mkdir("sub", 0700) < 0)
		BAIL("cannot make %s", directory);
	memset(large, '#', sizeof(large));
	write_file("dash.yaml", good, strlen(good));
	write_file("sigslot.yaml", good, strlen(good));
	write_file("sub/x.yaml", good, strlen(good));
	write_file("two.dots.yaml", good, strlen(good));
	write_file("plain", good, strlen(good));
	write_file(".yaml", good, strlen(good));
	write_file("bad.yaml", bad, strlen(bad));
	write_file("large.yaml", large, sizeof(large));
	write_file("full.yaml", large, sizeof(large) - 1);
}

int main(void)
{
	static const char *const files[] = {
		"dash.yaml", "sigslot.yaml", "sub/x.yaml", "two.dots.yaml", "plain",
		".yaml",     "bad.yaml",     "large.yaml", "full.yaml",
	};

	write_all();
	names("dash.yaml", NULL, "dash");
	names("./dash.yaml", NULL, "dash");
	names("sub/x.yaml", NULL, "x");
	names("plain", NULL, "plain");
	names(NULL, NULL, "sigslot");
	names("two.dots.yaml", "given", "given");
	directories();
	fails("two.dots.yaml", -ENOEXEC, 1, "a stem that is no name is a problem");
	fails(".yaml", -ENOEXEC, 1, "and so is a file that is all suffix");
	fails("bad.yaml", -ENOEXEC, 1, "a bad topology is refused");
	fails("missing.yaml", -ENOENT, 0, "a file that is not there is told apart");
	fails("sub/missing/x.yaml", -ENOENT, 0, "and one in no directory");
	fails("large.yaml", -ENOEXEC, 0, "a file of more than 1 MiB is refused");
	fails("full.yaml", -ENOEXEC, 1, "one of 1 MiB is read");
	standard_input();
	plan_lines();
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		unlink(files[i]);
	rmdir("sub");
	if (chdir("/") < 0 || rmdir(directory) < 0)
		BAIL("something is left in %s", directory);
	return done();
}
