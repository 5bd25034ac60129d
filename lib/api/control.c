/* SPDX-License-Identifier: MIT */
/*
 * sigslot_control(): asks the supervisor of an instance over its socket.
 */
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "api/control.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "state/lock.h"

enum { PACKET = 64 * 1024, LOOK_NS = 2000000, QUIET_MS = 200, END_S = 5 };

/* What is still waited for. Who gets what was asked for at once needs no words. */
struct talk {
	sigslot_line_fn progress;
	void *data;
	char held[600]; /* "": nothing new */
};

int control_reach(const struct instance *in, int *ret_fd, struct sigslot_error *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct ucred peer;
	socklen_t size = sizeof(peer);
	_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (!in->supervisor)
		return fail(err, -ENXIO,
			    "instance '%s' is dead: 'sigslot run' resumes it, "
			    "'sigslot clean' removes it",
			    in->name);
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/ctl",
		 in->dir);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return fail(err, -ENXIO, "instance '%s' does not answer: %s", in->name,
			    strerror(errno));
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 ||
	    peer.uid != geteuid())
		return fail(err, -EPERM,
			    "whoever answers for instance '%s' is not yours", in->name);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* Returns -EPIPE if the supervisor is going away. */
static int ask(int fd, const char *verb, const char *target, struct sigslot_error *err)
{
	json_t *root = json_pack("{s:i,s:s}", "v", 1, "op", verb);
	char *text;
	int r;

	if (*target)
		json_object_set_new(root, "target", json_string(target));
	text = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	if (!text)
		return fail(err, -ENOMEM, "out of memory");
	r = send(fd, text, strlen(text), MSG_NOSIGNAL) < 0 ? -errno : 0;
	free(text);
	return r == 0 || r == -EPIPE
		       ? r
		       : fail(err, r, "cannot ask the instance: %s", strerror(-r));
}

static void pass_on(struct talk *t)
{
	if (*t->held && t->progress)
		t->progress(t->data, t->held);
	*t->held = '\0';
}

static void tell_left(struct talk *t, const char *left)
{
	_buf_ struct buf line = {0};

	if (t->progress && buf_addf(&line, "left: %s", left) == 0)
		t->progress(t->data, line.data);
}

/* One packet: 1 = progress, 0 = done, negative = refused. */
static int hear(const char *packet, size_t size, struct talk *t,
		struct sigslot_error *err)
{
	json_t *root = json_loadb(packet, size, 0, NULL);
	const char *line = json_string_value(json_object_get(root, "progress"));
	const char *text = json_string_value(json_object_get(root, "text"));
	const char *left = json_string_value(json_object_get(root, "left"));
	int r = (int)json_integer_value(json_object_get(root, "code"));

	if (line) {
		snprintf(t->held, sizeof(t->held), "waiting for %s", line);
		r = 1;
	} else if (r < 0)
		fail(err, r, "%s", text ? text : "refused");
	if (left && *left)
		tell_left(t, left);
	json_decref(root);
	return r;
}

/* Returns -EPIPE if the supervisor went away without an answer. */
static int await(int fd, const char *target, uint64_t timeout_ns, struct talk *t,
		 struct sigslot_error *err)
{
	uint64_t now = clock_now(), deadline = clock_after(now, timeout_ns);
	uint64_t quiet = now + QUIET_MS * NS_PER_MS;
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char packet[PACKET];
	int r = 1;

	while (r == 1) {
		bool soon = *t->held && quiet < deadline;
		ssize_t n;

		if (poll(&p, 1, clock_poll_ms(now, soon ? quiet : deadline)) == 0) {
			pass_on(t);
			if (!soon)
				return fail(err, -ETIMEDOUT, "'%s' is still at it",
					    target);
		} else {
			n = recv(fd, packet, sizeof(packet), 0);
			if (n == 0 || (n < 0 && errno != EINTR))
				return -EPIPE;
			if (n > 0)
				r = hear(packet, (size_t)n, t, err);
		}
		now = clock_now();
		if (r == 1 && now >= quiet)
			pass_on(t);
	}
	return r;
}

/* An instance of that name comes before a loop or process of that name. */
static int find(const char *target, struct address *a, struct instance *ret,
		struct sigslot_error *err)
{
	int r = address_parse(target, a, err);

	if (r == 0 && *a->member)
		r = fail(err, -EINVAL,
			 "'%s' names a member: this is for instances, loops "
			 "and processes",
			 target);
	if (r < 0)
		return r;
	if (!*a->instance && instance_open(a->name, ret, NULL) == 0) {
		*a->name = '\0';
		return 0;
	}
	return instance_find(a, ret, err);
}

static int no_run(const struct instance *in, struct sigslot_error *err)
{
	return fail(err, -EINVAL,
		    "'%s' is a queue, and nothing runs in it: see 'sigslot queue'",
		    in->name);
}

/*
 * The supervisor lets go of its lock as the last thing, a moment after its socket was
 * closed: not before that can the instance be run again.
 */
static bool await_end(const struct instance *in)
{
	const struct timespec pause = {.tv_nsec = LOOK_NS};
	uint64_t deadline = clock_now() + END_S * NS_PER_S;
	pid_t holder;

	while (lock_probe(in->dir, &holder, NULL) == 0 && holder) {
		if (clock_now() >= deadline)
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

/* Whether the instance is gone when the order has been carried out. */
static bool ends(const char *verb)
{
	return strcmp(verb, "stop") == 0 || strcmp(verb, "terminate") == 0 ||
	       strcmp(verb, "idle") == 0;
}

/* The supervisor went away without an answer. */
static int cut_off(const struct instance *in, bool ending, struct sigslot_error *err)
{
	if (!await_end(in))
		return fail(err, -EAGAIN,
			    "instance '%s' has too much to do to answer: try again",
			    in->name);
	return ending ? 0
		      : fail(err, -ENXIO,
			     "instance '%s' has ended before that was done", in->name);
}

int sigslot_control(const char *verb, const char *target, uint64_t timeout_ns,
		    sigslot_line_fn progress, void *data, struct sigslot_error *err)
{
	struct talk talk = {.progress = progress, .data = data};
	struct instance in = {.dir = -1};
	struct address a;
	_close_ int fd = -1;
	int r = find(target, &a, &in, err);

	if (r < 0)
		return r;
	r = in.queue ? no_run(&in, err) : control_reach(&in, &fd, err);
	if (r == 0)
		r = ask(fd, verb, a.name, err);
	if (r == 0)
		r = await(fd, target, timeout_ns, &talk, err);
	if (r == -EPIPE)
		r = cut_off(&in, !*a.name && ends(verb), err);
	else if (r == -ENXIO && *a.name && in.supervisor &&
		 instance_routes(&in, NULL) == 0)
		instance_no_name(&in, &a, err);
	if (r == 0 && !*a.name && ends(verb))
		await_end(&in);
	instance_done(&in);
	return r;
}
