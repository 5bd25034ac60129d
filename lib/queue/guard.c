/* SPDX-License-Identifier: MIT */
/*
 * The handler of SIGBUS, and the list of mappings that it looks at. Whoever changes the
 * list touches no queue meanwhile, so the handler never finds it half changed by its
 * own thread.
 */
#include "queue/guard.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

enum { STATUS = 70, TEXT = 256 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct guard *guards;
static struct sigaction before;
static bool installed;

static const struct guard *find(const char *at)
{
	/* pairs with the release in guard_add() */
	const struct guard *g = __atomic_load_n(&guards, __ATOMIC_ACQUIRE);

	while (g && (at < (const char *)g->at || at >= (const char *)g->at + g->size))
		g = g->next;
	return g;
}

static size_t append(char *to, size_t len, const char *text)
{
	size_t size = strnlen(text, TEXT - len);

	memcpy(to + len, text, size);
	return len + size;
}

/* Only what is allowed in a handler of signals. */
static void tell(const char *name)
{
	char text[TEXT];
	size_t len = append(text, 0, "sigslot: queue '");

	len = append(text, len, name);
	len = append(text, len,
		     "' is damaged: its file was cut off while it was in use\n");
	if (write(STDERR_FILENO, text, len) < 0)
		_exit(STATUS);
}

/* Not ours: the access is repeated; a signal that was sent is sent again. */
static void end_as_before(const siginfo_t *info)
{
	sigaction(SIGBUS, &before, NULL);
	if (info->si_code <= 0)
		raise(SIGBUS);
}

static void caught(int signal, siginfo_t *info, void *context)
{
	const struct guard *g = info->si_code > 0 ? find(info->si_addr) : NULL;

	if (g) {
		tell(g->name);
		_exit(STATUS);
	}
	if (before.sa_flags & SA_SIGINFO)
		before.sa_sigaction(signal, info, context);
	else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN)
		before.sa_handler(signal);
	else
		end_as_before(info);
}

static void install(void)
{
	struct sigaction action = {.sa_sigaction = caught, .sa_flags = SA_SIGINFO};

	sigemptyset(&action.sa_mask);
	installed = sigaction(SIGBUS, &action, &before) == 0;
}

void guard_add(struct guard *g, const void *at, size_t size, const char *name)
{
	*g = (struct guard){.at = at, .size = size, .name = name};
	pthread_mutex_lock(&lock);
	if (!installed)
		install();
	g->next = guards;
	/* release: whole before it is found; pairs with the acquire in find() */
	__atomic_store_n(&guards, g, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&lock);
}

void guard_remove(struct guard *g)
{
	struct guard **at = &guards;

	pthread_mutex_lock(&lock);
	while (*at && *at != g)
		at = &(*at)->next;
	if (*at)
		__atomic_store_n(at, g->next, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&lock);
}
