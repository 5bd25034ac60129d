/* SPDX-License-Identifier: MIT */
/*
 * The warden sleeps in one read() of a pipe that only the other process can write to.
 */
#include "slot/warden.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

static _Noreturn void watch(int lifeline)
{
	char byte;

	setpgid(0, 0);
	/* whoever waits for the end of our standard output must not wait for this */
	dup2(lifeline, 0);
	syscall(SYS_close_range, 1, ~0u, 0);
	while (read(0, &byte, 1) < 0 && errno == EINTR)
		;
	kill(0, SIGKILL);
	_exit(0);
}

int warden_start(struct warden *w, struct sigslot_error *err)
{
	sigset_t all, before;
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return fail_errno(err, "cannot make a pipe");
	/* no signal but KILL is for the warden */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	pid = fork();
	if (pid == 0) {
		close(fds[1]);
		watch(fds[0]);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(fds[0]);
	if (pid < 0) {
		close(fds[1]);
		return fail_errno(err, "cannot start a process");
	}
	setpgid(pid, pid); /* whoever of us comes first */
	*w = (struct warden){.group = pid, .lifeline = fds[1]};
	return 0;
}

void warden_signal(const struct warden *w, int sig)
{
	kill(-w->group, sig);
}

void warden_end(struct warden *w)
{
	if (!w->group)
		return;
	kill(-w->group, SIGKILL);
	fd_close(&w->lifeline);
	while (waitpid(w->group, NULL, 0) < 0 && errno == EINTR)
		;
	*w = (struct warden){0};
}
