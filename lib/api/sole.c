/* SPDX-License-Identifier: MIT */
/*
 * The only run. Looks at files only; nobody is asked.
 */
#include "api/sole.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "state/lock.h"
#include "state/runtime.h"

int instance_open_run(const char *name, struct instance *ret, struct sigslot_error *err)
{
	int r = instance_open(name, ret, err);

	if (r < 0 || !ret->queue)
		return r;
	instance_done(ret);
	return fail(err, -ENXIO, "'%s' is a queue, and no run", name);
}

struct candidates {
	char first[64];
	struct buf names;
	unsigned live, len;
};

static int consider(void *data, const char *name)
{
	struct candidates *c = data;
	struct instance in;
	bool live;

	if (instance_open(name, &in, NULL) < 0)
		return 0;
	live = in.supervisor;
	if (!in.queue && live >= (c->live > 0)) {
		if (live && !c->live) { /* the dead ones do not count any more */
			c->len = 0;
			buf_drop(&c->names, c->names.size);
		}
		c->live += live;
		buf_addf(&c->names, "%s%s", c->len ? ", " : "", name);
		if (c->len++ == 0)
			memcpy(c->first, name, strlen(name) + 1);
	}
	instance_done(&in);
	return 0;
}

int instance_sole(struct instance *ret, struct sigslot_error *err)
{
	const char *own = getenv("SIGSLOT_INSTANCE");
	struct candidates c = {0};
	_close_ int runtime = -1;
	int r;

	if (own && *own)
		return instance_open_run(own, ret, err);
	r = runtime_open(false, &runtime, err);
	if (r == 0)
		r = runtime_each(runtime, consider, &c);
	if (r == -ENOENT || (r == 0 && !c.len))
		r = fail(err, -ENXIO, "there is no instance: 'sigslot run' starts one");
	else if (r == 0 && c.len > 1)
		r = fail(err, -EINVAL, "there are several instances: say which one: %s",
			 c.names.data);
	else if (r == 0)
		r = instance_open_run(c.first, ret, err);
	buf_done(&c.names);
	return r;
}

int instance_run(const struct instance *in)
{
	int fd = in->supervisor > 0 ? (int)syscall(SYS_pidfd_open, in->supervisor, 0)
				    : -1;
	pid_t still = 0;

	if (lock_probe(in->dir, &still, NULL) < 0 || still != in->supervisor)
		fd_close(&fd);
	return fd;
}
