/* SPDX-License-Identifier: MIT */
/*
 * plugin: C functions in this process, one instance for an object. The file is loaded
 * only if nobody else can write it, through the very descriptor that was checked, and
 * nothing of it is called before its ABI number and size are known to be right.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "message/json.h"
#include "slot/kinds.h"
#include "slot/report.h"
#include "slot/plugin.h"
#include "slot/spawn.h"

/* What a plugin sees of itself. */
struct sigslot_slot {
	struct slot slot;
	int fd; /* stays open, as the loader knows the library by its number */
	void *library;
	const struct sigslot_plugin *plugin;
	void *state;
	struct slot_job *job; /* that is being delivered */
};

static struct sigslot_slot *plugin_of(struct slot *s)
{
	return container_of(s, struct sigslot_slot, slot);
}

/* --- after a fork -------------------------------------------------------------- */

/* Reads 1 in this process and 0 in every child, whoever forks it and however. */
static const volatile char *here;

static int mark_process(struct sigslot_error *err)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	char *page;

	if (here && *here)
		return 0;
	page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0);
	if (page == MAP_FAILED || madvise(page, size, MADV_WIPEONFORK) < 0)
		return fail_errno(err, "cannot map a page");
	*page = 1;
	here = page;
	return 0;
}

static bool elsewhere(void)
{
	return !here || !*here;
}

/* --- loading ------------------------------------------------------------------- */

/* Ours or root's, and writable by nobody else. */
static int check_owner(int fd, const char *what, const char *path,
		       struct sigslot_error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail_errno(err, "cannot examine %s '%s'", what, path);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return fail(err, -EPERM,
			    "%s '%s' belongs to user %u, not to you or root", what,
			    path, (unsigned)st.st_uid);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return fail(err, -EPERM,
			    "%s '%s' can be written by others (mode %04o): "
			    "chmod go-w it",
			    what, path, (unsigned)(st.st_mode & 07777));
	return 0;
}

static int check_regular(int fd, const char *path, struct sigslot_error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail_errno(err, "cannot examine plugin '%s'", path);
	if (!S_ISREG(st.st_mode))
		return fail(err, -EINVAL, "plugin '%s' is not a regular file", path);
	return 0;
}

/* Opens the file by way of its directory, and both once. Returns a descriptor. */
static int open_file(const char *path, struct sigslot_error *err)
{
	const char *slash = strrchr(path, '/');
	_free_ char *folder = strndup(path, (size_t)(slash - path) + 1);
	_close_ int dir = -1, fd = -1;
	int r;

	if (!folder)
		return fail(err, -ENOMEM, "no memory");
	dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return fail_errno(err, "cannot open directory '%s' of a plugin",
				  folder);
	/* not blocked by a FIFO in its place */
	fd = openat(dir, slash + 1, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno == ELOOP)
		return fail(err, -ELOOP,
			    "plugin '%s' is a symbolic link: name the file", path);
	if (fd < 0)
		return fail_errno(err, "cannot open plugin '%s'", path);
	r = check_regular(fd, path, err);
	if (r == 0)
		r = check_owner(fd, "plugin", path, err);
	if (r == 0)
		r = check_owner(dir, "directory", folder, err);
	return r < 0 ? r : TAKE_FD(fd);
}

static int check_abi(const struct sigslot_plugin *p, const char *path,
		     struct sigslot_error *err)
{
	if (!p)
		return fail(err, -EINVAL,
			    "plugin '%s' does not export the constant sigslot_plugin",
			    path);
	if (p->abi != SIGSLOT_PLUGIN_ABI)
		return fail(err, -EINVAL,
			    "plugin '%s' was made for ABI %u, this is ABI %u: "
			    "compile it again",
			    path, p->abi, SIGSLOT_PLUGIN_ABI);
	if (p->size < sizeof(*p))
		return fail(err, -EINVAL,
			    "plugin '%s' says that its size is %u bytes, not %zu", path,
			    p->size, sizeof(*p));
	if (!p->deliver)
		return fail(err, -EINVAL, "plugin '%s' has no deliver()", path);
	return 0;
}

/*
 * By name, as this file is part of a static program, too, where there is no dlopen()
 * that works and the linker warns of one that does not.
 */
static int load(struct sigslot_slot *ps, const char *path, struct sigslot_error *err)
{
	void *(*open_library)(const char *, int) = dlsym(RTLD_DEFAULT, "dlopen");
	char by_fd[32];

	if (!open_library)
		return fail(err, -ENOTSUP,
			    "plugin '%s' cannot be loaded by a static program", path);
	ps->fd = open_file(path, err);
	if (ps->fd < 0)
		return ps->fd;
	snprintf(by_fd, sizeof(by_fd), "/proc/self/fd/%d", ps->fd);
	spawn_distrust();
	ps->library = open_library(by_fd, RTLD_NOW | RTLD_LOCAL);
	if (!ps->library)
		return fail(err, -EINVAL, "cannot load plugin '%s': %s", path,
			    dlerror());
	ps->plugin = dlsym(ps->library, "sigslot_plugin");
	return check_abi(ps->plugin, path, err);
}

static void unload(struct sigslot_slot *ps)
{
	if (ps->library)
		dlclose(ps->library);
	ps->library = NULL;
	fd_close(&ps->fd);
}

/* Relative paths start at the directory of the topology. */
static char *find_path(const char *directory, const char *file)
{
	bool whole = *file == '/';
	char *path;

	return asprintf(&path, "%s%s%s", whole ? "" : directory, whole ? "" : "/",
			file) < 0
		       ? NULL
		       : path;
}

int plugin_try(const char *directory, const char *file, struct sigslot_error *err)
{
	_free_ char *path = find_path(directory, file);
	struct sigslot_slot ps = {.fd = -1};
	int r = path ? load(&ps, path, err) : fail(err, -ENOMEM, "no memory");

	unload(&ps);
	return r;
}

/* --- life ---------------------------------------------------------------------- */

static int open_plugin(struct slot *s, struct sigslot_error *err)
{
	struct sigslot_slot *ps = plugin_of(s);
	_free_ char *path = find_path(s->spec->directory, s->spec->text);
	int r;

	ps->fd = -1;
	if (!path)
		return fail(err, -ENOMEM, "no memory");
	r = mark_process(err);
	if (r == 0)
		r = load(ps, path, err);
	if (r == 0 && ps->plugin->open) {
		r = ps->plugin->open(ps, &ps->state);
		if (r != 0) {
			r = r < 0 ? r : -EINVAL;
			fail(err, r, "plugin '%s' did not open: %s", path,
			     strerror(-r));
		}
	}
	if (r < 0)
		unload(ps);
	return r;
}

static const struct slot_verdict ok = {.exit = -1, .err_tail = ""};

/* Apart, as filling in a verdict costs as much as calling the plugin. */
static __attribute__((noinline)) void report_call(struct slot *s, struct slot_job *job,
						  int r, uint64_t took_ns)
{
	struct slot_verdict v = ok;

	if (r != 0) {
		r = r < 0 ? r : -EINVAL;
		v = report_verdict(r, r == -EILSEQ, "the plugin says: %s",
				   strerror(-r));
	}
	v.took_ns = took_ns;
	report_done(s, job, &v);
}

static void deliver(struct slot *s, struct slot_job *job)
{
	struct sigslot_slot *ps = plugin_of(s);
	uint64_t started = s->spec->untimed ? 0 : clock_now();
	int r;

	ps->job = job;
	r = ps->plugin->deliver(ps, ps->state, &job->message);
	ps->job = NULL;
	if (r == 0 && !started)
		report_done(s, job, &ok);
	else
		report_call(s, job, r, started ? clock_now() - started : 0);
}

static void finish(struct slot *s)
{
	struct sigslot_slot *ps = plugin_of(s);

	if (ps->plugin->close)
		ps->plugin->close(ps, ps->state);
	ps->plugin = NULL;
	report_ended(s, &ok, true);
}

/* Not drained: close() is not called, and the code stays as something may still run. */
static void close_plugin(struct slot *s)
{
	if (!plugin_of(s)->plugin)
		unload(plugin_of(s));
}

const struct slot_kind kind_plugin = {
	.name = "plugin",
	.size = sizeof(struct sigslot_slot),
	.resident = true,
	.takes = true,
	.open = open_plugin,
	.deliver = deliver,
	.finish = finish,
	.close = close_plugin,
};

/* --- what a plugin calls ------------------------------------------------------- */

int sigslot_slot_emit(struct sigslot_slot *slot, const char *signal,
		      const char *payload, size_t size)
{
	int r;

	if (!slot || !signal || !payload || elsewhere())
		return -EINVAL;
	r = json_check(payload, size, NULL);
	if (r < 0)
		return r;
	return report_emit(&slot->slot, slot->job, signal, payload, size);
}

const char *sigslot_slot_config(const struct sigslot_slot *slot)
{
	return slot && slot->slot.spec->config ? slot->slot.spec->config : "null";
}

const char *sigslot_slot_object(const struct sigslot_slot *slot)
{
	return slot ? slot->slot.spec->object : "";
}

void sigslot_slot_log(struct sigslot_slot *slot, const char *format, ...)
{
	char line[REPORT_LOG_LINE];
	va_list args;
	int size;

	if (!slot || elsewhere())
		return;
	va_start(args, format);
	size = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (size < 0)
		return;
	if ((size_t)size >= sizeof(line))
		size = sizeof(line) - 1;
	report_log(&slot->slot, line, (size_t)size);
}
