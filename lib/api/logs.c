/* SPDX-License-Identifier: MIT */
/*
 * sigslot_logs(): the lines of an instance, from its files alone. Who follows sleeps
 * until the directory changes or the supervisor ends.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "api/logs.h"
#include "api/sole.h"
#include "base/fd.h"

enum { SOURCES = IN_MODIFY | IN_CREATE | IN_MOVED_TO };

struct reading {
	const struct sigslot_logs *what;
	sigslot_logs_fn fn;
	void *data;
	struct logs_view view;
	int fd;
	uint64_t skip; /* so many of those that belong here are not told */
	struct buf bytes; /* read and not yet told */
};

/* --- which instance, and what of it --- */

/* Only what runs has a log. */
static int choose(struct logs_view *v, const char *operand, struct sigslot_error *err)
{
	int r = logs_choose(v, operand, err);
	char name[64];

	if (r < 0 || !v->in.queue)
		return r;
	memcpy(name, v->in.name, sizeof(name));
	instance_done(&v->in);
	return instance_open_run(name, &v->in, err);
}

static int choose_all(struct logs_view *v, const struct sigslot_logs *what,
		      struct sigslot_error *err)
{
	int r = what->names_len ? 0 : instance_sole(&v->in, err);

	for (size_t i = 0; r == 0 && i < what->names_len; i++) {
		struct logs_view more = {.in.dir = -1, .whole = v->whole};

		memcpy(more.wanted, v->wanted, sizeof(more.wanted));
		more.wanted_len = v->wanted_len;
		r = choose(&more, what->names[i], err);
		more.whole = more.whole || more.wanted_len == v->wanted_len;
		if (r == 0 && i && strcmp(more.in.name, v->in.name) != 0)
			r = fail(err, -EINVAL,
				 "'%s' and '%s' are not of one instance: their logs "
				 "are looked at one by one",
				 what->names[0], what->names[i]);
		instance_done(&v->in);
		*v = more;
	}
	return r;
}

/* --- lines --- */

/* Ends the line at `at` and parts it in two. Returns what stands behind `NAME | `. */
static char *part(char *line, char **ret_name)
{
	char *bar = strstr(line, " | ");

	*ret_name = bar ? line : "";
	if (!bar)
		return line;
	*bar = '\0';
	return bar + 3;
}

/* Tells, or only counts, the whole lines that there are; keeps the rest. */
static int tell(struct reading *r, uint64_t *count)
{
	char *at = r->bytes.data, *end, *name;
	int code = 0;

	while (at && code == 0 &&
	       (end = memchr(at, '\n', (size_t)(r->bytes.data + r->bytes.size - at)))) {
		char *line;

		*end = '\0';
		line = part(at, &name);
		if (logs_belongs(&r->view, name, line)) {
			if (count)
				++*count;
			else if (r->skip)
				r->skip--;
			else
				code = r->fn(r->data, name, line);
		}
		if (count) { /* it is told later */
			*end = '\n';
			if (line != at)
				line[-3] = ' ';
		}
		at = end + 1;
	}
	if (!count && at)
		buf_drop(&r->bytes, (size_t)(at - r->bytes.data));
	return code;
}

static int tell_first(struct reading *r)
{
	uint64_t lines = 0;

	if (r->what->last != UINT64_MAX)
		tell(r, &lines);
	if (lines > r->what->last)
		r->skip = lines - r->what->last;
	return tell(r, NULL);
}

/* --- following --- */

static int read_on(struct reading *r, struct sigslot_error *err)
{
	bool gap = false;
	int code = logfile_read_on(r->view.in.dir, &r->fd, &r->bytes, &gap);

	if (code < 0)
		return fail(err, code, "cannot read the log of '%s': %s",
			    r->view.in.name, strerror(-code));
	if (gap)
		code = r->fn(r->data, "sigslot",
			     "lines are missing here: they came too fast to follow");
	return code ? code : tell(r, NULL);
}

static int wait_for_change(int changes, int run, struct sigslot_error *err)
{
	struct pollfd fds[] = {{.fd = changes, .events = POLLIN},
			       {.fd = run, .events = POLLIN}};
	char events[4096];

	while (poll(fds, 2, -1) < 0)
		if (errno != EINTR)
			return fail_errno(err, "cannot wait for lines");
	if (fds[0].revents && read(changes, events, sizeof(events)) < 0 &&
	    errno != EAGAIN)
		return fail_errno(err, "cannot wait for lines");
	return fds[1].revents != 0;
}

static int follow(struct reading *r, struct sigslot_error *err)
{
	_close_ int changes = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	_close_ int run = instance_run(&r->view.in);
	char path[64];
	int code, ended = run < 0;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", r->view.in.dir);
	if (!ended && (changes < 0 || inotify_add_watch(changes, path, SOURCES) < 0))
		return fail_errno(err, "cannot follow the log of '%s'",
				  r->view.in.name);
	for (;;) {
		code = read_on(r, err);
		if (code || ended)
			return code;
		ended = wait_for_change(changes, run, err);
		if (ended < 0)
			return ended;
	}
}

int sigslot_logs(const struct sigslot_logs *what, sigslot_logs_fn fn, void *data,
		 struct sigslot_error *err)
{
	struct reading r = {what, fn, data, {.in.dir = -1}, .fd = -1};
	int code = choose_all(&r.view, what, err);

	if (code == 0) {
		logs_look(&r.view);
		code = logfile_read(r.view.in.dir, &r.bytes, &r.fd);
		if (code == -ENOENT)
			code = fail(err, -ENXIO, "instance '%s' has no log",
				    r.view.in.name);
		else if (code < 0)
			code = fail(err, code, "cannot read the log of '%s': %s",
				    r.view.in.name, strerror(-code));
		else
			code = tell_first(&r);
	}
	if (code == 0 && what->follow)
		code = follow(&r, err);
	fd_close(&r.fd);
	buf_done(&r.bytes);
	logs_done(&r.view);
	return code;
}
