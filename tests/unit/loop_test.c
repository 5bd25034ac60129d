/* SPDX-License-Identifier: MIT */
/*
 * Waiting in one thread: lib/loop/loop.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "loop/loop.h"
#include "tap.h"

/* One end of a pipe that is watched, and how often it was ready. */
struct end {
	struct watch watch;
	int in, out;
	int called;
	uint32_t seen;
	struct end *victim;
};

static struct loop loop;

static void ready(struct watch *w, uint32_t events)
{
	struct end *e = container_of(w, struct end, watch);

	e->called++;
	e->seen = events;
}

static void end_open(struct end *e)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		BAIL("no pipe");
	*e = (struct end){.in = fds[0], .out = fds[1]};
}

static void end_close(struct end *e)
{
	loop_unwatch(&e->watch);
	close(e->in);
	if (e->out >= 0)
		close(e->out);
}

static void say(struct end *e)
{
	if (write(e->out, "x", 1) != 1)
		BAIL("the pipe is full");
}

static void nothing(struct later *x)
{
	(void)x;
}

static void watches(void)
{
	struct later awake = {0};
	struct end e;
	char byte;

	end_open(&e);
	is_int(loop_watch(&loop, &e.watch, e.in, EPOLLIN, ready), 0,
	       "a pipe is watched");
	say(&e);
	loop_round(&loop);
	is_int(e.called, 1, "a byte makes it ready");
	ok(e.seen == EPOLLIN, "for reading");
	loop_round(&loop);
	is_int(e.called, 2, "as long as the byte is there");
	is_int(loop_rewatch(&e.watch, 0), 0, "it can be silenced");
	loop_later(&loop, &awake, nothing);
	loop_round(&loop);
	is_int(e.called, 2, "then it is not called");
	is_int(loop_rewatch(&e.watch, EPOLLIN), 0, "and listened to again");
	loop_round(&loop);
	is_int(e.called, 3, "then it is ready again");
	is_int(read(e.in, &byte, 1), 1, "the byte can be read");
	close(e.out);
	e.out = -1;
	loop_round(&loop);
	ok(e.called == 4 && e.seen & EPOLLHUP, "the end of the writer is told");
	end_close(&e);
	ok(!e.watch.loop, "an unwatched watch knows it");
	loop_unwatch(&e.watch);
	is_int(loop_rewatch(&e.watch, EPOLLIN), 0, "rewatching it does nothing");
}

static void refusals(void)
{
	struct watch w = {0}, again = {0};
	struct end e;

	end_open(&e);
	is_int(loop_watch(&loop, &w, -1, EPOLLIN, ready), -EBADF,
	       "what is not open is not watched");
	ok(!w.loop, "and the watch knows it");
	loop_watch(&loop, &e.watch, e.in, EPOLLIN, ready);
	is_int(loop_watch(&loop, &again, e.in, EPOLLIN, ready), -EEXIST,
	       "nor is a descriptor watched twice");
	loop_unwatch(&again);
	say(&e);
	loop_round(&loop);
	is_int(e.called, 1, "a refusal leaves the first watch alone");
	end_close(&e);
}

static void unwatch_both(struct watch *w, uint32_t events)
{
	struct end *e = container_of(w, struct end, watch);

	ready(w, events);
	loop_unwatch(&e->victim->watch);
	loop_unwatch(w);
}

static void rewatch_other(struct watch *w, uint32_t events)
{
	struct end *e = container_of(w, struct end, watch);

	ready(w, events);
	loop_unwatch(w);
	loop_watch(&loop, w, e->in, EPOLLIN, ready);
}

static void inside_callbacks(void)
{
	struct end a, b;

	end_open(&a);
	end_open(&b);
	a.victim = &b;
	b.victim = &a;
	loop_watch(&loop, &a.watch, a.in, EPOLLIN, unwatch_both);
	loop_watch(&loop, &b.watch, b.in, EPOLLIN, unwatch_both);
	say(&a);
	say(&b);
	loop_round(&loop);
	is_int(a.called + b.called, 1,
	       "of two that are ready, one that the other unwatches is not called");
	loop_watch(&loop, &a.watch, a.in, EPOLLIN, rewatch_other);
	a.called = 0;
	loop_round(&loop);
	is_int(a.called, 1, "a watch may be replaced by its own callback");
	loop_round(&loop);
	ok(a.called == 2 && a.watch.ready == ready, "and goes on as the new one");
	end_close(&a);
	end_close(&b);
}

/* Many more descriptors are ready than one round takes. */
static void many(void)
{
	static struct end e[200];
	int least = 1000, most = 0;

	for (int i = 0; i < 200; i++) {
		end_open(&e[i]);
		loop_watch(&loop, &e[i].watch, e[i].in, EPOLLIN, ready);
		say(&e[i]);
	}
	for (int i = 0; i < 16; i++)
		loop_round(&loop);
	for (int i = 0; i < 200; i++) {
		least = e[i].called < least ? e[i].called : least;
		most = e[i].called > most ? e[i].called : most;
		end_close(&e[i]);
	}
	ok(least > 0, "of 200 that stay ready none is starved");
	ok(most - least <= 1, "and they take turns (%d to %d calls)", least, most);
}

static char calls[32];

struct call {
	struct later later;
	char name;
	struct call *ask, *cancel;
};

static void called(struct later *x)
{
	struct call *c = container_of(x, struct call, later);

	strncat(calls, &c->name, 1);
	if (c->ask)
		loop_later(&loop, &c->ask->later, called);
	if (c->cancel)
		loop_later_cancel(&c->cancel->later);
}

static const char *round_of_calls(void)
{
	calls[0] = '\0';
	loop_round(&loop);
	return calls;
}

static void laters(void)
{
	struct call a = {.name = 'a'}, b = {.name = 'b'}, c = {.name = 'c'};

	loop_later(&loop, &a.later, called);
	loop_later(&loop, &b.later, called);
	loop_later(&loop, &a.later, called);
	is_str(round_of_calls(), "ab", "deferred calls come once each, in order");
	ok(!a.later.loop && !b.later.loop, "and are over then");
	a.ask = &a;
	loop_later(&loop, &a.later, called);
	loop_later(&loop, &b.later, called);
	is_str(round_of_calls(), "ab", "one that asks for itself waits for a round");
	a.ask = NULL;
	is_str(round_of_calls(), "a", "which comes without sleeping");
	a.ask = &b;
	a.cancel = &b;
	loop_later(&loop, &a.later, called);
	loop_later(&loop, &b.later, called);
	loop_later(&loop, &c.later, called);
	is_str(round_of_calls(), "ac",
	       "one that is cancelled by another is not called");
	ok(!b.later.loop && !loop.laters, "nothing is left of it");
	a.ask = a.cancel = NULL;
	loop_later(&loop, &a.later, called);
	loop_later(&loop, &b.later, called);
	loop_later(&loop, &c.later, called);
	loop_later_cancel(&c.later);
	loop_later_cancel(&c.later);
	loop_later_cancel(&a.later);
	loop_later(&loop, &a.later, called);
	is_str(round_of_calls(), "ba",
	       "first and last can be cancelled, and come back");
	b.cancel = &b;
	loop_later(&loop, &b.later, called);
	is_str(round_of_calls(), "b", "one may cancel itself when it is over");
}

struct alarm {
	struct timer timer;
	uint64_t at;
};

static void ring(struct timer *t, uint64_t now)
{
	container_of(t, struct alarm, timer)->at = now;
	loop_quit(&loop);
}

static void alarms(void)
{
	struct alarm a = {.timer.fire = ring};
	uint64_t due = clock_now() + 20 * NS_PER_MS;
	struct call c = {.name = 'c'};

	is_int(loop_arm(&loop, &a.timer, due), 0, "a timer is armed");
	is_int(loop_run(&loop), 0, "running ends when it is told to quit");
	ok(a.at >= due, "a timer fires when it is due, not before");
	loop_arm(&loop, &a.timer, 0);
	loop_run(&loop);
	ok(!timer_armed(&a.timer), "one due at the beginning of time fires at once");
	a.at = 0;
	loop_arm(&loop, &a.timer, NEVER);
	loop_later(&loop, &c.later, called);
	is_str(round_of_calls(), "c", "one that is never due holds up nothing");
	is_u64(a.at, 0, "and does not fire");
	loop_disarm(&loop, &a.timer);
}

struct job {
	struct child child;
	int ended, status;
};

static void job_ended(struct child *c, int status)
{
	struct job *j = container_of(c, struct job, child);

	j->ended++;
	j->status = status;
	loop_quit(&loop);
}

/* A child that ends with `status` once the pipe is closed. */
static pid_t spawn(struct end *e, int status)
{
	pid_t pid = fork();
	char byte;

	if (pid < 0)
		BAIL("no fork");
	if (pid == 0) {
		setpgid(0, 0);
		close(e->out);
		fcntl(e->in, F_SETFL, 0);
		_exit(read(e->in, &byte, 1) == 0 ? status : 99);
	}
	setpgid(pid, pid);
	return pid;
}

static void children(void)
{
	struct job j = {0};
	struct end e;
	pid_t pid;

	end_open(&e);
	pid = spawn(&e, 7);
	is_int(loop_child(&loop, &j.child, pid, job_ended), 0, "a child is watched");
	close(e.out);
	e.out = -1;
	loop_run(&loop);
	ok(j.ended == 1 && WIFEXITED(j.status) && WEXITSTATUS(j.status) == 7,
	   "its exit status arrives, once");
	ok(j.child.pidfd == -1 && !j.child.watch.loop, "then it is no longer watched");
	is_int(child_kill(&j.child, SIGKILL), 0, "killing it then does nothing");
	is_int(child_kill_group(&j.child, SIGKILL), 0, "nor its group");
	ok(waitpid(pid, NULL, WNOHANG) < 0 && errno == ECHILD, "it was reaped");
	end_close(&e);

	end_open(&e);
	pid = spawn(&e, 0);
	loop_child(&loop, &j.child, pid, job_ended);
	is_int(child_kill(&j.child, SIGTERM), 0, "a signal is sent to a child");
	loop_run(&loop);
	ok(WIFSIGNALED(j.status) && WTERMSIG(j.status) == SIGTERM,
	   "that it died of it is told");
	pid = spawn(&e, 0);
	loop_child(&loop, &j.child, pid, job_ended);
	is_int(child_kill_group(&j.child, SIGKILL), 0, "and to its group");
	loop_run(&loop);
	ok(WIFSIGNALED(j.status) && WTERMSIG(j.status) == SIGKILL, "with effect");
	end_close(&e);
}

static void forgotten(void)
{
	struct job j = {0};
	int before = open("/dev/null", O_RDONLY | O_CLOEXEC), after;
	struct end e;
	pid_t pid;

	close(before);
	end_open(&e);
	pid = spawn(&e, 3);
	loop_child(&loop, &j.child, pid, job_ended);
	loop_child_forget(&j.child);
	loop_child_forget(&j.child);
	kill(pid, SIGKILL);
	is_int(waitpid(pid, NULL, 0), pid, "a forgotten child is left to be reaped");
	is_int(j.ended, 0, "and nothing is told of it");
	end_close(&e);
	after = open("/dev/null", O_RDONLY | O_CLOEXEC);
	is_int(after, before, "no descriptor is left open");
	close(after);
	j = (struct job){0};
	is_int(loop_child(&loop, &j.child, pid, job_ended), -ESRCH,
	       "a process that is gone cannot be watched");
	is_int(j.child.pidfd, -1, "and has no descriptor");
}

int main(void)
{
	if (loop_init(&loop) < 0)
		BAIL("no epoll");
	watches();
	refusals();
	inside_callbacks();
	many();
	laters();
	alarms();
	children();
	forgotten();
	loop_done(&loop);
	is_int(loop.epoll, -1, "a loop that is done has no descriptor");
	return done();
}
