/* SPDX-License-Identifier: MIT */
/*
 * Doorbells. The order of the stores around the system calls is the whole point.
 */
#include "queue/bell.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "queue/fault.h"

static void set(uint32_t *word, uint32_t value)
{
	/* release, so that no kill sees it out of order with the system calls */
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

void bell_ring(uint32_t *word, int fd)
{
	ssize_t n;

	if (__atomic_load_n(word, __ATOMIC_RELAXED) == BELL_RUNG)
		return;
	set(word, BELL_UNKNOWN);
	do
		n = write(fd, "!", 1);
	while (n < 0 && errno == EINTR);
	if (n == 1 || errno == EAGAIN)
		set(word, BELL_RUNG);
}

void bell_hush(uint32_t *word, int fd)
{
	char tokens[64];
	ssize_t n;

	if (__atomic_load_n(word, __ATOMIC_RELAXED) == BELL_SILENT)
		return;
	if (!FAULTY(FAULT_DRAIN_UNMARKED))
		set(word, BELL_UNKNOWN);
	do
		n = read(fd, tokens, sizeof(tokens));
	while (n == sizeof(tokens) || (n < 0 && errno == EINTR));
	set(word, BELL_SILENT);
}

void bell_doubt(uint32_t *word, int fd)
{
	int tokens = 0;

	ioctl(fd, FIONREAD, &tokens);
	set(word, tokens > 0 ? BELL_RUNG : BELL_UNKNOWN);
}
