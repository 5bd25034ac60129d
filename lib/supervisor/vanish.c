/* SPDX-License-Identifier: MIT */
/*
 * The kernel tells of each name that goes from the directory, and that is asleep until
 * then. Of a directory that is open it does not tell that it has gone itself: the lock
 * goes with it, and is the one file that nobody removes while it is held.
 */
#include "supervisor/vanish.h"

#include <stdio.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"

static bool gone(const struct supervisor *s)
{
	struct stat st;

	return fstat(s->home.lock, &st) == 0 && !st.st_nlink;
}

static void changed(struct watch *w, uint32_t events)
{
	struct supervisor *s = container_of(w, struct supervisor, vanish);
	char drain[4096];

	(void)events;
	while (read(w->fd, drain, sizeof(drain)) > 0)
		;
	if (!gone(s))
		return;
	vanish_close(s);
	if (!s->options->detached) {
		log_line("sigslot",
			 "the directory of '%s' has been removed: it goes on, but no "
			 "command reaches it, and what it leaves is lost",
			 s->plan->name);
		return;
	}
	log_line("sigslot",
		 "stopping '%s' in the order of its flow: its directory has been "
		 "removed, and no command reaches it any more",
		 s->plan->name);
	stop_begin(s, false);
}

void vanish_open(struct supervisor *s)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", s->world.dir);
	if (fd >= 0 && inotify_add_watch(fd, path, IN_DELETE) >= 0 &&
	    loop_watch(&s->loop, &s->vanish, fd, EPOLLIN, changed) == 0)
		return;
	fd_close(&fd);
}

void vanish_close(struct supervisor *s)
{
	int fd = s->vanish.fd;

	if (!s->vanish.loop)
		return;
	loop_unwatch(&s->vanish);
	fd_close(&fd);
}
