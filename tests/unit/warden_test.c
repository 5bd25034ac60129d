/* SPDX-License-Identifier: MIT */
/*
 * Wardens: whatever a command has started ends with the process that started it.
 */
#include "slot/warden.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "slot/spawn.h"
#include "tap.h"

/* Starts a command that leaves others in the background, all of which hold `out`. */
static int start(const struct warden *w, const char *text, int out, pid_t *ret_pid)
{
	char *const argv[] = {"sh", "-c", (char *)text, NULL};
	enum spawn_step step;
	struct spawn c = {
		.file = "/bin/sh",
		.argv = argv,
		.envp = environ,
		.directory = "/",
		.fds = {0, out, 2},
		.group = w->group,
	};

	return spawn_start(&c, ret_pid, &step);
}

static const char text[] = "sleep 100 & (sleep 100 & sleep 100) & echo up; wait";

/* Whether nobody holds the other end of the pipe any more. */
static bool ended(int from)
{
	struct pollfd p = {.fd = from, .events = POLLIN};
	char bytes[64];

	while (poll(&p, 1, 20000) == 1)
		if (read(from, bytes, sizeof(bytes)) <= 0)
			return true;
	return false;
}

static void open_pipe(int fds[2])
{
	if (pipe2(fds, 0) < 0)
		BAIL("no pipe");
}

static void owner_killed(void)
{
	int fds[2];
	char up[3];
	pid_t owner;

	open_pipe(fds);
	owner = fork();
	if (owner == 0) {
		struct warden w;
		pid_t pid;

		close(fds[0]);
		if (warden_start(&w, NULL) < 0 || start(&w, text, fds[1], &pid) < 0)
			_exit(1);
		for (;;)
			pause();
	}
	close(fds[1]);
	if (read(fds[0], up, sizeof(up)) != sizeof(up))
		BAIL("the command did not start");
	kill(owner, SIGKILL);
	waitpid(owner, NULL, 0);
	ok(ended(fds[0]),
	   "all that a command started ends with a process that is killed");
	close(fds[0]);
}

static void end_in_order(void)
{
	struct warden w;
	int fds[2], status;
	char up[3];
	pid_t pid;

	open_pipe(fds);
	is_int(warden_start(&w, NULL), 0, "a warden starts");
	is_int(start(&w, text, fds[1], &pid), 0, "a command joins its group");
	close(fds[1]);
	is_int(getpgid(pid), w.group, "which is the warden's");
	if (read(fds[0], up, sizeof(up)) != sizeof(up))
		BAIL("the command did not start");
	warden_signal(&w, SIGTERM);
	waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM,
	   "a signal reaches the command");
	is_int(kill(w.group, 0), 0, "and does not end the warden");
	warden_end(&w);
	ok(ended(fds[0]), "the end of the warden is that of all that is left");
	close(fds[0]);
	ok(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD,
	   "and nothing is left of it");
	warden_end(&w);
}

static void no_group(void)
{
	struct warden w = {.group = 1};
	pid_t pid;

	ok(start(&w, "true", 1, &pid) < 0, "a group that cannot be joined is an error");
}

int main(void)
{
	owner_killed();
	end_in_order();
	no_group();
	return done();
}
