/* SPDX-License-Identifier: MIT */
/*
 * What is ignored when a run begins stays so.
 */
#include "supervisor/heed.h"

#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/log.h"
#include "supervisor/reload.h"
#include "supervisor/suspend.h"

/* Orphans of our workers became our children: they are only buried. */
static void reap_orphans(struct supervisor *s)
{
	siginfo_t info;

	for (;;) {
		struct hand *own = NULL;

		info.si_pid = 0;
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
		    !info.si_pid)
			return;
		for (uint32_t i = 0; i < s->plan->processes_len; i++)
			if (s->hands[i].alive && s->hands[i].child.pid == info.si_pid)
				own = &s->hands[i];
		if (own)
			own->child.watch.ready(&own->child.watch, EPOLLIN);
		else
			waitpid(info.si_pid, NULL, WNOHANG);
	}
}

static void interrupted(struct supervisor *s, int sig)
{
	if (sig == SIGTSTP)
		suspend_all(s);
	if (sig == SIGTSTP || sig == SIGCONT)
		return;
	if (sig == SIGHUP && s->options->detached) {
		reload_hang_up(s);
		return;
	}
	if (s->interrupts++ == 0)
		log_line("sigslot",
			 "stopping '%s' in the order of its flow; once more to "
			 "stop it at once",
			 s->plan->name);
	stop_begin(s, s->interrupts > 1);
	if (s->interrupts > 2)
		hand_kill_all(s);
}

static void signalled(struct watch *w, uint32_t events)
{
	struct supervisor *s = container_of(w, struct supervisor, signals);
	struct signalfd_siginfo info;

	(void)events;
	while (read(w->fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			reap_orphans(s);
		else
			interrupted(s, (int)info.ssi_signo);
	}
}

int heed_open(struct supervisor *s, struct sigslot_error *err)
{
	struct sigaction old;
	sigset_t set;
	int fd, r;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGCHLD);
	if (sigaction(SIGHUP, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
		sigaddset(&set, SIGHUP); /* nohup stays nohup */
	sigaddset(&set, SIGCONT);
	if (sigaction(SIGTSTP, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
		sigaddset(&set, SIGTSTP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return fail_errno(err, "cannot watch for signals");
	r = loop_watch(&s->loop, &s->signals, fd, EPOLLIN, signalled);
	return r < 0 ? fail(err, r, "cannot watch for signals: %s", strerror(-r)) : 0;
}

void heed_close(struct supervisor *s)
{
	int fd = s->signals.fd;

	if (!s->signals.loop)
		return;
	loop_unwatch(&s->signals);
	fd_close(&fd);
}
