/* SPDX-License-Identifier: MIT */
/*
 * vfork and exec. Between them the child runs on the parent's memory: it makes system
 * calls and nothing else, and all signals are blocked until it has dispositions of its
 * own, so that no handler of the parent ever runs in it.
 */
#include "slot/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/signals.h"
#include "slot/groups.h"

struct fault {
	enum spawn_step step;
	int code; /* negative errno; 0: none */
};

/* What the kernel takes: all zero is SIG_DFL without flags on every machine. */
struct disposition {
	unsigned long words[8];
};

static const struct disposition at_default;

static uint64_t changed; /* the signals that are not at their default */
static bool looked, foreign;

static void look_at_signals(void)
{
	changed = signals_changed();
	looked = !foreign;
}

void spawn_distrust(void)
{
	foreign = true;
	looked = false;
}

/*
 * By the bare system call: the C library's wrapper, or a sanitizer's, keeps books in
 * memory that is still the parent's.
 */
static void default_signals(void)
{
	for (uint64_t left = changed; left;)
		syscall(SYS_rt_sigaction, signals_take(&left), &at_default, NULL,
			_NSIG / 8);
}

static void place_descriptors(const int fds[4])
{
	int len = fds[3] < 0 ? 3 : 4, high[4];

	/* out of the way first: this process may itself have had 0, 1 or 2 closed */
	for (int i = 0; i < len; i++)
		high[i] = fds[i] >= len ? fds[i] : fcntl(fds[i], F_DUPFD_CLOEXEC, len);
	for (int i = 0; i < len; i++)
		dup2(high[i], i);
	syscall(SYS_close_range, len, ~0u, CLOSE_RANGE_CLOEXEC);
}

static _Noreturn void child(const struct spawn *c, volatile struct fault *fault,
			    pid_t parent)
{
	sigset_t none;

	if (setpgid(0, c->group) < 0) {
		fault->code = -errno;
		_exit(127);
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	default_signals();
	place_descriptors(c->fds);
	if (c->nice)
		(void)!nice(c->nice);
	if (chdir(c->directory) < 0) {
		fault->step = SPAWN_DIRECTORY;
	} else {
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		execve(c->file, c->argv, c->envp);
		fault->step = SPAWN_EXEC;
	}
	fault->code = -errno;
	_exit(127);
}

/* Apart, so that no variable of a caller lives in registers across the vfork. */
static __attribute__((noinline)) pid_t fork_child(const struct spawn *c,
						  volatile struct fault *fault)
{
	pid_t parent = getpid();
	pid_t pid = vfork();

	if (pid == 0)
		child(c, fault, parent);
	return pid;
}

int spawn_start(const struct spawn *c, pid_t *ret_pid, enum spawn_step *ret_step)
{
	volatile struct fault fault = {.step = SPAWN_FORK};
	sigset_t all, before;
	pid_t pid;

	*ret_step = SPAWN_FORK;
	if (!looked)
		look_at_signals();
	if (groups_reserve() < 0)
		return -ENOMEM;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	pid = fork_child(c, &fault);
	if (pid < 0)
		fault.code = -errno;
	else if (!fault.code && !c->group)
		groups_add(pid, c->owner);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (!fault.code) {
		*ret_pid = pid;
		return 0;
	}
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	*ret_step = fault.step;
	return fault.code;
}
