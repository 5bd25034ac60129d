/* SPDX-License-Identifier: MIT */
/*
 * Looks for programs. Only looks: what it says may be untrue a moment later.
 */
#include "slot/program.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

const char program_path[] = "/usr/local/bin:/usr/bin:/bin";

int program_startable(const char *directory, const char *file)
{
	_free_ char *path = NULL;
	struct stat st;

	if (*file != '/') {
		if (asprintf(&path, "%s/%s", directory, file) < 0) {
			path = NULL;
			return -ENOMEM;
		}
		file = path;
	}
	if (stat(file, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EACCES;
	return access(file, X_OK) < 0 ? -errno : 0;
}

/* One element of PATH. Returns 0 and the file, or why not. */
static int look_in(const char *folder, size_t size, const char *name,
		   const char *directory, char **ret_file)
{
	_free_ char *file = NULL;
	int r;

	if (asprintf(&file, "%.*s%s%s", (int)size, folder, size ? "/" : "./", name) <
	    0) {
		file = NULL;
		return -ENOMEM;
	}
	r = program_startable(directory, file);
	if (r == 0)
		*ret_file = TAKE(file);
	return r;
}

int program_find(const char *name, const char *path, const char *directory,
		 char **ret_file)
{
	int found = -ENOENT;

	if (!*name)
		return -ENOENT;
	if (strchr(name, '/')) {
		*ret_file = strdup(name);
		return *ret_file ? 0 : -ENOMEM;
	}
	for (const char *at = path ? path : program_path;; at++) {
		size_t size = strcspn(at, ":");
		int r = look_in(at, size, name, directory, ret_file);

		if (r == 0 || r == -ENOMEM)
			return r;
		if (r == -EACCES)
			found = r; /* told if there is nothing better */
		at += size;
		if (!*at)
			return found;
	}
}
