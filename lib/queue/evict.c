/* SPDX-License-Identifier: MIT */
/*
 * Ends the workers that outlived their run. The kernel says who holds which byte, and
 * is asked again once the process is pinned down, so no stranger is ever hit.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "queue/identity.h"

enum { PAUSE_NS = 5000000, DEATH_MS = 2000 };

/* Who holds a fixed place: 0 = nobody, -EBUSY = one of another pid namespace. */
static pid_t holder(int fd)
{
	struct flock fixed = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = 1,
		.l_len = IDENTITY_FIXED - 1,
	};

	if (fcntl(fd, F_GETLK, &fixed) < 0)
		return -errno;
	if (fixed.l_type == F_UNLCK)
		return 0;
	return fixed.l_pid > 0 ? fixed.l_pid : -EBUSY;
}

static int end(int fd, pid_t pid)
{
	_close_ int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd death = {.fd = pidfd, .events = POLLIN};

	if (pidfd < 0 || holder(fd) != pid)
		return 0;
	if (syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0) < 0)
		return errno == ESRCH ? 0 : -errno;
	return poll(&death, 1, DEATH_MS) == 0 ? -EBUSY : 0;
}

int identity_evict(int dir, uint64_t patience_ns)
{
	_close_ int fd = openat(dir, "id", O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	const struct timespec pause = {.tv_nsec = PAUSE_NS};
	uint64_t deadline = clock_after(clock_now(), patience_ns);
	pid_t pid;
	int r = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	while (r == 0 && (pid = holder(fd)) != 0) {
		if (pid < 0)
			return (int)pid;
		if (clock_now() >= deadline)
			r = end(fd, pid);
		else
			nanosleep(&pause, NULL);
	}
	return r;
}

bool identity_used(int dir)
{
	_close_ int fd = openat(dir, "id", O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	struct flock any = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = 1,
		.l_len = IDENTITY_SLOTS,
	};

	if (fd < 0)
		return errno != ENOENT;
	return fcntl(fd, F_GETLK, &any) < 0 || any.l_type != F_UNLCK;
}

bool identity_held(int dir)
{
	_close_ int fd = openat(dir, "id", O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	return fd >= 0 && holder(fd) != 0;
}
