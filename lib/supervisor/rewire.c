/* SPDX-License-Identifier: MIT */
/*
 * Connections that come and go while the instance runs. The new routes hold from the
 * moment when they are published: nobody is waited for, so nobody can hold it up.
 */
#include "supervisor/rewire.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "queue/drop.h"
#include "supervisor/naming.h"
#include "supervisor/reload.h"
#include "worker/once.h"

static bool takes_from(const struct plan *p, uint32_t queue, uint32_t process)
{
	const struct plan_queue *q = &p->queues[queue];

	for (uint32_t i = 0; i < q->slots_len; i++) {
		uint32_t loop = p->slots[p->takers[q->first_slot + i]].loop;

		if (p->loops[loop].process == process)
			return true;
	}
	return false;
}

static bool same_slot(const struct plan *a, const struct plan *b, uint32_t x,
		      uint32_t y)
{
	const struct plan_slot *m = &a->slots[x], *n = &b->slots[y];

	return strcmp(m->name, n->name) == 0 &&
	       strcmp(plan_owner_name(a, m->owner, m->owned_by),
		      plan_owner_name(b, n->owner, n->owned_by)) == 0;
}

static bool same_takers(const struct plan *a, const struct plan *b, uint32_t queue)
{
	const struct plan_queue *q = &a->queues[queue], *p = &b->queues[queue];
	bool same = q->slots_len == p->slots_len;

	for (uint32_t i = 0; same && i < q->slots_len; i++)
		same = same_slot(a, b, a->takers[q->first_slot + i],
				 b->takers[p->first_slot + i]);
	return same;
}

/* Whether it takes from another set of queues now, or for other slots. */
static bool concerned(const struct plan *a, const struct plan *b, uint32_t process)
{
	for (uint32_t i = 0; i < b->queues_len; i++) {
		bool old = i < a->queues_len;

		if ((takes_from(b, i, process) || (old && takes_from(a, i, process))) &&
		    !(old && same_takers(a, b, i)))
			return true;
	}
	return false;
}

/*
 * Wakes those that sleep on the wrong queues. A worker that has so much to read that
 * this finds no room looks at the board with whatever it reads next.
 */
void rewire_tell(struct supervisor *s, const struct plan *next)
{
	const struct wire packet = {.op = WIRE_ROUTES};

	board_publish(s->world.board, s->world.generation);
	if (outbox_renew(&s->outbox) < 0)
		log_line("sigslot", "its own signals are lost: out of memory");
	for (uint32_t i = 0; i < next->processes_len; i++) {
		const struct hand *h = &s->hands[i];

		if (h->alive && h->channel.loop && concerned(s->plan, next, i))
			send(h->channel.fd, &packet, sizeof(packet),
			     MSG_NOSIGNAL | MSG_DONTWAIT);
	}
	for (uint32_t i = 0; i < next->queues_len; i++)
		board_queue(s->world.board, i)->slots = next->queues[i].slots_len;
}

/* What is asked for: {"v":1,"op":"connect","from":"a.s","to":"b.in","full":"block"}. */
struct rewiring {
	bool connect, drain; /* drain: what it was to get it still gets */
	struct topology_arrow arrow;
};

static const char *text_of(const json_t *root, const char *key)
{
	return json_string_value(json_object_get(root, key));
}

/* Only words that cannot be more than one end of one arrow. */
static bool is_end(const char *text)
{
	static const char name[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

	return text && *text && !text[strspn(text, name)];
}

static int parse(const json_t *root, struct rewiring *ret, struct sigslot_error *err)
{
	*ret = (struct rewiring){
		.connect = strcmp(text_of(root, "op"), "connect") == 0,
		.drain = json_is_true(json_object_get(root, "drain")),
		.arrow = {text_of(root, "from"), text_of(root, "to"),
			  text_of(root, "full"),
			  json_is_true(json_object_get(root, "once"))},
	};
	if (is_end(ret->arrow.from) && is_end(ret->arrow.to) &&
	    (!ret->arrow.full || queue_full_find(ret->arrow.full) != QUEUE_FULLS))
		return 0;
	return fail(err, -EPROTO,
		    "the instance is of a version that does not know this");
}

bool rewire_knows(const json_t *root)
{
	static const char *const ops[] = {"connect", "disconnect", "save", "reload"};
	const char *op = text_of(root, "op");

	for (size_t i = 0; op && i < ARRAY_LEN(ops); i++)
		if (strcmp(ops[i], op) == 0)
			return json_integer_value(json_object_get(root, "v")) == 1;
	return false;
}

static int prepare(struct supervisor *s, const struct rewiring *asked,
		   struct sigslot_error *err)
{
	return asked->connect ? wiring_connect(s->wiring, &asked->arrow, err)
			      : wiring_disconnect(s->wiring, &asked->arrow, err);
}

/* Nobody hands over anything by these routes any more. */
static void remove_fuses(const struct world *w)
{
	const struct route_target *t;
	char name[24];

	for (uint32_t i = 0; (t = routes_target(w->routes, i)); i++) {
		if (!t->once || t->until != w->generation || t->flags & ROUTE_DRAINED)
			continue;
		once_name(t->once, name);
		unlinkat(w->dir, name, 0);
	}
}

static int publish(struct supervisor *s, uint32_t flags, struct sigslot_error *err)
{
	const struct plan *next = wiring_next(s->wiring);
	int r = naming_renew(&s->world, next, flags, err);

	if (r < 0)
		return r;
	rewire_tell(s, next);
	remove_fuses(&s->world);
	wiring_commit(s->wiring);
	s->plan = s->world.plan = wiring_plan(s->wiring);
	return 0;
}

static int save(const struct supervisor *s, int *ret_fd, struct sigslot_error *err)
{
	_buf_ struct buf text = {0};
	_close_ int fd = -1;
	int r = wiring_save(s->wiring, &text, err);

	if (r < 0)
		return r;
	fd = memfd_create("topology", MFD_CLOEXEC);
	if (fd < 0)
		return fail_errno(err, "cannot make a file in memory");
	r = fd_write(fd, text.data, text.size);
	if (r < 0)
		return fail(err, r, "cannot write a file in memory: %s", strerror(-r));
	lseek(fd, 0, SEEK_SET);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int rewire_ask(struct supervisor *s, const json_t *root, int *ret_fd,
	       struct sigslot_error *err)
{
	struct rewiring asked;
	int r;

	if (strcmp(text_of(root, "op"), "save") == 0)
		return save(s, ret_fd, err);
	if (strcmp(text_of(root, "op"), "reload") == 0)
		return reload_ask(s, ret_fd, err);
	r = parse(root, &asked, err);
	if (r == 0 && (s->stop.active || s->ending))
		r = fail(err, -ESHUTDOWN, "instance '%s' is stopping", s->plan->name);
	r = r ?: prepare(s, &asked, err);
	r = r ?: publish(s, asked.drain ? ROUTE_DRAINED : 0, err);
	if (r)
		wiring_forget(s->wiring);
	return r;
}

/*
 * The plan's connection that hangs on it; NULL: none any more. The targets that stand
 * are in the routes as they are in the plan.
 */
static const struct plan_connection *find_fuse(const struct supervisor *s,
					       uint64_t fuse)
{
	const struct plan *p = s->plan;
	const struct routes *r = s->world.routes;

	for (uint32_t i = 0; i < p->signals_len; i++) {
		const struct route_name *n = routes_name(r, s->world.signal_ids[i]);

		for (uint32_t k = 0; k < p->signals[i].targets_len; k++) {
			uint32_t target = p->signals[i].first_target + k;
			const struct route_target *t =
				routes_target(r, n->first_target + k);

			if (t && t->once == fuse)
				return &p->connections[p->targets[target].connection];
		}
	}
	return NULL;
}

void rewire_spent(struct supervisor *s, uint64_t fuse)
{
	const struct plan_connection *c = find_fuse(s, fuse);
	struct sigslot_error err = {0};
	struct topology_arrow gone;
	int r;

	if (!c || s->ending)
		return; /* while it stops it goes, too: the next run may go on */
	gone = (struct topology_arrow){.from = c->from, .to = c->to};
	r = wiring_disconnect(s->wiring, &gone, &err);
	if (r == 0)
		r = publish(s, ROUTE_SPENT, &err);
	if (r < 0)
		log_line("sigslot", "%s", err.text);
	if (r)
		wiring_forget(s->wiring);
}
