/* SPDX-License-Identifier: MIT */
/*
 * One alarm. The sentence is made beforehand, as a signal handler may only write.
 */
#include "slow.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATIENCE = 5 };

static char text[512];
static size_t text_size;
static volatile sig_atomic_t told;

static void tell(int sig)
{
	(void)sig;
	told = 1;
	if (write(STDERR_FILENO, text, text_size) < 0)
		return; /* there is nobody left to tell */
}

void slow_prepare(const char *format, const char *name)
{
	static const struct sigaction action = {.sa_handler = tell,
						.sa_flags = SA_RESTART};
	size_t used = sizeof("sigslot: ") - 1;

	memcpy(text, "sigslot: ", used);
	snprintf(text + used, sizeof(text) - used - 1, format, name);
	strcat(text, "\n");
	text_size = strlen(text);
	sigaction(SIGALRM, &action, NULL);
}

void slow_begin(void)
{
	if (!told)
		alarm(PATIENCE);
}

void slow_end(void)
{
	alarm(0);
}
