/* SPDX-License-Identifier: MIT */
/*
 * Commands that slipped away. It reads /proc, and signals by pidfd alone.
 */
#include "worker/stray.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"

enum { ENVIRON_MOST = 4 << 20, LOOKS_MOST = 8 };

static bool has(const struct buf *environment, const char *name, const char *value)
{
	size_t name_size = strlen(name);
	const char *at = environment->data, *end = at + environment->size;

	for (; at && at < end; at += strlen(at) + 1)
		if (strncmp(at, name, name_size) == 0 && at[name_size] == '=')
			return strcmp(at + name_size + 1, value) == 0;
	return false;
}

static bool marked(int proc, const char *pid, const char *run, const char *process)
{
	_buf_ struct buf environment = {0};
	char path[64];

	snprintf(path, sizeof(path), "%s/environ", pid);
	if (fd_read_file(proc, path, ENVIRON_MOST, &environment, NULL) < 0)
		return false;
	return has(&environment, STRAY_MARK, run) &&
	       (!process || has(&environment, "SIGSLOT_PROCESS", process));
}

static int kill_one(int proc, const char *name, const char *run, const char *process)
{
	_close_ int pidfd = -1;

	if (!marked(proc, name, run, process))
		return 0;
	pidfd = (int)syscall(SYS_pidfd_open, atoi(name), 0);
	if (pidfd < 0 || !marked(proc, name, run, process))
		return 0;
	return syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0) == 0;
}

static int kill_marked(DIR *proc, const char *run, const char *process)
{
	struct dirent *entry;
	int killed = 0;

	while ((entry = readdir(proc)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
		    atoi(entry->d_name) != getpid())
			killed += kill_one(dirfd(proc), entry->d_name, run, process);
	return killed;
}

/* One that forks while we look may be behind us already: until nobody is found. */
int stray_kill(const char *run, const char *process)
{
	DIR *proc = opendir("/proc");
	int killed = 0, more = 1;

	for (int looks = 0; proc && more && looks < LOOKS_MOST; looks++) {
		more = kill_marked(proc, run, process);
		killed += more;
		rewinddir(proc);
	}
	if (proc)
		closedir(proc);
	return killed;
}
