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
#include "base/packet.h"

enum { PACKET = 8192 };

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
	char packet[PACKET];
	ssize_t n;
	int r;

	ret->fd = -1;
	do {
		r = poll(&p, 1, clock_poll_ms(clock_now(), deadline));
	} while (r < 0 && errno == EINTR);
	if (r == 0)
		return fail(err, -ETIMEDOUT, "instance '%s' does not answer", in->name);
	n = packet_receive(fd, packet, sizeof(packet), &ret->fd, 0);
	if (n <= 0)
		return fail(err, -ESHUTDOWN,
			    "instance '%s' has ended, or has too much to do to answer",
			    in->name);
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
