/* SPDX-License-Identifier: MIT */
/*
 * sigslot_save(): what runs, as a topology in a file.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "api/control.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"

enum { ANSWER_S = 10, SIZE_MOST = 64 << 20 };

static int find_directory(const char *file, char *ret, struct sigslot_error *err)
{
	const char *slash = strrchr(file, '/');
	_free_ char *directory =
		slash ? strndup(file, (size_t)(slash - file + 1)) : strdup(".");

	if (!directory)
		return fail(err, -ENOMEM, "out of memory");
	return realpath(directory, ret)
		       ? 0
		       : fail_errno(err, "cannot find the directory of %s", file);
}

static int check_directory(const char *file, const char *wanted,
			   struct sigslot_error *err)
{
	char directory[PATH_MAX];
	int r = find_directory(file, directory, err);

	if (r < 0 || strcmp(directory, wanted) == 0)
		return r;
	return fail(err, -EINVAL,
		    "relative paths of a topology begin at its directory: save it in "
		    "%s",
		    wanted);
}

/* As it was, if it is there; else as for any new file. */
static mode_t mode_of(const char *file)
{
	struct stat st;
	mode_t mask = umask(0);

	umask(mask);
	return stat(file, &st) == 0 ? st.st_mode & 0777 : 0666 & ~mask;
}

/* Whole or not at all, by way of a file beside it. */
static int write_file(const char *file, const struct buf *text,
		      struct sigslot_error *err)
{
	char fresh[PATH_MAX];
	_close_ int fd = -1;
	int r;

	snprintf(fresh, sizeof(fresh), "%s.XXXXXX", file);
	fd = mkostemp(fresh, O_CLOEXEC);
	if (fd < 0)
		return fail_errno(err, "cannot make a file beside %s", file);
	r = fd_write(fd, text->data, text->size);
	if (r == 0 &&
	    (fchmod(fd, mode_of(file)) < 0 || fsync(fd) < 0 || rename(fresh, file) < 0))
		r = -errno;
	if (r == 0)
		return 0;
	unlink(fresh);
	return fail(err, r, "cannot write %s: %s", file, strerror(-r));
}

int sigslot_save(const char *address, const char *file, struct sigslot_error *err)
{
	struct instance in = {.dir = -1};
	struct control_answer answer = {.fd = -1};
	_buf_ struct buf text = {0};
	_close_ int fd = -1;
	struct address a;
	int r = address_parse(address, &a, err);

	if (r == 0)
		r = instance_find(&a, &in, err);
	if (r == 0)
		r = control_ask(&in, json_pack("{s:i,s:s}", "v", 1, "op", "save"),
				clock_now() + ANSWER_S * NS_PER_S, &answer, err);
	instance_done(&in);
	fd = answer.fd;
	if (r < 0)
		return r;
	r = fd_read(fd, &text, SIZE_MOST);
	if (r < 0)
		return fail(err, r, "cannot read what is to be saved: %s",
			    strerror(-r));
	r = check_directory(file, answer.text, err);
	return r == 0 ? write_file(file, &text, err) : r;
}
