/* SPDX-License-Identifier: MIT */
/*
 * A worker whose supervisor has gone ends its commands, and itself, at once.
 */
#include "worker/orphan.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "slot/slot.h"
#include "worker/stray.h"

enum { DEAF_US = 300 * 1000 };
enum { LAST_LOOK_NS = 5 * 1000 * 1000, LAST_WAIT_NS = 400 * 1000 * 1000 };

static void set_alarm(suseconds_t us)
{
	struct itimerval in = {.it_value.tv_usec = us};

	setitimer(ITIMER_REAL, &in, NULL);
}

/*
 * Looking through all processes takes long where there are many, so of the workers that
 * die with their supervisor only the last one does it, for the whole run. Who gave its
 * place back starts no more commands; who still has it after a while, as it is stopped
 * or hears nothing, is not waited for.
 */
static void hunt_strays(struct worker *w)
{
	const struct timespec pause = {.tv_nsec = LAST_LOOK_NS};
	uint64_t deadline = clock_now() + LAST_WAIT_NS;
	const char *process = NULL;
	bool waited = false;

	identity_close(w->identity);
	while (!process && identity_held(w->world->dir)) {
		waited = true;
		if (clock_now() >= deadline)
			process = w->world->plan->processes[w->index].name;
		else
			nanosleep(&pause, NULL);
	}
	if (process || !waited)
		stray_kill(w->world->run, process);
}

_Noreturn void orphan_die(struct worker *w)
{
	signal(SIGUSR1, SIG_IGN);
	set_alarm(0);
	slot_kill_all(SIGKILL);
	hunt_strays(w);
	_exit(1);
}

/* The channel says so, too, unless a plugin keeps the loop from hearing it. */
static void parent_died(int sig)
{
	(void)sig;
	slot_kill_all(SIGKILL);
	set_alarm(DEAF_US);
}

static void still_deaf(int sig)
{
	(void)sig;
	slot_kill_all(SIGKILL);
	_exit(1);
}

void orphan_arm(void)
{
	struct sigaction death = {.sa_handler = parent_died, .sa_flags = SA_RESTART};

	signal(SIGALRM, still_deaf);
	sigaction(SIGUSR1, &death, NULL);
	prctl(PR_SET_PDEATHSIG, SIGUSR1);
}
