/* SPDX-License-Identifier: MIT */
/*
 * Processes by their numbers.
 */
#include "base/process.h"

#include <errno.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

int process_open(pid_t pid)
{
	_close_ int fd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
	struct pollfd end = {.fd = fd, .events = POLLIN};

	if (pid <= 0)
		return -ESRCH;
	if (fd < 0)
		return -errno;
	return poll(&end, 1, 0) == 1 ? -ESRCH : TAKE_FD(fd);
}
