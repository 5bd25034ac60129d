/* SPDX-License-Identifier: MIT */
/*
 * Whole reads and writes: lib/base/fd.c.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "tap.h"

enum { BIG = 3000000 };

static char big[BIG];

static void closing(void)
{
	int fd = open("/dev/null", O_RDONLY), was = fd;

	errno = ENOENT;
	fd_close(&fd);
	is_int(fd, -1, "a closed descriptor is -1");
	ok(fcntl(was, F_GETFD) < 0 && errno == EBADF, "and really closed");
	errno = ENOENT;
	fd_close(&fd);
	is_int(errno, ENOENT, "closing keeps errno, also of what is not open");
}

static void interrupted(int sig)
{
	(void)sig;
}

/* A child reads all of it slowly enough for the pipe to be full most of the time. */
static void pipes(void)
{
	struct sigaction sa = {.sa_handler = interrupted};
	_buf_ struct buf b = {0};
	int fds[2], status;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		BAIL("no pipe");
	sigaction(SIGUSR1, &sa, NULL);
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		for (int i = 0; i < 20; i++)
			kill(getppid(), SIGUSR1);
		_exit(fd_write(fds[1], big, BIG) == 0 ? 0 : 1);
	}
	close(fds[1]);
	buf_add_text(&b, "before ");
	is_int(fd_read(fds[0], &b, BIG), 0,
	       "a pipe is read to its end, signals or not");
	ok(b.size == BIG + 7 && memcmp(b.data + 7, big, BIG) == 0,
	   "all of it arrives, behind what the buffer held");
	waitpid(pid, &status, 0);
	is_int(status, 0, "the writer wrote all of it");
	close(fds[0]);
	signal(SIGPIPE, SIG_IGN);
	if (pipe2(fds, O_CLOEXEC) < 0)
		BAIL("no pipe");
	close(fds[0]);
	is_int(fd_write(fds[1], "x", 1), -EPIPE, "writing to nobody is told");
	close(fds[1]);
}

static void files(void)
{
	char dir[] = "/tmp/fd_test.XXXXXX";
	struct sigslot_error err = {0};
	_buf_ struct buf b = {0};
	int at, fd;

	if (!mkdtemp(dir))
		BAIL("no directory");
	at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fd = openat(at, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	is_int(fd_write(fd, big, 100000), 0, "a file is written");
	close(fd);
	is_int(fd_read_file(at, "file", 100000, &b, &err), 0,
	       "a file of exactly the limit is read");
	is_bytes(b.data, b.size, big, 100000u, "whole");
	buf_done(&b);
	is_int(fd_read_file(at, "file", 99999, &b, &err), -EFBIG,
	       "one byte more than the limit is refused");
	is_str(err.text, "'file' is larger than 99999 bytes", "with the limit");
	is_int(fd_read_file(at, "none", 1, &b, &err), -ENOENT, "what is not there too");
	is_str(err.text, "cannot open 'none': No such file or directory", "by name");
	is_int(fd_read_file(at, ".", 1, &b, &err), -EISDIR, "a directory is no file");
	is_str(err.text, "cannot read '.': Is a directory", "which is said");
	buf_done(&b);
	is_int(fd_read_file(AT_FDCWD, "/dev/null", 0, &b, NULL), 0,
	       "an empty device is read");
	is_str(b.data, "", "as an empty string");
	unlinkat(at, "file", 0);
	close(at);
	rmdir(dir);
}

int main(void)
{
	for (int i = 0; i < BIG; i++)
		big[i] = (char)(i * 31 + i / 256);
	closing();
	pipes();
	files();
	return done();
}
