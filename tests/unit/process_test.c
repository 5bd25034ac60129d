/* SPDX-License-Identifier: MIT */
/* Opening processes by their numbers. */
#include "base/process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

int main(void)
{
	struct pollfd end = {.events = POLLIN};
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	end.fd = process_open(pid);
	ok(end.fd >= 0, "a process that lives is opened");
	is_int(poll(&end, 1, 0), 0, "and is not over");
	kill(pid, SIGKILL);
	is_int(poll(&end, 1, 20000), 1, "its end is seen");
	is_int(process_open(pid), -ESRCH, "a zombie is not opened");
	waitpid(pid, NULL, 0);
	is_int(process_open(pid), -ESRCH, "nor is what is gone");
	is_int(process_open(0), -ESRCH, "0 is no process");
	is_int(process_open(-1), -ESRCH, "nor is -1");
	close(end.fd);
	return done();
}
