/* SPDX-License-Identifier: MIT */
/*
 * Which signals are not at their default.
 */
#include "base/signals.h"

#include <signal.h>

#include "tap.h"

static void caught(int sig)
{
	(void)sig;
}

static uint64_t bit(int sig)
{
	return 1ULL << (sig - 1);
}

int main(void)
{
	uint64_t before = signals_changed(), set = bit(SIGUSR1) | bit(SIGRTMAX);

	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, caught);
	ok(signals_changed() == (before | bit(SIGUSR1) | bit(SIGUSR2)),
	   "what is ignored or has a handler is not at its default");
	signal(SIGUSR1, SIG_DFL);
	signal(SIGUSR2, SIG_DFL);
	ok(signals_changed() == before, "what is set back is");
	is_int(signals_take(&set), SIGUSR1, "a set gives the lowest first");
	is_int(signals_take(&set), SIGRTMAX, "then the next");
	ok(set == 0, "until it is empty");
	return done();
}
