/* SPDX-License-Identifier: MIT */
/*
 * Commands that slipped away. It reads /proc, and signals by pidfd alone.
 */
#include "worker/stray.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"

enum { ENVIRON_MOST = 4 << 20, LOOKS_MOST = 8 };
enum { DEATH_MS = 100, UNSURE_NS = 1000000, DOUBTS_MOST = 2 };

static bool has(const struct buf *environment, const char *name, const char *value)
{
	size_t name_size = strlen(name);
	const char *at = environment->data, *end = at + environment->size;

	for (; at && at < end; at += strlen(at) + 1)
		if (strncmp(at, name, name_size) == 0 && at[name_size] == '=')
			return strcmp(at + name_size + 1, value) == 0;
	return false;
}

/*
 * Returns 1, 0, or -1: it has no environment at the moment, as when it is just becoming
 * another program. Kernel threads and zombies never have one, nor a program.
 */
static int marked(int proc, const char *pid, const char *run, const char *process)
{
	_buf_ struct buf environment = {0};
	char path[64], program[1];

	snprintf(path, sizeof(path), "%s/environ", pid);
	if (fd_read_file(proc, path, ENVIRON_MOST, &environment, NULL) < 0)
		return 0;
	if (!environment.size) {
		snprintf(path, sizeof(path), "%s/exe", pid);
		return readlinkat(proc, path, program, sizeof(program)) < 0 ? 0 : -1;
	}
	return has(&environment, STRAY_MARK, run) &&
	       (!process || has(&environment, "SIGSLOT_PROCESS", process));
}

/* Returns 1 if it was killed, 0 if it is a stranger, -1 if that cannot be told now. */
static int kill_one(int proc, const char *name, const char *run, const char *process)
{
	struct pollfd end = {.events = POLLIN};
	_close_ int pidfd = -1;
	int r = marked(proc, name, run, process);

	if (r <= 0)
		return r;
	pidfd = (int)syscall(SYS_pidfd_open, atoi(name), 0);
	if (pidfd < 0)
		return 0;
	r = marked(proc, name, run, process);
	if (r <= 0 || syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0) < 0)
		return r < 0 ? r : 0;
	/* while it dies it still shows its mark, and would be found again */
	end.fd = pidfd;
	poll(&end, 1, DEATH_MS);
	return 1;
}

/* Returns how many were killed; *ret_unsure: not every process could be judged. */
static int kill_marked(DIR *proc, const char *run, const char *process,
		       bool *ret_unsure)
{
	struct dirent *entry;
	int killed = 0;

	*ret_unsure = false;
	while ((entry = readdir(proc))) {
		int r;

		if (entry->d_name[0] < '1' || entry->d_name[0] > '9' ||
		    atoi(entry->d_name) == getpid())
			continue;
		r = kill_one(dirfd(proc), entry->d_name, run, process);
		killed += r > 0;
		*ret_unsure = *ret_unsure || r < 0;
	}
	return killed;
}

/* One that forks while we look may be behind us already: until nobody is found. */
int stray_kill(const char *run, const char *process)
{
	const struct timespec pause = {.tv_nsec = UNSURE_NS};
	DIR *proc = *run ? opendir("/proc") : NULL;
	int killed = 0, more = 1, doubts = 0;

	for (int looks = 0; proc && more && looks < LOOKS_MOST; looks++) {
		bool unsure;

		more = kill_marked(proc, run, process, &unsure);
		killed += more;
		rewinddir(proc);
		if (!more && unsure && doubts++ < DOUBTS_MOST)
			more = nanosleep(&pause, NULL) == 0;
	}
	if (proc)
		closedir(proc);
	return killed;
}
