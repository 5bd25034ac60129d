/* SPDX-License-Identifier: MIT */
/*
 * The state directory. What leads to it may be open to others; itself it may not.
 */
#include "state/store.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "state/private.h"
#include "state/runtime.h"

#define VARIABLE "SIGSLOT_STATE_DIR"

static int write_path(char path[static STORE_PATH], const char *first,
		      const char *second, struct sigslot_error *err)
{
	if (snprintf(path, STORE_PATH, "%s%s", first, second) >= STORE_PATH)
		return fail(err, -ENAMETOOLONG, "'%s' is too long", first);
	return 0;
}

static int find(char path[static STORE_PATH], struct sigslot_error *err)
{
	const char *own = getenv(VARIABLE), *xdg = getenv("XDG_STATE_HOME"),
		   *home = getenv("HOME");

	if (own && *own) {
		if (*own != '/')
			return fail(err, -EINVAL,
				    "%s is '%s': it must be an absolute path", VARIABLE,
				    own);
		return write_path(path, own, "", err);
	}
	if (xdg && *xdg == '/')
		return write_path(path, xdg, "/sigslot", err);
	if (home && *home == '/')
		return write_path(path, home, "/.local/state/sigslot", err);
	return fail(err, -EINVAL,
		    "nothing says where durable queues are to live: set HOME or %s",
		    VARIABLE);
}

/* All above it that is missing. */
static void make_parents(const char *path)
{
	char part[STORE_PATH];

	for (const char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(at - path), path);
		if (mkdir(part, 0700) < 0 && errno != EEXIST)
			return; /* it will not open, which is told */
	}
}

/* There an instance and its durable queues would have one directory. */
static bool is_runtime(int dir)
{
	_close_ int runtime = -1;
	struct stat ours, other;

	return runtime_open(false, &runtime, NULL) == 0 && fstat(dir, &ours) == 0 &&
	       fstat(runtime, &other) == 0 && ours.st_ino == other.st_ino &&
	       ours.st_dev == other.st_dev;
}

static int open_path(const char *path, bool create, int *ret_dir,
		     struct sigslot_error *err)
{
	_close_ int dir = -1;
	int r;

	if (create)
		make_parents(path);
	r = private_open(AT_FDCWD, path, create, VARIABLE, &dir, err);
	if (r < 0)
		return r;
	if (is_runtime(dir))
		return fail(err, -EINVAL,
			    "'%s' is the runtime directory: set %s to another one, "
			    "where durable queues are to live",
			    path, VARIABLE);
	*ret_dir = TAKE_FD(dir);
	return 0;
}

int store_open(bool create, int *ret_dir, struct sigslot_error *err)
{
	char path[STORE_PATH];
	int r = find(path, err);

	return r < 0 ? r : open_path(path, create, ret_dir, err);
}

int store_path(const char *instance, const char *name, bool create,
	       char ret_path[static STORE_PATH], struct sigslot_error *err)
{
	_close_ int dir = -1, in = -1;
	char path[STORE_PATH];
	int r = find(path, err);

	if (r == 0)
		r = open_path(path, create, &dir, err);
	if (r == 0)
		r = private_open(dir, instance, create, VARIABLE, &in, err);
	if (r < 0)
		return r;
	if (snprintf(ret_path, STORE_PATH, "%s/%s%s%s", path, instance,
		     *name ? "/" : "", name) >= STORE_PATH)
		return fail(err, -ENAMETOOLONG, "'%s' is too long", path);
	return 0;
}
