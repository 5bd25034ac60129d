/* SPDX-License-Identifier: MIT */
/*
 * Dead ones. First into the ring of the dead, then out of the queue: a kill in between
 * leaves a message twice, never not at all.
 */
#include "queue/dead.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/vec.h"
#include "queue/site.h"

enum { LEAST_SIZE = 1 << 20, WRAP_ROOM = 65536 };

/* A queue's name has no dot in it, so this is nobody else's. */
static const char *ring_name(const char *name, char out[static 80])
{
	snprintf(out, 80, "%.63s.dead", name);
	return out;
}

/* Those of a durable queue are durable: `NAME.dead` beside its site. */
static bool find_site(int dir, const char *name, char path[static SITE_PATH])
{
	size_t len;

	if (site_of(dir, name, path) < 0)
		return false;
	len = strlen(path);
	return snprintf(path + len, SITE_PATH - len, ".dead") < (int)(SITE_PATH - len);
}

/* As large as the queue, so that a message of any size has room for its note, too. */
static int create(int dir, const char *name, const char *ring,
		  struct sigslot_error *err)
{
	struct queue_limits limits = {.size = LEAST_SIZE};
	struct queue_counts counts;
	char site[SITE_PATH];
	int r = queue_peek(dir, name, &counts, err);

	if (r < 0)
		return r;
	if (find_site(dir, name, site))
		limits.site = site;
	if (counts.size + WRAP_ROOM > limits.size)
		limits.size = counts.size + WRAP_ROOM;
	r = queue_create(dir, ring, &limits, err);
	return r == -EEXIST ? 0 : r;
}

int dead_open(int dir, const char *name, struct identity *id, struct queue **ret,
	      struct sigslot_error *err)
{
	char ring[80];
	int r = queue_open(dir, ring_name(name, ring), id, ret, err);

	if (r != -ENOENT)
		return r;
	r = create(dir, name, ring, err);
	return r < 0 ? r : queue_open(dir, ring, id, ret, err);
}

static int wrap(const struct claim *c, const struct payload *notes, struct buf *out)
{
	struct dead_note note = {.time_ns = clock_wall(),
				 .attempts = c->attempt,
				 .notes = (uint32_t)notes->size};

	return buf_add(out, &note, sizeof(note))
		       ?: buf_add(out, notes->data, notes->size)
			       ?: buf_add(out, c->payload.data, c->payload.size);
}

static int drop_oldest(struct queue *dead)
{
	struct claim oldest;
	int r = queue_claim(dead, &oldest, 1, NULL);

	if (r <= 0)
		return r < 0 ? r : -EAGAIN;
	return queue_drop(dead, &oldest);
}

int dead_push(struct queue *dead, const struct claim *c, const struct payload *notes,
	      struct sigslot_error *err)
{
	static const struct payload nothing = {"", 0};
	_buf_ struct buf b = {0};
	int r;

	if (wrap(c, notes ? notes : &nothing, &b) < 0)
		return fail(err, -ENOMEM, "out of memory");
	while ((r = queue_push(dead, &c->envelope, b.data, b.size, err)) == -EAGAIN)
		if ((r = drop_oldest(dead)) < 0)
			break;
	return r;
}

int dead_bury(struct queue *q, struct queue *dead, const struct claim *c,
	      struct sigslot_error *err)
{
	int r = dead_push(dead, c, NULL, err);

	return r < 0 ? r : queue_bury(q, c);
}

int dead_unwrap(struct payload *p, struct dead_note *ret)
{
	if (p->size < sizeof(*ret))
		return -EBADMSG;
	memcpy(ret, p->data, sizeof(*ret));
	if (p->size - sizeof(*ret) < ret->notes)
		return -EBADMSG;
	p->data = (const char *)p->data + sizeof(*ret) + ret->notes;
	p->size -= sizeof(*ret) + ret->notes;
	return 0;
}

/* Whether it was sent back before. Who has died in dead_bury() left it here twice. */
static bool seen_before(const struct dead_seen *seen, const struct envelope *e)
{
	for (size_t i = 0; i < seen->len; i++)
		if (memcmp(&seen->at[i], e, sizeof(*e)) == 0)
			return true;
	return false;
}

static int send_back(struct queue *dead, struct queue *q, const struct claim *c,
		     struct dead_seen *seen, struct sigslot_error *err)
{
	struct payload p = c->payload;
	struct envelope *mark;
	struct dead_note note;
	int r = dead_unwrap(&p, &note);

	if (r < 0)
		return fail(err, r, "a dead message is damaged");
	mark = vec_add(seen);
	if (!mark)
		return fail(err, -ENOMEM, "out of memory");
	r = queue_push(q, &c->envelope, p.data, p.size, err);
	if (r < 0)
		seen->len--;
	else
		*mark = c->envelope;
	return r < 0 ? r : queue_ack(dead, c, 1);
}

int dead_retry(struct queue *dead, struct queue *q, struct dead_seen *seen,
	       struct sigslot_error *err)
{
	struct claim c;
	int r;

	while ((r = queue_claim(dead, &c, 1, err)) == 1) {
		if (seen_before(seen, &c.envelope)) {
			queue_drop(dead, &c);
			continue;
		}
		r = send_back(dead, q, &c, seen, err);
		if (r < 0)
			queue_return(dead, &c, 0, false);
		return r < 0 ? r : 1;
	}
	return r;
}

uint64_t dead_count(int dir, const char *name)
{
	struct queue_counts counts = {0};
	char ring[80], site[SITE_PATH];
	int r = queue_peek(dir, ring_name(name, ring), &counts, NULL);

	/* nobody has used them since a reboot */
	if (r == -ENOENT && find_site(dir, name, site))
		site_peek(site, ring, &counts, NULL);
	return counts.records;
}

int dead_remove(int dir, const char *name, struct sigslot_error *err)
{
	char ring[80], site[SITE_PATH];
	int r = queue_remove(dir, ring_name(name, ring), err);

	if (r == -ENOENT)
		r = find_site(dir, name, site) ? site_remove(site) : 0;
	return r;
}
