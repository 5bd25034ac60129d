/* SPDX-License-Identifier: MIT */
/*
 * sigslot_connect_command(): a command that reads what a signal emits, for as long as
 * it lives. Its queue belongs to nobody else; the connection to the supervisor, which
 * stays open, is what keeps it.
 */
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "api/control.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/held.h"
#include "message/text.h"
#include "queue/drop.h"
#include "queue/queue.h"
#include "route/group.h"
#include "slot/spawn.h"
#include "slot/warden.h"
#include "state/runtime.h"

enum { BATCH = 64, ANSWER_S = 10, TERM_NS = 5 * 1000000000ll };

struct guest_run {
	struct instance in;
	int control; /* its end of file is that of the instance */
	struct identity *identity;
	struct queue *queue;
	struct warden warden;
	struct held held;
	int pidfd, input; /* input: to the command; -1: closed */
	pid_t pid;
	int signal; /* that came */
	uint64_t kill_at;
	bool closing; /* nothing more will come */
	struct claim claims[BATCH];
	size_t claimed;
	struct buf lines; /* of these; from `sent` on not written */
	size_t sent;
	sigslot_line_fn told;
	void *data;
};

/* Which signal an address means; a lone name is `out`, or a timer's `timeout`. */
static int find_signal(struct guest_run *g, struct address *a,
		       struct sigslot_error *err)
{
	static const char *const defaults[] = {"out", "timeout"};
	const struct routes *r = g->in.routes;
	char first[GROUP_NAME];

	for (size_t i = 0; !*a->member && i < ARRAY_LEN(defaults); i++)
		if (routes_find(r, a->name, defaults[i], ROUTE_SIGNAL))
			snprintf(a->member, sizeof(a->member), "%s", defaults[i]);
	if (routes_find(r, a->name, a->member, ROUTE_SIGNAL))
		return 0;
	if (instance_queue(&g->in, a->name, false))
		return fail(
			err, -EINVAL,
			"'%s' is a queue: 'sigslot queue get --exec' runs a command "
			"for it",
			a->name);
	if (routes_find(r, a->name, a->member, ROUTE_SLOT))
		return fail(err, -EINVAL, "'%s.%s' is a slot: a command reads a signal",
			    a->name, a->member);
	if (group_replica(r, a->name, 1, first))
		return fail(err, -EINVAL,
			    "'%s' stands for several: a command reads the signal of "
			    "one, such as '%s'",
			    a->name, first);
	return instance_no_name(&g->in, a, err);
}

static int join(struct guest_run *g, const struct address *a, const char *full,
		struct sigslot_error *err)
{
	struct control_answer answer = {.fd = -1};
	_close_ int dir = -1;
	json_t *root = json_pack("{s:i,s:s,s:s,s:s}", "v", 1, "op", "join", "owner",
				 a->name, "member", a->member);
	int r = control_reach(&g->in, &g->control, err);

	if (r < 0) {
		json_decref(root);
		return r;
	}
	if (full)
		json_object_set_new(root, "full", json_string(full));
	r = control_send(g->control, root, err);
	if (r == 0)
		r = control_hear(g->control, &g->in, clock_now() + ANSWER_S * NS_PER_S,
				 &answer, err);
	if (r == 0)
		r = runtime_subdir(g->in.dir, "q", false, &dir, err);
	if (r == 0)
		r = identity_open(g->in.dir, -1, &g->identity, err);
	return r == 0 ? queue_open(dir, answer.text, g->identity, &g->queue, err) : r;
}

/* Where execvp() would find it. Returns 0, or what the end of a command would be. */
static int find_program(const char *name, char *out, size_t size)
{
	const char *path = getenv("PATH") ?: "/usr/bin:/bin";
	int status = 127;

	if (strchr(name, '/')) {
		snprintf(out, size, "%s", name);
		return 0;
	}
	while (*path) {
		size_t len = strcspn(path, ":");

		snprintf(out, size, "%.*s/%s", (int)len, path, name);
		if (access(out, X_OK) == 0)
			return 0;
		status = errno == EACCES ? 126 : status;
		path += len + (path[len] == ':');
	}
	return status;
}

static int cannot_start(const struct guest_run *g, const char *name, int status)
{
	char line[512];

	snprintf(line, sizeof(line), "cannot start '%s': %s", name,
		 status == 127 ? "not found" : "not a program that may be run");
	if (g->told)
		g->told(g->data, line);
	return status;
}

static int start(struct guest_run *g, char *const *argv, struct sigslot_error *err)
{
	char file[4096];
	enum spawn_step step;
	int fds[2], r = find_program(argv[0], file, sizeof(file));
	struct spawn s = {
		.file = file,
		.argv = argv,
		.envp = environ,
		.directory = ".",
		.fds = {-1, STDOUT_FILENO, STDERR_FILENO, -1},
	};

	if (r)
		return cannot_start(g, argv[0], r);
	r = warden_start(&g->warden, err);
	if (r < 0)
		return r;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return fail_errno(err, "cannot make a pipe");
	g->input = fds[1];
	fcntl(g->input, F_SETFL, O_NONBLOCK);
	s.fds[0] = fds[0];
	s.group = g->warden.group;
	r = spawn_start(&s, &g->pid, &step);
	close(fds[0]);
	if (r < 0)
		return cannot_start(g, argv[0], r == -ENOENT ? 127 : 126);
	g->pidfd = (int)syscall(SYS_pidfd_open, g->pid, 0);
	return g->pidfd < 0 ? fail_errno(err, "cannot watch a process") : 0;
}

/* One message is one line; what cannot be one is told of, and passed by. */
static void add_line(struct guest_run *g, const struct claim *c)
{
	size_t before = g->lines.size;
	int r = text_of_payload(c->payload.data, c->payload.size, false, &g->lines);

	if (r == 0 && !memchr(g->lines.data + before, '\n', g->lines.size - before)) {
		buf_add_byte(&g->lines, '\n');
		return;
	}
	g->lines.size = before;
	if (g->told)
		g->told(g->data, "a message that is more than one line was left out");
}

static int take(struct guest_run *g, struct sigslot_error *err)
{
	int n = g->claimed ? 0 : queue_claim(g->queue, g->claims, BATCH, err);

	if (n < 0)
		return n;
	g->claimed += (size_t)n;
	for (int i = 0; i < n; i++)
		add_line(g, &g->claims[i]);
	if (!g->claimed && g->closing)
		fd_close(&g->input);
	return 0;
}

/* What the pipe took counts as read, as nobody can know more. */
static void feed(struct guest_run *g)
{
	while (g->input >= 0 && g->sent < g->lines.size) {
		ssize_t n = write(g->input, g->lines.data + g->sent,
				  g->lines.size - g->sent);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) { /* it reads no more: nobody shall wait for it */
			fd_close(&g->input);
			queue_close(TAKE(g->queue));
			fd_close(&g->control);
			g->closing = true;
			return;
		}
		g->sent += (size_t)n;
	}
	if (g->input < 0 || !g->claimed)
		return;
	queue_ack(g->queue, g->claims, g->claimed);
	g->claimed = g->sent = g->lines.size = 0;
}

static void hear_signal(struct guest_run *g)
{
	int came = held_take(&g->held);

	if (!came)
		return;
	g->kill_at = g->signal ? 0 : clock_now() + TERM_NS;
	g->signal = came;
	warden_signal(&g->warden, SIGTERM);
	warden_signal(&g->warden, SIGCONT);
}

static int serve(struct guest_run *g, struct sigslot_error *err)
{
	struct pollfd p[] = {{.fd = g->pidfd, .events = POLLIN},
			     {.fd = g->held.fd, .events = POLLIN},
			     {.fd = g->control, .events = POLLIN},
			     {.fd = -1, .events = POLLOUT},
			     {.fd = -1, .events = POLLIN}};
	int r = 0;

	while (r == 0 && !p[0].revents) {
		bool reading = g->input >= 0;

		if (clock_now() >= g->kill_at) {
			warden_signal(&g->warden, SIGKILL);
			g->kill_at = NEVER;
		}
		p[2].fd = g->closing ? -1 : g->control;
		p[3].fd = reading && g->sent < g->lines.size ? g->input : -1;
		p[4].fd = reading && !g->claimed ? queue_data_fd(g->queue) : -1;
		if (poll(p, ARRAY_LEN(p), clock_poll_ms(clock_now(), g->kill_at)) < 0)
			continue;
		if (p[1].revents)
			hear_signal(g);
		g->closing = g->closing || p[2].revents;
		if (reading && (p[4].revents || g->closing))
			r = take(g, err);
		feed(g);
	}
	return r;
}

static int set_up(struct guest_run *g, const char *address, const char *full,
		  char *const *argv, struct sigslot_error *err)
{
	struct address a;
	int r = address_parse(address, &a, err);

	if (r == 0)
		r = instance_find(&a, &g->in, err);
	if (r == 0)
		r = find_signal(g, &a, err);
	if (r == 0)
		r = start(g, argv, err);
	return r == 0 ? join(g, &a, full, err) : r;
}

static void tear_down(struct guest_run *g)
{
	fd_close(&g->input);
	warden_end(&g->warden);
	queue_close(g->queue);
	identity_close(g->identity);
	fd_close(&g->control); /* now the supervisor drops what is left */
	fd_close(&g->pidfd);
	held_close(&g->held);
	buf_done(&g->lines);
	instance_done(&g->in);
}

int sigslot_connect_command(const char *address, const struct sigslot_connection *c,
			    char *const *argv, sigslot_line_fn told, void *data,
			    struct sigslot_error *err)
{
	struct guest_run g = {.in.dir = -1,
			      .control = -1,
			      .pidfd = -1,
			      .held.fd = -1,
			      .input = -1,
			      .kill_at = NEVER,
			      .told = told,
			      .data = data};
	int status = 0, r = held_open(&g.held, err);

	if (r < 0)
		return r;
	held_begin(&g.held);
	r = set_up(&g, address, c ? c->full : NULL, argv, err);
	if (r == 0)
		r = serve(&g, err);
	if (r == 0)
		while (waitpid(g.pid, &status, 0) < 0 && errno == EINTR)
			;
	tear_down(&g);
	held_end(&g.held);
	if (r)
		return r;
	if (g.signal)
		return 128 + g.signal;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
