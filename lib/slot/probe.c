/* SPDX-License-Identifier: MIT */
/*
 * A child loads the plugin and tells over a pipe how that went; its silence tells, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/process.h"
#include "slot/plugin.h"

enum { PATIENCE_S = 5 };

static _Noreturn void load(const char *directory, const char *file, int out)
{
	struct sigslot_error told = {0};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	told.code = plugin_try(directory, file, &told);
	fd_write(out, &told, sizeof(told));
	_exit(0);
}

/* 1: it told something, or has ended; 0: it takes too long. */
static int await(int fd)
{
	uint64_t deadline = clock_now() + PATIENCE_S * NS_PER_S;
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int r;

	do {
		r = poll(&p, 1, clock_poll_ms(clock_now(), deadline));
	} while (r < 0 && errno == EINTR);
	return r;
}

static int hear(int fd, pid_t child, const char *file, struct sigslot_error *err)
{
	struct sigslot_error told = {0};
	bool late = await(fd) == 0;
	ssize_t n;

	if (late)
		kill(child, SIGKILL);
	n = read(fd, &told, sizeof(told)); /* less than a pipe takes at once */
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	if (n == (ssize_t)sizeof(told))
		return told.code < 0 ? fail(err, told.code, "%s", told.text) : 0;
	return fail(err, -EINVAL,
		    late ? "plugin '%s' is not loaded within %d seconds"
			 : "to load plugin '%s' ends the process",
		    file, PATIENCE_S);
}

int plugin_probe(const char *directory, const char *file, struct sigslot_error *err)
{
	int ends[2], r;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail_errno(err, "cannot make a pipe");
	pid = process_fork();
	if (pid == 0)
		load(directory, file, ends[1]);
	fd_close(&ends[1]);
	r = pid < 0 ? fail_errno(err, "cannot try plugin '%s'", file)
		    : hear(ends[0], pid, file, err);
	fd_close(&ends[0]);
	return r;
}
