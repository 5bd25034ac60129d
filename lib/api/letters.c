/* SPDX-License-Identifier: MIT */
/*
 * Letters. One is known by its signal, `dead`, and by what it holds.
 */
#include "api/letters.h"

#include <string.h>

#include "base/fd.h"
#include "base/vec.h"
#include "message/json.h"
#include "state/runtime.h"

/* Where one goes. */
struct way {
	struct json_slice payload;
	struct envelope envelope;
	const char *queue;
};

static bool text_at(const struct payload *p, const char *path, struct buf *out)
{
	struct json_slice value;

	return json_path(p->data, p->size, path, &value) == 0 &&
	       json_kind_of(value.data, value.size) == JSON_KIND_STRING &&
	       json_unquote(value.data, value.size, out) == 0 &&
	       buf_add_byte(out, '\0') == 0;
}

/* "src.out", as the slot was told; nobody if a script sent it. */
static void find_sender(const struct routes *r, const struct payload *p,
			struct envelope *e)
{
	_buf_ struct buf from = {0};
	char *dot = text_at(p, ".from", &from) ? strrchr(from.data, '.') : NULL;
	const struct route_name *n;

	e->sender = e->signal = ROUTE_NOBODY;
	if (!dot)
		return;
	*dot = '\0';
	e->signal = routes_find(r, from.data, dot + 1, ROUTE_SIGNAL);
	n = routes_name(r, e->signal);
	e->sender = n ? n->object : (uint32_t)ROUTE_NOBODY;
}

static bool find_way(const struct routes *r, const struct claim *c, struct way *ret)
{
	const struct route_name *signal = routes_name(r, c->envelope.signal), *slot;
	const struct payload *p = &c->payload;
	_buf_ struct buf name = {0};
	uint32_t id;

	if (!signal || signal->kind != ROUTE_SIGNAL ||
	    strcmp(routes_text(r, signal->member), "dead") != 0 ||
	    json_check(p->data, p->size, NULL) < 0 || !text_at(p, ".slot", &name) ||
	    json_path(p->data, p->size, ".payload", &ret->payload) < 0)
		return false;
	id = routes_find(r, routes_text(r, signal->owner), name.data, ROUTE_SLOT);
	slot = routes_name(r, id);
	if (!slot || !routes_queue(r, slot->queue))
		return false;
	ret->envelope = c->envelope;
	ret->envelope.connection = ROUTE_DIRECT | id;
	find_sender(r, p, &ret->envelope);
	ret->queue = routes_text(r, routes_queue(r, slot->queue)->name);
	return true;
}

static int send_one(struct sigslot_queue *q, struct queue *home, const struct claim *c,
		    const struct way *way, struct sigslot_error *err)
{
	_close_ int queues = -1;
	struct queue *to = NULL;
	int r = runtime_subdir(q->in.dir, "q", false, &queues, err);

	if (r == 0)
		r = queue_open(queues, way->queue, q->identity, &to, err);
	if (r == 0)
		r = queue_push(to, &way->envelope, way->payload.data, way->payload.size,
			       err);
	queue_close(to);
	return r < 0 ? r : queue_ack(home, c, 1);
}

int letters_send(struct sigslot_queue *q, struct queue *home, uint64_t max,
		 uint64_t *sent, struct sigslot_error *err)
{
	VEC(struct claim) others = {0};
	struct claim c;
	struct way way;
	int r = 0;

	while (r == 0 && *sent < max && (r = queue_claim(home, &c, 1, err)) == 1) {
		struct claim *other = NULL;

		if (find_way(q->in.routes, &c, &way)) {
			r = send_one(q, home, &c, &way, err);
			*sent += r == 0;
		} else if ((other = vec_add(&others))) {
			*other = c;
			r = 0;
		}
		if (r != 0) {
			queue_return(home, &c, 0, false);
			break;
		}
	}
	vec_each(other, &others)
		queue_return(home, other, 0, false);
	vec_done(&others);
	return r < 0 ? r : 0;
}
