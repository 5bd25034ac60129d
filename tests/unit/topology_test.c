/* SPDX-License-Identifier: MIT */
/*
 * Pairs of files: each topology in tests/topology/good has its plan, each one in
 * tests/topology/bad has exactly what `sigslot check topology.yaml` says of it there.
 */
#include <dirent.h>
#include <fcntl.h>

#include "base/buf.h"
#include "base/fd.h"
#include "plan/plan.h"
#include "tap.h"
#include "topology/topology.h"

static void take(void *data, const struct sigslot_error *problem, const char *line)
{
	struct buf *out = data;

	if (!problem->line) {
		buf_addf(out, "sigslot: %s: %s\n", problem->source, problem->text);
		return;
	}
	buf_addf(out, "sigslot: %s:%u:%u: %s\n", problem->source, problem->line,
		 problem->column, problem->text);
	if (!*line)
		return;
	buf_addf(out, "%s\n", line);
	for (unsigned i = 0; i + 1 < problem->column && line[i]; i++)
		if (((unsigned char)line[i] & 0xc0) != 0x80)
			buf_add_byte(out, line[i] == '\t' ? '\t' : ' ');
	buf_add_text(out, "^\n");
}

/* What check prints, the plan or the problems; returns its code. */
static int check(const struct buf *text, struct buf *out)
{
	struct sigslot_error err = {0};
	struct topology_input in = {
		.text = text->data ? text->data : "",
		.size = text->size,
		.file = "topology.yaml",
		.directory = "/",
		.stem = "topology",
		.report = take,
		.data = out,
	};
	struct topology *t;
	struct plan *plan;
	int code = topology_read(&in, &t, &err);

	if (code >= 0) {
		code = plan_make(t, NULL, NULL, &plan, &err);
		topology_free(t);
	}
	if (code < 0) {
		buf_addf(out, "sigslot: %s\n", err.text);
		return code;
	}
	{
		_free_ char *plan_lines = plan_text(plan);

		buf_add_text(out, plan_lines);
	}
	plan_free(plan);
	return 0;
}

static void read_file(const char *kind, const char *name, const char *file,
		      struct buf *ret)
{
	struct sigslot_error err;
	char path[512];

	snprintf(path, sizeof(path), "tests/topology/%s/%s/%s", kind, name, file);
	if (fd_read_file(AT_FDCWD, path, 4 << 20, ret, &err) < 0)
		BAIL("%s: %s", path, err.text);
}

static void compare(const char *kind, const char *name, const char *file, int wanted)
{
	_buf_ struct buf text = {0}, expected = {0}, got = {0};
	int code;

	read_file(kind, name, "topology.yaml", &text);
	read_file(kind, name, file, &expected);
	code = check(&text, &got);
	is_int(code, wanted, "%s/%s is %s", kind, name,
	       wanted ? "refused" : "accepted");
	if (!ok(got.size == expected.size &&
			memcmp(got.data, expected.data, got.size) == 0,
		"%s/%s says what %s says", kind, name, file))
		fprintf(stderr, "%s", got.data);
}

static int visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static void compare_all(const char *kind, const char *file, int wanted, int least)
{
	struct dirent **names;
	char path[64];
	int len;

	snprintf(path, sizeof(path), "tests/topology/%s", kind);
	len = scandir(path, &names, visible, alphasort);
	ok(len >= least, "there are at least %d %s topologies", least, kind);
	for (int i = 0; i < len; i++) {
		compare(kind, names[i]->d_name, file, wanted);
		free(names[i]);
	}
	if (len >= 0)
		free(names);
}

int main(void)
{
	compare_all("good", "plan.txt", 0, 25);
	compare_all("bad", "errors.txt", -ENOEXEC, 70);
	return done();
}
