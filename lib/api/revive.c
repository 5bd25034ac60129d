/* SPDX-License-Identifier: MIT */
/*
 * Durable queues after a reboot: found in the state directory.
 */
#include "api/revive.h"

#include <string.h>

#include "api/named.h"
#include "queue/dead.h"
#include "queue/durable.h"
#include "state/runtime.h"
#include "state/store.h"

int revive(const char *name, struct sigslot_error *err)
{
	struct queue_limits limits = {0};
	struct sigslot_error why;
	struct queue_counts n;
	char site[STORE_PATH];
	int r = store_path(REVIVE_STORE, name, false, site, &why);

	if (r < 0)
		return -ENOENT; /* who creates one is told why */
	r = site_peek(site, name, &n, &why);
	if (r == -ENOENT)
		return r;
	/* its ring says what it is; a damaged one is refused when it is mapped */
	limits.size = r == 0 ? n.size : 1;
	limits.site = site;
	r = named_create(name, &limits, err);
	return r == -EEXIST ? 0 : r;
}

/* --- all in a directory of the state directory --- */

static int each(const char *instance, int (*fn)(void *data, const char *name),
		void *data)
{
	struct sigslot_error unused;
	_close_ int store = -1, dir = -1;
	int r = store_open(false, &store, &unused);

	if (r == 0)
		r = runtime_subdir(store, instance, false, &dir, &unused);
	return r < 0 ? -ENOENT : runtime_each(dir, fn, data);
}

static int revive_one(void *unused, const char *name)
{
	(void)unused;
	revive(name, NULL);
	return 0;
}

void revive_all(void)
{
	each(REVIVE_STORE, revive_one, NULL);
}

struct dead {
	const char *instance;
	bool drop;
	uint64_t messages;
	struct sigslot_error *err;
};

static int count_dead(void *data, const char *name)
{
	struct dead *d = data;
	struct queue_counts n = {0};
	char site[STORE_PATH];
	int r = store_path(d->instance, name, false, site, d->err);

	if (r < 0)
		return r;
	r = site_peek(site, name, &n, d->err);
	d->messages += n.records;
	if (d->drop || (r == 0 && !n.records))
		return site_remove(site);
	return r == -ENOENT ? 0 : r;
}

int revive_dead(const char *instance, bool drop, uint64_t *ret_messages,
		struct sigslot_error *err)
{
	struct dead d = {.instance = instance, .drop = drop, .err = err};
	int r = each(instance, count_dead, &d);

	*ret_messages = d.messages;
	return r;
}

/* --- finding one --- */

struct wanted {
	const char *queue;
	char (*site)[STORE_PATH];
	unsigned len;
};

static int find_in(void *data, const char *instance)
{
	struct wanted *w = data;
	struct sigslot_error unused;
	struct queue_counts n;
	char site[STORE_PATH];

	if (store_path(instance, w->queue, false, site, &unused) == 0 &&
	    site_peek(site, w->queue, &n, &unused) != -ENOENT && !w->len++)
		memcpy(*w->site, site, sizeof(site));
	return 0;
}

int revive_find(const char *instance, const char *queue, char ret_site[static 4096],
		struct sigslot_error *err)
{
	struct wanted w = {.queue = queue, .site = (char(*)[STORE_PATH])ret_site};

	find_in(&w, *instance ? instance : REVIVE_STORE);
	if (!w.len && !*instance)
		each(".", find_in, &w);
	if (w.len > 1)
		return fail(err, -EINVAL,
			    "several instances have a durable queue '%s': say which "
			    "one, as INSTANCE/%s",
			    queue, queue);
	return w.len ? 0 : -ENOENT;
}

/* --- forgetting --- */

int revive_forget(int instance, const char *queue)
{
	_close_ int queues = -1;
	int r = runtime_subdir(instance, "q", false, &queues, NULL);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (!queue_sited(queues, queue))
		return 0;
	dead_remove(queues, queue, NULL);
	return queue_remove(queues, queue, NULL);
}

static int forget_one(void *data, const char *queue)
{
	return revive_forget(*(int *)data, queue);
}

int revive_forget_all(int instance)
{
	_close_ int queues = -1;
	int r = runtime_subdir(instance, "q", false, &queues, NULL);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	return runtime_each(queues, forget_one, &instance);
}
