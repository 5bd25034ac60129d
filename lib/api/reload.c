/* SPDX-License-Identifier: MIT */
/*
 * sigslot_reload(): has an instance read its file again.
 */
#include <stdlib.h>
#include <string.h>

#include "api/control.h"
#include "base/buf.h"
#include "base/fd.h"
#include "base/clock.h"
#include "state/runtime.h"
#include "supervisor/reload.h"

enum { SIZE_MOST = 16 << 20, PAUSE_NS = 20 * 1000 * 1000 };

/* Problems that the supervisor found. They come from a file: sizes are checked. */
static void tell(int fd, sigslot_report_fn report, void *data)
{
	_buf_ struct buf bytes = {0};
	struct reload_problem p;

	if (fd < 0 || fd_read(fd, &bytes, SIZE_MOST) < 0 || !report)
		return;
	for (size_t at = 0; at + sizeof(p) <= bytes.size; at += sizeof(p)) {
		memcpy(&p, bytes.data + at, sizeof(p));
		p.problem.source[sizeof(p.problem.source) - 1] = '\0';
		p.problem.text[sizeof(p.problem.text) - 1] = '\0';
		p.source_line[sizeof(p.source_line) - 1] = '\0';
		report(data, &p.problem, p.source_line);
	}
}

/* What it did, line by line. */
static void tell_done(int fd, sigslot_line_fn told, void *data)
{
	_buf_ struct buf bytes = {0};
	char *save = NULL;

	if (fd < 0 || fd_read(fd, &bytes, SIZE_MOST) < 0 || !told ||
	    buf_add_byte(&bytes, '\0') < 0)
		return;
	for (char *line = strtok_r(bytes.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		told(data, line);
}

struct search {
	char names[512]; /* for people */
	char name[64];
	unsigned len;
};

static int consider(void *data, const char *name)
{
	struct search *s = data;
	size_t used = strlen(s->names);
	struct instance in;

	if (instance_open(name, &in, NULL) < 0)
		return 0;
	if (in.supervisor) {
		snprintf(s->name, sizeof(s->name), "%s", name);
		snprintf(s->names + used, sizeof(s->names) - used, "%s%s",
			 used ? ", " : "", name);
		s->len++;
	}
	instance_done(&in);
	return 0;
}

/* The only one that runs. */
static int find_only(struct instance *ret, struct sigslot_error *err)
{
	struct search s = {0};
	_close_ int runtime = -1;
	int r = runtime_open(false, &runtime, err);

	if (r == 0)
		runtime_each(runtime, consider, &s);
	if (r < 0 && r != -ENOENT)
		return r;
	if (!s.len)
		return fail(err, -ENXIO, "no instance runs");
	if (s.len > 1)
		return fail(err, -EINVAL, "several instances run: say which one: %s",
			    s.names);
	return instance_open(s.name, ret, err);
}

/* It may have to work off what a command has that asks, and so waits for it. */
static bool in_slot_of(const struct instance *in)
{
	const char *name = getenv("SIGSLOT_INSTANCE");

	return getenv("SIGSLOT_LOOP") && name && strcmp(name, in->name) == 0;
}

/* One at a time: who comes while the last one is not over waits for that. */
static int ask(const struct instance *in, uint64_t timeout_ns,
	       struct control_answer *answer, struct sigslot_error *err)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};
	uint64_t deadline = clock_after(clock_now(), timeout_ns);

	for (;;) {
		int r = control_ask(in, json_pack("{s:i,s:s}", "v", 1, "op", "reload"),
				    NEVER, answer, err);

		if (r != -EAGAIN || in_slot_of(in) || clock_now() >= deadline)
			return r;
		fd_close(&answer->fd);
		if (err)
			*err = (struct sigslot_error){0};
		nanosleep(&pause, NULL);
	}
}

int sigslot_reload(const char *instance, uint64_t timeout_ns, sigslot_report_fn report,
		   sigslot_line_fn told, void *data, struct sigslot_error *err)
{
	const char *name = instance ? instance : getenv("SIGSLOT_INSTANCE");
	struct control_answer answer = {.fd = -1};
	struct instance in = {.dir = -1};
	int r = name ? instance_open(name, &in, err) : find_only(&in, err);

	if (r == 0)
		r = ask(&in, timeout_ns, &answer, err);
	instance_done(&in);
	if (r < 0)
		tell(answer.fd, report, data);
	else
		tell_done(answer.fd, told, data);
	fd_close(&answer.fd);
	return r;
}
