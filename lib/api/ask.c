/* SPDX-License-Identifier: MIT */
/*
 * One request to a supervisor that is answered at once.
 */
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "api/control.h"
#include "base/clock.h"
#include "base/fd.h"

enum { PACKET = 8192 };

/* The descriptor that came with a packet; -1: none did. */
static int passed_fd(struct msghdr *m)
{
	struct cmsghdr *part = CMSG_FIRSTHDR(m);
	int fd = -1;

	if (part && part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS &&
	    part->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(part), sizeof(fd));
	return fd;
}

static int parse(const char *packet, size_t size, struct control_answer *ret,
		 struct sigslot_error *err)
{
	json_t *root = json_loadb(packet, size, 0, NULL);
	const char *text = json_string_value(json_object_get(root, "text"));
	const json_t *code = json_object_get(root, "code");
	int r = json_is_integer(code) ? (int)json_integer_value(code) : -EPROTO;

	snprintf(ret->text, sizeof(ret->text), "%s", text ? text : "");
	if (r < 0)
		fail(err, r, "%s", *ret->text ? ret->text : "refused");
	json_decref(root);
	return r;
}

int control_hear(int fd, const struct instance *in, uint64_t deadline,
		 struct control_answer *ret, struct sigslot_error *err)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char packet[PACKET], space[CMSG_SPACE(sizeof(int))];
	struct iovec bytes = {packet, sizeof(packet)};
	struct msghdr m = {.msg_iov = &bytes,
			   .msg_iovlen = 1,
			   .msg_control = space,
			   .msg_controllen = sizeof(space)};
	ssize_t n;
	int r;

	ret->fd = -1;
	do {
		r = poll(&p, 1, clock_poll_ms(clock_now(), deadline));
	} while (r < 0 && errno == EINTR);
	if (r == 0)
		return fail(err, -ETIMEDOUT, "instance '%s' does not answer", in->name);
	n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
	if (n <= 0)
		return fail(err, -ESHUTDOWN,
			    "instance '%s' has ended, or has too much to do to answer",
			    in->name);
	ret->fd = passed_fd(&m);
	return parse(packet, (size_t)n, ret, err);
}

int control_send(int fd, json_t *take_request, struct sigslot_error *err)
{
	_free_ char *text = json_dumps(take_request, JSON_COMPACT);

	json_decref(take_request);
	if (!text)
		return fail(err, -ENOMEM, "out of memory");
	return send(fd, text, strlen(text), MSG_NOSIGNAL) < 0
		       ? fail_errno(err, "cannot ask the instance")
		       : 0;
}

int control_ask(const struct instance *in, json_t *take_request, uint64_t deadline,
		struct control_answer *ret, struct sigslot_error *err)
{
	_close_ int fd = -1;
	int r = control_reach(in, &fd, err);

	ret->fd = -1;
	if (r < 0) {
		json_decref(take_request);
		return r;
	}
	r = control_send(fd, take_request, err);
	return r == 0 ? control_hear(fd, in, deadline, ret, err) : r;
}
