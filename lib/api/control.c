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

#include "api/instance.h"
#include "base/clock.h"
#include "base/fd.h"
#include "state/lock.h"

enum { PACKET = 64 * 1024, LOOK_NS = 2000000, END_S = 5 };

static int reach(const struct instance *in, int *ret_fd, struct sigslot_error *err)
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
	r = send(fd, text, strlen(text), MSG_NOSIGNAL) < 0
		    ? fail_errno(err, "cannot ask the instance")
		    : 0;
	free(text);
	return r;
}

/* One packet: 1 = progress, 0 = done, negative = refused. */
static int hear(const char *packet, size_t size, sigslot_line_fn progress, void *data,
		struct sigslot_error *err)
{
	json_t *root = json_loadb(packet, size, 0, NULL);
	const char *line = json_string_value(json_object_get(root, "progress"));
	const char *text = json_string_value(json_object_get(root, "text"));
	int r = (int)json_integer_value(json_object_get(root, "code"));
	char told[600];

	if (line && progress) {
		snprintf(told, sizeof(told), "waiting for %s", line);
		progress(data, told);
	}
	if (line)
		r = 1;
	else if (r < 0)
		fail(err, r, "%s", text ? text : "refused");
	json_decref(root);
	return r;
}

static int await(int fd, const char *target, uint64_t timeout_ns,
		 sigslot_line_fn progress, void *data, struct sigslot_error *err)
{
	uint64_t deadline = clock_after(clock_now(), timeout_ns);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char packet[PACKET];
	int r = 1;

	while (r == 1) {
		ssize_t n;

		if (poll(&p, 1, clock_poll_ms(clock_now(), deadline)) == 0)
			return fail(err, -ETIMEDOUT, "'%s' is still at it", target);
		n = recv(fd, packet, sizeof(packet), 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return 0; /* the supervisor has ended */
		r = hear(packet, (size_t)n, progress, data, err);
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
static void await_end(const struct instance *in)
{
	const struct timespec pause = {.tv_nsec = LOOK_NS};
	uint64_t deadline = clock_now() + END_S * NS_PER_S;
	pid_t holder;

	while (lock_probe(in->dir, &holder, NULL) == 0 && holder &&
	       clock_now() < deadline)
		nanosleep(&pause, NULL);
}

/* Whether the instance is gone when the order has been carried out. */
static bool ends(const char *verb)
{
	return strcmp(verb, "stop") == 0 || strcmp(verb, "terminate") == 0 ||
	       strcmp(verb, "idle") == 0;
}

int sigslot_control(const char *verb, const char *target, uint64_t timeout_ns,
		    sigslot_line_fn progress, void *data, struct sigslot_error *err)
{
	struct instance in = {.dir = -1};
	struct address a;
	_close_ int fd = -1;
	int r = find(target, &a, &in, err);

	if (r < 0)
		return r;
	r = in.queue ? no_run(&in, err) : reach(&in, &fd, err);
	if (r == 0)
		r = ask(fd, verb, a.name, err);
	if (r == 0)
		r = await(fd, target, timeout_ns, progress, data, err);
	if (r == -ENXIO && *a.name && in.supervisor && instance_routes(&in, NULL) == 0)
		instance_no_name(&in, &a, err);
	if (r == 0 && !*a.name && ends(verb))
		await_end(&in);
	instance_done(&in);
	return r;
}
