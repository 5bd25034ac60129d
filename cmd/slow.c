/* SPDX-License-Identifier: MIT */
/*
 * One alarm. The sentence is made beforehand, as a signal handler may only write.
 */
#include "slow.h"

#include <signal.h>
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

static void append(const char *what)
{
	size_t room = sizeof(text) - 1 - text_size, size = strnlen(what, room);

	memcpy(text + text_size, what, size);
	text_size += size;
}

void slow_prepare(const char *what, const char *name)
{
	static const struct sigaction action = {.sa_handler = tell,
						.sa_flags = SA_RESTART};

	append("sigslot: ");
	append(what);
	append(name);
	text[text_size++] = '\n';
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
