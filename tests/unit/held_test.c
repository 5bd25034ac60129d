/* SPDX-License-Identifier: MIT */
/*
 * Signals that wait while a call tidies up.
 */
#include "base/held.h"

#include <unistd.h>

#include "tap.h"

static volatile sig_atomic_t seen;

static void caught(int sig)
{
	seen = sig;
}

int main(void)
{
	struct held h;
	int fds[2];

	if (held_open(&h, NULL) < 0 || pipe(fds) < 0)
		return 1;
	signal(SIGTERM, caught);
	close(fds[0]);
	held_begin(&h);
	ok(write(fds[1], "x", 1) < 0 && errno == EPIPE,
	   "a pipe without a reader is an error");
	is_int(held_take(&h), 0, "and no signal that came");
	raise(SIGTERM);
	is_int(held_take(&h), SIGTERM, "one that came is told");
	is_int(held_take(&h), 0, "once");
	ok(write(fds[1], "x", 1) < 0, "a second one is one, too");
	raise(SIGTERM);
	is_int(seen, 0, "one that nobody took waits");
	held_end(&h);
	is_int(seen, SIGTERM, "until the end");
	ok(true, "and a pipe without a reader has killed nobody");
	close(fds[1]);
	held_close(&h);
	return done();
}
