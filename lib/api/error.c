/* SPDX-License-Identifier: MIT */
/*
 * From negative errnos to exit statuses. sigslot(1) prints this table, and a test
 * compares the two.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "sigslot.h"

enum { EXIT_OS = 71 };

static const struct {
	int code, exit;
} exits[] = {
	{0, 0},
	{EINVAL, 64}, /* usage: malformed or ambiguous words */
	{EILSEQ, 65}, /* data: not JSON, not of the type */
	{EMSGSIZE, 65}, /* data: larger than can ever be taken */
	{EBADMSG, 65}, /* data: a damaged file */
	{ENOENT, 66}, /* no input */
	{EISDIR, 66},
	{ENOTDIR, 66},
	{ENXIO, 69}, /* no such instance, object, signal */
	{ESHUTDOWN, 69}, /* closed, stopping, dead */
	{ESRCH, 69}, /* a process that has ended */
	{ENOTRECOVERABLE, 70}, /* a bug of ours */
	{EEXIST, 73}, /* already running */
	{ENOSPC, 73},
	{EDQUOT, 73},
	{EFBIG, 73},
	{EROFS, 73},
	{EIO, 74},
	{EPIPE, 74},
	{EAGAIN, 75}, /* no room, also after waiting */
	{EBUSY, 75},
	{EPROTO, 76}, /* another version */
	{EPERM, 77},
	{EACCES, 77},
	{ENOEXEC, 78}, /* the topology is invalid */
	{ETIMEDOUT, 124},
};

int sigslot_error_exit(int code)
{
	for (size_t i = 0; i < ARRAY_LEN(exits); i++)
		if (exits[i].code == -code)
			return exits[i].exit;
	return EXIT_OS;
}
