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

/* A few: to call qsort() would bring in a page of the C library in each worker. */
static void sort(int *fds, size_t len)
{
	for (size_t i = 1; i < len; i++)
		for (size_t k = i; k && fds[k] < fds[k - 1]; k--) {
			int lower = fds[k];

			fds[k] = fds[k - 1];
			fds[k - 1] = lower;
		}
}

void process_close_others(int *keep, size_t len)
{
	unsigned from = 3;

	sort(keep, len);
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
