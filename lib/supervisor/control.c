/* SPDX-License-Identifier: MIT */
/*
 * The control socket: orders from scripts, one at a time per connection.
 *
 * A request is one packet {"v":1,"op":"stop","target":"parse"}; no target means the
 * instance. Answers are packets {"progress":"..."}, and last {"code":0,"left":"..."} or
 * {"code":-6,"text":"..."}. Peers of another user are turned away. Nothing here blocks.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/packet.h"
#include "supervisor/aim.h"
#include "supervisor/guest.h"
#include "supervisor/remains.h"
#include "supervisor/rewire.h"
#include "supervisor/tapped.h"

enum { PEERS = 256, ORDERS = 32, TAPS = 128, PACKET = 64 * 1024, PAUSE_MS = 200 };

struct control_client {
	struct control_client *next;
	struct supervisor *super;
	struct watch watch;
	const struct wish *wish; /* NULL until it has asked */
	char target[64]; /* "": the instance */
	uint64_t asked; /* monotonic */
	char told[512]; /* the last progress */
	struct timer pause; /* until the next */
	bool stale; /* something has changed since */
	struct guest *guest; /* that it is the life of, or NULL */
	struct tapped tapped; /* what it wants to see */
};

static void hang_up(struct control_client *c)
{
	struct control_client **at = &c->super->clients;
	int fd = c->watch.fd;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	loop_unwatch(&c->watch);
	loop_disarm(&c->super->loop, &c->pause);
	fd_close(&fd);
	if (!c->super->ending)
		guest_leave(c->super, c->guest);
	tapped_leave(c->super, &c->tapped);
	free(c);
}

/* A client that does not read what it asked for is let go. */
static void say(struct control_client *c, json_t *take_packet, int take_fd)
{
	_free_ char *text = json_dumps(take_packet, JSON_COMPACT);
	_close_ int fd = take_fd;

	json_decref(take_packet);
	if (text)
		packet_send(c->watch.fd, text, strlen(text), fd, MSG_DONTWAIT);
}

static void answer(struct control_client *c, int code, const char *text)
{
	say(c, json_pack("{s:i,s:s}", "code", code, "text", text), -1);
	hang_up(c);
}

static bool down(const struct control_client *c, uint32_t loop)
{
	return c->super->lamps[loop].down;
}

static bool up(const struct control_client *c, uint32_t loop)
{
	return c->super->lamps[loop].ready;
}

static const struct hand *hand_of(const struct control_client *c, uint32_t loop)
{
	return &c->super->hands[c->super->lamps[loop].process];
}

static bool died(const struct control_client *c, uint32_t loop)
{
	return !hand_of(c, loop)->alive || hand_of(c, loop)->started > c->asked;
}

static bool renewed(const struct control_client *c, uint32_t loop)
{
	return up(c, loop) && hand_of(c, loop)->started > c->asked;
}

/* When an order has been carried out, as far as one loop is concerned. */
static const struct wish {
	const char *verb;
	bool (*granted)(const struct control_client *c, uint32_t loop);
	bool ends; /* asked of the instance, it is answered by its end */
} wishes[] = {
	{"stop", down, true}, {"terminate", down, true}, {"idle", down, true},
	{"start", up, false}, {"kill", died, false},	 {"restart", renewed, false},
};

static const struct wish *find_wish(const char *verb)
{
	for (size_t i = 0; i < ARRAY_LEN(wishes); i++)
		if (strcmp(wishes[i].verb, verb) == 0)
			return &wishes[i];
	return NULL;
}

/* Who asked for an end is told what it has left. */
static void grant(struct control_client *c, const char *text)
{
	_buf_ struct buf left = {0};

	if (c->wish && c->wish->ends)
		remains_describe(c->super, c->target, &left);
	say(c,
	    json_pack("{s:i,s:s,s:s}", "code", 0, "text", text, "left",
		      left.size ? left.data : ""),
	    -1);
	hang_up(c);
}

static void describe(struct control_client *c, struct buf *out)
{
	const struct supervisor *s = c->super;

	if (s->stop.active && !*c->target) {
		stop_describe(c->super, out);
		return;
	}
	for (uint32_t i = 0; i < s->plan->loops_len; i++)
		if (aim_concerns(s->plan, c->target, i) && !c->wish->granted(c, i))
			buf_addf(out, "%s%s", out->size ? ", " : "",
				 s->plan->loops[i].name);
}

static void tell(struct control_client *c);

static void pause_over(struct timer *t, uint64_t now)
{
	struct control_client *c = container_of(t, struct control_client, pause);

	(void)now;
	if (c->stale)
		tell(c);
}

/* Says what it waits for, a few times a second at most: there may be thousands. */
static void tell(struct control_client *c)
{
	_buf_ struct buf waiting = {0};

	c->stale = false;
	describe(c, &waiting);
	if (!waiting.size || strncmp(waiting.data, c->told, sizeof(c->told) - 1) == 0)
		return;
	snprintf(c->told, sizeof(c->told), "%s", waiting.data);
	say(c, json_pack("{s:s}", "progress", c->told), -1);
	c->pause.fire = pause_over;
	loop_arm(&c->super->loop, &c->pause, clock_now() + PAUSE_MS * NS_PER_MS);
}

static bool granted(const struct control_client *c)
{
	const struct plan *p = c->super->plan;

	for (uint32_t i = 0; i < p->loops_len; i++)
		if (aim_concerns(p, c->target, i) && !c->wish->granted(c, i))
			return false;
	return true;
}

/* An instance that stops answers by its end; the rest when it is as it should be. */
static void update(struct control_client *c)
{
	bool ends = !*c->target && c->wish->ends;

	if (!ends && granted(c))
		grant(c, "done");
	else if (timer_armed(&c->pause))
		c->stale = true;
	else
		tell(c);
}

void control_update(struct supervisor *s)
{
	struct control_client *next;

	for (struct control_client *c = s->clients; c; c = next) {
		next = c->next;
		if (c->wish)
			update(c);
	}
}

static unsigned count_orders(const struct supervisor *s)
{
	unsigned len = 0;

	for (const struct control_client *c = s->clients; c; c = c->next)
		len += c->wish != NULL;
	return len;
}

/* What is saved comes with the answer, and the directory that it must stand in. */
static void ask_rewiring(struct control_client *c, const json_t *root)
{
	struct sigslot_error err = {0};
	int fd = -1, r = rewire_ask(c->super, root, &fd, &err);
	const char *text = r < 0 ? err.text : c->super->plan->directory;

	say(c, json_pack("{s:i,s:s}", "code", r, "text", text), fd);
	hang_up(c);
}

/* This connection stays open for as long as the guest does. */
static void ask_to_join(struct control_client *c, const json_t *root)
{
	struct sigslot_error err = {0};
	int r = guest_join(c->super, root, &c->guest, &err);

	if (r < 0)
		answer(c, r, err.text);
	else
		say(c, json_pack("{s:i,s:s}", "code", 0, "text", c->guest->queue), -1);
}

/* This one, too: it may ask for more, and its end takes all of it back. */
static void ask_to_see(struct control_client *c, const json_t *root)
{
	struct sigslot_error err = {0};
	unsigned taps = 0;
	int r;

	for (const struct control_client *at = c->super->clients; at; at = at->next)
		taps += at->tapped.at.len > 0;
	r = taps < TAPS || c->tapped.at.len
		    ? tapped_add(c->super, root, &c->tapped, &err)
		    : fail(&err, -EAGAIN, "there are %u taps of its like already",
			   taps);
	if (r < 0)
		answer(c, r, err.text);
	else
		say(c, json_pack("{s:i,s:s}", "code", 0, "text", ""), -1);
}

static void ask(struct control_client *c, const char *text, size_t size)
{
	json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
	const char *verb = json_string_value(json_object_get(root, "op"));
	const char *target = json_string_value(json_object_get(root, "target"));
	bool known = json_integer_value(json_object_get(root, "v")) == 1 && verb &&
		     find_wish(verb) && (!target || strlen(target) < sizeof(c->target));
	int r;

	if (verb && strcmp(verb, "join") == 0) {
		ask_to_join(c, root);
		json_decref(root);
		return;
	}
	if (verb && strcmp(verb, "tap") == 0) {
		ask_to_see(c, root);
		json_decref(root);
		return;
	}
	if (rewire_knows(root)) {
		ask_rewiring(c, root);
		json_decref(root);
		return;
	}
	if (count_orders(c->super) >= ORDERS) {
		json_decref(root);
		answer(c, -EAGAIN, "it carries out 32 orders already: try again");
		return;
	}
	if (known) {
		c->wish = find_wish(verb);
		c->asked = clock_now();
		snprintf(c->target, sizeof(c->target), "%s", target ? target : "");
	}
	json_decref(root);
	r = known ? aim_order(c->super, c->wish->verb, c->target) : -EPROTO;
	if (r == -ENXIO)
		answer(c, r, "there is no such loop or process");
	else if (r < 0)
		answer(c, r,
		       r == -EPROTO
			       ? "the instance is of a version that does not know this"
			       : "this is for whole instances, not for a loop or a "
				 "process");
	else
		control_update(c->super);
}

static void readable(struct watch *w, uint32_t events)
{
	struct control_client *c = container_of(w, struct control_client, watch);
	char packet[PACKET];
	ssize_t n = recv(w->fd, packet, sizeof(packet), MSG_DONTWAIT);

	(void)events;
	if (n <= 0)
		hang_up(c);
	else if (!c->wish && !c->guest)
		ask(c, packet, (size_t)n);
}

static bool ours(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       (peer.uid == geteuid() || peer.uid == 0);
}

static void accepted(struct watch *w, uint32_t events)
{
	struct supervisor *s = container_of(w, struct supervisor, listener);
	/* cppcheck-suppress nullPointer ; nobody wants to know the address */
	_close_ int fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct control_client *c;
	unsigned len = 0;

	(void)events;
	for (c = s->clients; c; c = c->next)
		len++;
	if (fd < 0 || len >= PEERS || !ours(fd))
		return;
	c = calloc(1, sizeof(*c));
	if (!c)
		return;
	c->super = s;
	if (loop_watch(&s->loop, &c->watch, fd, EPOLLIN, readable) < 0) {
		free(c);
		return;
	}
	c->next = s->clients;
	s->clients = c;
	fd = -1;
}

/* Bound by way of /proc, so that the length of the directory's path plays no part. */
int control_open(struct supervisor *s, struct sigslot_error *err)
{
	_close_ int fd =
		socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	mode_t mask = umask(077);
	int r;

	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/ctl",
		 s->world.dir);
	unlinkat(s->world.dir, "ctl", 0);
	r = fd < 0 ? -1 : bind(fd, (struct sockaddr *)&address, sizeof(address));
	umask(mask);
	if (r < 0 || listen(fd, ORDERS) < 0)
		return fail_errno(err, "cannot make the control socket");
	r = loop_watch(&s->loop, &s->listener, fd, EPOLLIN, accepted);
	if (r < 0)
		return fail(err, r, "cannot watch the control socket: %s",
			    strerror(-r));
	fd = -1;
	return 0;
}

/* Whoever still waits, waited for the end. */
void control_close(struct supervisor *s)
{
	int fd = s->listener.fd;

	while (s->clients)
		grant(s->clients, "stopped");
	if (!s->listener.loop)
		return;
	loop_unwatch(&s->listener);
	fd_close(&fd);
	unlinkat(s->world.dir, "ctl", 0);
}
