/* SPDX-License-Identifier: MIT */
/*
 * Waits for three things at once: the end of the command, room in its standard input,
 * and signals.
 */
#include "slot/once.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/fd.h"
#include "slot/spawn.h"

#define TERM_NS (5 * NS_PER_S)

struct course {
	const struct once *once;
	int in; /* our end of its standard input; -1: closed */
	size_t sent;
	int signal; /* the first that came */
	uint64_t kill_at;
};

static size_t count(const char *const *texts)
{
	size_t n = 0;

	while (texts && texts[n])
		n++;
	return n;
}

static bool overridden(const char *entry, const char *const *by)
{
	for (; *by; by++) {
		size_t size = strcspn(*by, "=") + 1;

		if (strncmp(entry, *by, size) == 0)
			return true;
	}
	return false;
}

static const char **make_env(const struct once *o, struct arena *arena)
{
	const char *const *inherited = (const char *const *)environ;
	size_t more = count(o->env), len = 0;
	const char **env =
		arena_alloc(arena, (count(inherited) + more + 1) * sizeof(*env));

	for (; env && inherited && *inherited; inherited++)
		if (!overridden(*inherited, o->env))
			env[len++] = *inherited;
	if (env)
		memcpy(env + len, o->env, more * sizeof(*env));
	return env;
}

static const char **make_argv(const struct once *o, struct arena *arena)
{
	const char *const front[] = {"sh", "-c", o->text, "sh"};
	const char **argv = arena_alloc(arena, (ARRAY_LEN(front) + o->args->len + 1) *
						       sizeof(*argv));

	if (!argv)
		return NULL;
	memcpy(argv, front, sizeof(front));
	if (o->args->len)
		memcpy(argv + ARRAY_LEN(front), o->args->at,
		       o->args->len * sizeof(*argv));
	return argv;
}

/* A command that does not read its input is as good as one that does. */
static void feed(struct course *c)
{
	const struct buf *input = c->once->input;

	while (c->in >= 0 && c->sent < input->size) {
		ssize_t n = write(c->in, input->data + c->sent, input->size - c->sent);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			break;
		c->sent += (size_t)n;
	}
	fd_close(&c->in);
}

static void hear(struct course *c)
{
	int came = held_take(c->once->held);

	if (!came)
		return;
	if (c->signal) {
		c->kill_at = 0;
		return;
	}
	c->signal = came;
	c->kill_at = clock_now() + TERM_NS;
	warden_signal(c->once->warden, SIGTERM);
	warden_signal(c->once->warden, SIGCONT);
}

static void await_end(struct course *c, int pidfd)
{
	struct pollfd p[] = {{.fd = pidfd, .events = POLLIN},
			     {.fd = c->once->held->fd, .events = POLLIN},
			     {.fd = c->in, .events = POLLOUT}};

	while (!p[0].revents) {
		if (clock_now() >= c->kill_at) {
			warden_signal(c->once->warden, SIGKILL);
			c->kill_at = NEVER;
		}
		p[2].fd = c->in;
		if (poll(p, ARRAY_LEN(p), clock_poll_ms(clock_now(), c->kill_at)) < 0)
			continue;
		if (p[1].revents)
			hear(c);
		if (p[2].revents)
			feed(c);
	}
}

static int start(struct course *c, pid_t *ret_pid, struct sigslot_error *err)
{
	_cleanup_(arena_done) struct arena arena = {0};
	enum spawn_step step;
	int fds[2], r;
	struct spawn s = {
		.file = "/bin/sh",
		.argv = (char *const *)make_argv(c->once, &arena),
		.envp = (char *const *)make_env(c->once, &arena),
		.directory = ".",
		.group = c->once->warden->group,
	};

	if (!s.argv || !s.envp)
		return fail(err, -ENOMEM, "out of memory");
	if (pipe2(fds, O_CLOEXEC) < 0)
		return fail_errno(err, "cannot make a pipe");
	c->in = fds[1];
	if (fcntl(c->in, F_SETFL, O_NONBLOCK) < 0)
		r = fail_errno(err, "cannot make a pipe");
	else
		r = 0;
	feed(c);
	s.fds[0] = fds[0];
	s.fds[1] = STDOUT_FILENO;
	s.fds[2] = STDERR_FILENO;
	s.fds[3] = -1;
	if (r == 0 && (r = spawn_start(&s, ret_pid, &step)) < 0)
		fail(err, r, "cannot start '/bin/sh': %s", strerror(-r));
	close(fds[0]);
	return r;
}

int once_run(const struct once *o, int *ret_status, int *ret_signal,
	     struct sigslot_error *err)
{
	struct course c = {.once = o, .in = -1, .kill_at = NEVER};
	_close_ int pidfd = -1;
	pid_t pid;
	int r = start(&c, &pid, err);

	if (r == 0) {
		pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
		if (pidfd >= 0)
			await_end(&c, pidfd);
		while (waitpid(pid, ret_status, 0) < 0 && errno == EINTR)
			;
		*ret_signal = c.signal;
	}
	fd_close(&c.in);
	return r;
}
