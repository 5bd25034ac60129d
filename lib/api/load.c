/* SPDX-License-Identifier: MIT */
/*
 * Finds the text of a topology, its directory and its stem.
 */
#include "api/load.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/unit.h"
#include "topology/topology.h"

int load_text(const char *file, struct buf *text, struct sigslot_error *err)
{
	int code;

	if (strcmp(file, "-") != 0) {
		code = fd_read_file(AT_FDCWD, file, TOPOLOGY_SIZE, text, err);
		return code == -EFBIG
			       ? fail(err, -ENOEXEC, "%s has more than 1 MiB", file)
			       : code;
	}
	code = fd_read(STDIN_FILENO, text, TOPOLOGY_SIZE);
	if (code < 0)
		return fail(err, code, "cannot read standard input: %s",
			    strerror(-code));
	return 0;
}

/* The absolute directory that relative paths start at. */
static int find_directory(const char *file, char **ret, struct sigslot_error *err)
{
	const char *slash = strcmp(file, "-") == 0 ? NULL : strrchr(file, '/');
	_free_ char *directory = NULL;

	if (slash)
		directory = strndup(file, (size_t)(slash - file) + (slash == file));
	else
		directory = strdup(".");
	if (!directory)
		return fail(err, -ENOMEM, "out of memory");
	*ret = realpath(directory, NULL);
	return *ret ? 0 : fail_errno(err, "cannot find the directory of %s", file);
}

/* "access" of "dir/access.yaml". */
static char *find_stem(const char *file)
{
	const char *slash = strrchr(file, '/'), *name = slash ? slash + 1 : file;
	const char *dot = strrchr(name, '.');

	if (strcmp(file, "-") == 0)
		return strdup("stdin");
	return dot && dot > name ? strndup(name, (size_t)(dot - name)) : strdup(name);
}

/* No problem: most never fill up. At run time worker/jam.c sees when they do. */
static void warn_of_circles(const struct topology_input *in, const struct plan *p)
{
	struct sigslot_error warning = {0};

	snprintf(warning.source, sizeof(warning.source), "%s", in->file);
	for (const char **circle = p->circles; in->report && *circle; circle++) {
		snprintf(warning.text, sizeof(warning.text),
			 "warning: messages go round in a circle: %s; when all of its "
			 "queues are full, what leads back fails: `full: fail` or "
			 "`drop-new` on one arrow says which",
			 *circle);
		in->report(in->data, &warning, "");
	}
}

int load_wiring(const char *file, const char *name, sigslot_report_fn report,
		void *data, struct wiring **ret, struct sigslot_error *err)
{
	const char *path = file ? file : "sigslot.yaml";
	_free_ char *directory = NULL, *stem = find_stem(path);
	_buf_ struct buf text = {0};
	struct topology_input in;
	int code;

	if (!stem)
		return fail(err, -ENOMEM, "out of memory");
	if (name && !unit_name_ok(name, strlen(name)))
		return fail(err, -EINVAL,
			    "'%s' cannot name an instance: letters, digits, _ and -, "
			    "at most 63",
			    name);
	code = load_text(path, &text, err);
	if (code == -EFBIG)
		return fail(err, -ENOEXEC, "%s has more than 1 MiB", path);
	if (code < 0)
		return code;
	code = find_directory(path, &directory, err);
	if (code < 0)
		return code;
	in = (struct topology_input){
		.text = text.data ? text.data : "",
		.size = text.size,
		.file = strcmp(path, "-") == 0 ? "stdin" : path,
		.directory = directory,
		.stem = name ? name : stem,
		.report = report,
		.data = data,
	};
	code = wiring_new(&in, name, ret, err);
	if (code == 0)
		warn_of_circles(&in, wiring_plan(*ret));
	return code;
}
