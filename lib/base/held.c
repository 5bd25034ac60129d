/* SPDX-License-Identifier: MIT */
/*
 * A blocked SIGPIPE stays pending until somebody takes it: whoever unblocked it after
 * a last failed write would die of it.
 */
#include "base/held.h"

#include <sys/signalfd.h>
#include <time.h>

#include "base/fd.h"

int held_open(struct held *h, struct sigslot_error *err)
{
	static const int ours[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};

	sigemptyset(&h->set);
	for (size_t i = 0; i < ARRAY_LEN(ours); i++)
		sigaddset(&h->set, ours[i]);
	h->fd = signalfd(-1, &h->set, SFD_CLOEXEC | SFD_NONBLOCK);
	return h->fd < 0 ? fail_errno(err, "cannot watch for signals") : 0;
}

void held_close(struct held *h)
{
	fd_close(&h->fd);
}

void held_begin(struct held *h)
{
	sigprocmask(SIG_BLOCK, &h->set, &h->before);
}

void held_end(const struct held *h)
{
	const struct timespec at_once = {0};
	sigset_t pipe;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	sigtimedwait(&pipe, NULL, &at_once);
	sigprocmask(SIG_SETMASK, &h->before, NULL);
}

int held_take(const struct held *h)
{
	struct signalfd_siginfo info;

	if (read(h->fd, &info, sizeof(info)) != sizeof(info) ||
	    info.ssi_signo == SIGPIPE)
		return 0;
	return (int)info.ssi_signo;
}
