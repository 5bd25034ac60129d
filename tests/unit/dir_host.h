/* SPDX-License-Identifier: MIT */
/*
 * What tests share that need a private directory: made by dir_begin(), and removed with
 * all that stands in it by dir_end().
 */
#ifndef DIR_HOST_H
#define DIR_HOST_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "tap.h"

static char dir_path[64];
static int dir_fd;
static struct sigslot_error dir_err;

#define must(cond)                                                                \
	do {                                                                      \
		if (!(cond))                                                      \
			BAIL("%s: %s; %s", #cond, strerror(errno), dir_err.text); \
	} while (0)

__attribute__((unused)) static void dir_begin(void)
{
	snprintf(dir_path, sizeof(dir_path), "/tmp/sigslot-unit-XXXXXX");
	must(mkdtemp(dir_path));
	dir_fd = open(dir_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(dir_fd >= 0);
}

static int dir_remove_one(const char *path, const struct stat *st, int type,
			  struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

__attribute__((unused)) static void dir_end(void)
{
	close(dir_fd);
	must(nftw(dir_path, dir_remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0);
}

/* The path of a name in it; good until the fourth call from here. */
__attribute__((unused)) static const char *dir_sub(const char *name)
{
	static char paths[4][256];
	static unsigned turn;
	char *path = paths[turn++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", dir_path, name);
	return path;
}

/* The bytes of a file in it, and a file of these bytes. */
__attribute__((unused)) static struct buf dir_read(const char *name)
{
	struct buf b = {0};

	must(fd_read_file(dir_fd, name, 64 << 20, &b, &dir_err) == 0);
	return b;
}

__attribute__((unused)) static void dir_write(const char *name, const void *bytes,
					      size_t size)
{
	_close_ int fd = -1;

	/* a new file each time: a truncated one is written back when it is closed */
	unlinkat(dir_fd, name, 0);
	fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	must(fd >= 0 && fd_write(fd, bytes, size) == 0);
}

/* Runs fn in a child. Returns its exit status, or 128 + the signal that ended it. */
__attribute__((unused)) static int in_child(int (*fn)(void))
{
	pid_t pid = fork();
	int status;

	must(pid >= 0);
	if (!pid) {
		alarm(30);
		_exit(fn());
	}
	must(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#endif
