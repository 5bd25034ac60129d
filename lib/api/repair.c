/* SPDX-License-Identifier: MIT */
/*
 * sigslot_queue_repair(): finds the queue, which may be too damaged to be found by the
 * usual way, and makes sure that nobody uses it.
 */
#include "queue/repair.h"

#include <string.h>

#include "api/named.h"
#include "api/revive.h"
#include "state/store.h"

/* One that the runtime directory has. */
static int repair_here(const struct instance *in, int queues, const char *name,
		       struct repair *ret, struct sigslot_error *err)
{
	if (identity_used(in->dir))
		return fail(err, -EBUSY,
			    "queue '%s' is in use: stop '%s' and whoever has it open "
			    "first",
			    name, in->name);
	return queue_repair(queues, name, ret, err);
}

static int repair_there(const char *address, struct repair *ret, int r,
			struct sigslot_error *err)
{
	struct sigslot_error unused;
	char site[STORE_PATH];
	struct address a;
	int found;

	if (address_parse(address, &a, &unused) < 0)
		return r;
	found = revive_find(a.instance, a.name, site, err);
	return found == -ENOENT ? r : found ?: site_repair(site, a.name, ret, err);
}

int sigslot_queue_repair(const char *address, struct sigslot_repair *ret,
			 struct sigslot_error *err)
{
	struct instance in = {.dir = -1};
	_close_ int queues = -1;
	struct repair done = {0};
	char name[64];
	int r = named_find(address, false, &in, name, &queues, err);

	if (r == 0) {
		r = repair_here(&in, queues, name, &done, err);
		instance_done(&in);
	} else if (r != -EINVAL) {
		r = repair_there(address, &done, r, err);
	}
	if (r < 0)
		return r;
	*ret = (struct sigslot_repair){
		.intact = done.intact,
		.saved = done.saved,
		.lost = done.lost,
	};
	memcpy(ret->kept, done.kept, sizeof(ret->kept));
	return 0;
}
