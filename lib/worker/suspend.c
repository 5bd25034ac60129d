/* SPDX-License-Identifier: MIT */
/*
 * Workers and commands have process groups of their own, so the terminal's signal does
 * not come to them: the supervisor passes it on, see supervisor/suspend.c.
 */
#include "worker/suspend.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "slot/slot.h"

static void suspended(int sig)
{
	int saved = errno;

	(void)sig;
	slot_kill_all(SIGSTOP);
	kill(getpid(), SIGSTOP); /* returns when somebody lets it go on */
	slot_kill_all(SIGCONT);
	errno = saved;
}

void suspend_arm(void)
{
	const struct sigaction stop = {.sa_handler = suspended, .sa_flags = SA_RESTART};

	sigaction(SIGTSTP, &stop, NULL);
}
