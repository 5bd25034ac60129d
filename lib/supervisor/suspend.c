/* SPDX-License-Identifier: MIT */
/*
 * The whole tree stands still and goes on together, as any other job of a shell.
 */
#include "supervisor/suspend.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"

enum { LOOK_NS = 1000000, PATIENCE_NS = 500000000 };

static void tell(struct supervisor *s, int sig)
{
	for (uint32_t i = 0; i < s->plan->processes_len; i++)
		child_kill(&s->hands[i].child, sig);
}

static bool stands(const struct hand *h)
{
	siginfo_t info = {0};

	return !h->alive ||
	       waitid(P_PID, (id_t)h->child.pid, &info,
		      WSTOPPED | WEXITED | WNOHANG | WNOWAIT) < 0 ||
	       info.si_pid;
}

/*
 * Who was told to go on before it stood still would stop afterwards, for good. One that
 * cannot stop, as it waits for a disk, is not waited for.
 */
static void await(const struct supervisor *s)
{
	const struct timespec pause = {.tv_nsec = LOOK_NS};
	uint64_t deadline = clock_after(clock_now(), PATIENCE_NS);

	for (uint32_t i = 0; i < s->plan->processes_len; i++)
		while (!stands(&s->hands[i]) && clock_now() < deadline)
			nanosleep(&pause, NULL);
}

/*
 * As if nobody had caught it, so that the shell sees what it is. Where no shell could
 * let it go on, in an orphaned process group, the kernel does nothing, and it goes on.
 * So it does if it was told to meanwhile: that waits as long as nobody has read it.
 */
static void stop_here(void)
{
	sigset_t set;

	if (sigpending(&set) == 0 && sigismember(&set, SIGCONT))
		return;
	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	raise(SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

void suspend_all(struct supervisor *s)
{
	tell(s, SIGTSTP);
	await(s);
	stop_here();
	tell(s, SIGCONT);
}
