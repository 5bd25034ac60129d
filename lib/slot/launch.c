/* SPDX-License-Identifier: MIT */
/*
 * Finds the program as execvp() does, but before the fork and in the command's own
 * PATH, puts the arguments and the environment together and starts it.
 */
#include "slot/launch.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "slot/report.h"
#include "slot/spawn.h"

static const char *const of_slot[] = {"INSTANCE", "PROCESS", "LOOP", "OBJECT", "SLOT"};
static const char *const of_message[] = {"SENDER", "SIGNAL", "SEQ", "ATTEMPT"};

static const char default_path[] = "/usr/local/bin:/usr/bin:/bin";

static size_t count(const char *const *texts)
{
	size_t n = 0;

	while (texts && texts[n])
		n++;
	return n;
}

static bool same_name(const char *a, const char *b)
{
	size_t size = strcspn(a, "=");

	return strcspn(b, "=") == size && memcmp(a, b, size) == 0;
}

/* Whether an entry is SIGSLOT_ and one of the names. */
static bool one_of(const char *entry, const char *const *names, size_t len)
{
	size_t size = strcspn(entry, "=");

	for (size_t i = 0; i < len; i++)
		if (size == 8 + strlen(names[i]) && memcmp(entry, "SIGSLOT_", 8) == 0 &&
		    memcmp(entry + 8, names[i], size - 8) == 0)
			return true;
	return false;
}

static bool ours(const char *entry)
{
	return one_of(entry, of_slot, ARRAY_LEN(of_slot)) ||
	       one_of(entry, of_message, ARRAY_LEN(of_message));
}

/* Whether one of `later` sets the same variable. */
static bool overridden(const char *entry, const char *const *later)
{
	for (; later && *later; later++)
		if (same_name(entry, *later))
			return true;
	return false;
}

static int add_own(struct launch *l)
{
	const struct slot_spec *spec = l->spec;
	const char *const values[] = {spec->instance, spec->process, spec->loop,
				      spec->object, spec->slot};

	for (size_t i = 0; i < ARRAY_LEN(of_slot); i++) {
		char *entry = arena_textf(&l->arena, "SIGSLOT_%s=%s", of_slot[i],
					  values[i] ? values[i] : "");

		if (!entry)
			return -ENOMEM;
		l->envp[l->envp_len++] = entry;
	}
	return 0;
}

/* The entry of that name, to be replaced, or a new one; "NAME=". */
static const char **entry_of(struct launch *l, const char *name)
{
	size_t i = 0;

	while (i < l->envp_len && !same_name(l->envp[i], name))
		i++;
	if (i == l->envp_len)
		l->envp[l->envp_len++] = name;
	return &l->envp[i];
}

/*
 * A resident command that holds its lines back until a buffer is full answers nothing.
 * coreutils has what makes stdio flush each line; who sets _STDBUF_O has decided.
 */
static int add_line_buffering(struct launch *l)
{
	static const char *const places[] = {"/usr/libexec/coreutils/libstdbuf.so",
					     "/usr/lib/coreutils/libstdbuf.so"};
	const char **preload, *file = NULL;

	for (size_t i = 0; !file && i < ARRAY_LEN(places); i++)
		if (access(places[i], R_OK) == 0)
			file = places[i];
	for (size_t i = 0; i < l->envp_len; i++)
		if (same_name(l->envp[i], "_STDBUF_O="))
			file = NULL;
	if (!file)
		return 0;
	*entry_of(l, "_STDBUF_O=") = "_STDBUF_O=L";
	preload = entry_of(l, "LD_PRELOAD=");
	*preload = arena_textf(&l->arena, "%s%s%s", *preload,
			       strcmp(*preload, "LD_PRELOAD=") ? ":" : "", file);
	return *preload ? 0 : -ENOMEM;
}

static int prepare_env(struct launch *l)
{
	const char *const *inherited = (const char *const *)environ;
	const char *const *env = l->spec->env;
	size_t cap = count(inherited) + count(env) + ARRAY_LEN(of_slot) +
		     ARRAY_LEN(of_message) + 3;
	int r = 0;

	l->envp = arena_alloc(&l->arena, cap * sizeof(*l->envp));
	if (!l->envp)
		return -ENOMEM;
	for (; inherited && *inherited; inherited++)
		if (!ours(*inherited) && !overridden(*inherited, env))
			l->envp[l->envp_len++] = *inherited;
	for (; env && *env; env++)
		if (!ours(*env) && !overridden(*env, env + 1))
			l->envp[l->envp_len++] = *env;
	l->path = default_path;
	for (size_t i = 0; i < l->envp_len; i++)
		if (strncmp(l->envp[i], "PATH=", 5) == 0)
			l->path = l->envp[i] + 5;
	if (l->spec->kind->resident)
		r = add_line_buffering(l);
	return r < 0 ? r : add_own(l);
}

static int prepare_argv(struct launch *l)
{
	static const char *const sh[] = {"sh", NULL};
	const struct slot_spec *spec = l->spec;
	const char *const *front = spec->argv	 ? spec->argv
				   : spec->shell ? spec->shell
						 : sh;
	size_t len = count(front);

	l->argv = arena_alloc(&l->arena, (len + 4) * sizeof(*l->argv));
	if (!l->argv || !len)
		return l->argv ? -EINVAL : -ENOMEM;
	memcpy(l->argv, front, len * sizeof(*front));
	if (!spec->argv) {
		l->argv[len++] = "-c";
		l->argv[len++] = spec->text;
		l->argv[len++] = "sh";
	}
	l->argv_len = len;
	return 0;
}

int launch_init(struct launch *l, const struct slot_spec *spec, const void *owner)
{
	int r;

	*l = (struct launch){.spec = spec, .owner = owner};
	r = prepare_env(l);
	if (r == 0)
		r = prepare_argv(l);
	if (r < 0)
		launch_done(l);
	return r;
}

void launch_done(struct launch *l)
{
	arena_done(&l->arena);
	free(l->file);
	*l = (struct launch){0};
}

/* Returns 0, or why this file would not start: -ENOENT, -EACCES, ... */
static int startable(const char *directory, const char *file)
{
	_free_ char *path = NULL;
	struct stat st;

	if (asprintf(&path, "%s%s%s", *file == '/' ? "" : directory,
		     *file == '/' ? "" : "/", file) < 0)
		return -ENOMEM;
	if (stat(path, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EACCES;
	return access(path, X_OK) < 0 ? -errno : 0;
}

/* Walks PATH; what is there but cannot be executed is only told if nothing else can. */
static int search(struct launch *l, const char *name)
{
	const char *at = l->path;
	int found = -ENOENT;

	for (;;) {
		size_t size = strcspn(at, ":");
		_free_ char *file = NULL;
		int r;

		if (asprintf(&file, "%.*s%s%s", (int)size, at, size ? "/" : "./",
			     name) < 0)
			return -ENOMEM;
		r = startable(l->spec->directory, file);
		if (r == 0) {
			l->file = TAKE(file);
			return 0;
		}
		if (r == -EACCES)
			found = r;
		if (!at[size])
			return found;
		at += size + 1;
	}
}

/* Finds the program, once. `sh` is the system's, whatever PATH says. */
static int find(struct launch *l)
{
	const char *name = l->argv[0];

	if (l->file)
		return 0;
	if (!l->spec->argv && strcmp(name, "sh") == 0)
		name = "/bin/sh";
	if (!*name)
		return -ENOENT;
	if (!strchr(name, '/'))
		return search(l, name);
	l->file = strdup(name);
	return l->file ? 0 : -ENOMEM;
}

/* Writes what this message adds to the environment. Returns 0 or -ENOMEM. */
static int message_env(struct launch *l, const struct sigslot_message *m,
		       struct arena *arena)
{
	const char **at = l->envp + l->envp_len;

	*at = NULL;
	if (!m)
		return 0;
	at[0] = arena_textf(arena, "SIGSLOT_SENDER=%s", m->sender ? m->sender : "");
	at[1] = arena_textf(arena, "SIGSLOT_SIGNAL=%s", m->signal ? m->signal : "");
	at[2] = arena_textf(arena, "SIGSLOT_SEQ=%llu", (unsigned long long)m->seq);
	at[3] = arena_textf(arena, "SIGSLOT_ATTEMPT=%u", m->attempt);
	at[4] = NULL;
	return at[0] && at[1] && at[2] && at[3] ? 0 : -ENOMEM;
}

static const char **full_argv(struct launch *l, const struct text_args *args,
			      struct arena *arena)
{
	const char **argv;

	if (!args || !args->len)
		return l->argv;
	argv = arena_alloc(arena, (l->argv_len + args->len + 1) * sizeof(*argv));
	if (!argv)
		return NULL;
	memcpy(argv, l->argv, l->argv_len * sizeof(*argv));
	memcpy(argv + l->argv_len, args->at, args->len * sizeof(*argv));
	return argv;
}

/* A script without #! is the shell's, as for execvp(). */
static int start_script(struct spawn *c, struct arena *arena, pid_t *ret_pid,
			enum spawn_step *ret_step)
{
	size_t len = count((const char *const *)c->argv);
	const char **argv = arena_alloc(arena, (len + 2) * sizeof(*argv));

	if (!argv)
		return -ENOMEM;
	argv[0] = "sh";
	argv[1] = c->file;
	memcpy(argv + 2, c->argv + 1, (len - 1) * sizeof(*argv));
	c->argv = (char *const *)argv;
	c->file = "/bin/sh";
	return spawn_start(c, ret_pid, ret_step);
}

static int start(struct launch *l, const char **argv, struct arena *arena,
		 const int fds[3], pid_t *ret_pid, enum spawn_step *ret_step)
{
	struct spawn c = {
		.argv = (char *const *)argv,
		.envp = (char *const *)l->envp,
		.directory = l->spec->directory,
		.fds = {fds[0], fds[1], fds[2]},
		.nice = l->spec->nice,
		.owner = l->owner,
	};
	bool known = l->file;
	int r;

	*ret_step = SPAWN_EXEC;
	r = find(l);
	if (r < 0)
		return r;
	c.file = l->file;
	r = spawn_start(&c, ret_pid, ret_step);
	if (r == -ENOEXEC)
		return start_script(&c, arena, ret_pid, ret_step);
	if (r == 0 || *ret_step != SPAWN_EXEC)
		return r;
	/* it may have moved to another directory of PATH since it was found */
	free(TAKE(l->file));
	return known && (r == -ENOENT || r == -EACCES)
		       ? start(l, argv, arena, fds, ret_pid, ret_step)
		       : r;
}

/* Out of something for the moment, rather than wrong. */
static bool passing(int code)
{
	static const int codes[] = {-EAGAIN, -ENOMEM, -EMFILE, -ENFILE, -ETXTBSY};

	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (codes[i] == code)
			return true;
	return false;
}

static struct slot_verdict failed(struct launch *l, int code, enum spawn_step step)
{
	const char *what = step == SPAWN_DIRECTORY ? "cannot start in directory"
						   : "cannot execute";
	const char *file = step == SPAWN_DIRECTORY ? l->spec->directory : l->argv[0];
	struct slot_verdict v;

	if (step == SPAWN_FORK)
		return report_verdict(code, false, "cannot start '%s': %s", l->argv[0],
				      code == -EAGAIN ? "too many processes"
						      : strerror(-code));
	if (step == SPAWN_EXEC && code == -ENOENT && strchr(file, '/') &&
	    startable(l->spec->directory, file) == 0)
		v = report_verdict(code, true,
				   "%s '%.100s': its interpreter is missing", what,
				   file);
	else
		v = report_verdict(code, !passing(code), "%s '%.100s': %s", what, file,
				   strerror(-code));
	if (v.final && code != -E2BIG)
		v.exit = step == SPAWN_EXEC && code == -ENOENT ? 127 : 126;
	return v;
}

int launch_start(struct launch *l, const struct slot_job *job,
		 const struct text_args *args, const int fds[3], pid_t *ret_pid,
		 struct slot_verdict *ret_v)
{
	_cleanup_(arena_done) struct arena arena = {0};
	enum spawn_step step = SPAWN_FORK;
	const char **argv = full_argv(l, args, &arena);
	int r = message_env(l, job ? &job->message : NULL, &arena);

	if (!argv || r < 0)
		r = -ENOMEM;
	else
		r = start(l, argv, &arena, fds, ret_pid, &step);
	if (r < 0)
		*ret_v = failed(l, r, step);
	return r;
}
