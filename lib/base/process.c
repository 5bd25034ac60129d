/* SPDX-License-Identifier: MIT */
/*
 * Processes by their numbers.
 */
#include "base/process.h"

#include <errno.h>
#include <poll.h>
#include <sys/single_threaded.h>
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

pid_t process_fork(void)
{
	return __libc_single_threaded ? _Fork() : fork();
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

void process_close_others(int *keep, size_t len)
{
	unsigned from = 3;

	qsort(keep, len, sizeof(*keep), by_number);
	for (size_t i = 0; i < len; i++) {
		unsigned kept = (unsigned)keep[i];

		if (keep[i] < (int)from)
			continue; /* standard, or not open */
		if (kept > from)
			close_range(from, kept - 1, 0);
		from = kept + 1;
	}
	close_range(from, ~0u, 0);
}
