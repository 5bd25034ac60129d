/* SPDX-License-Identifier: MIT */
/*
 * What is ours alone, and what is to be done if it is not.
 */
#include "state/private.h"

#include <fcntl.h>
#include <sys/stat.h>

static int judge(int fd, const char *path, const char *variable,
		 struct sigslot_error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail_errno(err, "cannot look at '%s'", path);
	if (st.st_uid != geteuid())
		return fail(err, -EPERM,
			    "'%s' belongs to user %u, not to you (%u): set "
			    "%s to a directory of your own",
			    path, (unsigned)st.st_uid, (unsigned)geteuid(), variable);
	if (st.st_mode & 077)
		return fail(err, -EPERM,
			    "'%s' is open to others (mode %03o): chmod 700 it, or set "
			    "%s to a private directory",
			    path, (unsigned)st.st_mode & 0777, variable);
	return 0;
}

int private_open(int dir, const char *path, bool create, const char *variable,
		 int *ret_dir, struct sigslot_error *err)
{
	_close_ int fd = -1;
	int r;

	if (create && mkdirat(dir, path, 0700) < 0 && errno != EEXIST)
		return fail_errno(err, "cannot make the directory '%s'", path);
	fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
		return fail(err, -EPERM, "'%s' is not a directory", path);
	if (fd < 0)
		return fail_errno(err, "cannot open the directory '%s'", path);
	r = judge(fd, path, variable, err);
	if (r < 0)
		return r;
	*ret_dir = TAKE_FD(fd);
	return 0;
}
