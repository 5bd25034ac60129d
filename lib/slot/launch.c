/* SPDX-License-Identifier: MIT */
/*
 * Puts the arguments and the environment together and starts the command. That a shell
 * was left out must never show: whatever is not certain goes to the shell.
 */
#include "slot/launch.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "slot/plain.h"
#include "slot/program.h"
#include "slot/report.h"
#include "slot/spawn.h"
#include "slot/stream.h"

static const char *const sh[] = {"sh", NULL};

static size_t count(const char *const *texts)
{
	size_t n = 0;

	while (texts && texts[n])
		n++;
	return n;
}

/* Whether sh is dash, which adds nothing to the environment of what it starts. */
static bool shell_is_plain(const struct launch *l)
{
	char target[PATH_MAX];
	ssize_t n = readlink("/bin/sh", target, sizeof(target));

	return (!l->spec->shell ||
		(count(l->spec->shell) == 1 && strcmp(l->spec->shell[0], "sh") == 0)) &&
	       l->env.path && n >= 4 && memcmp(target + n - 4, "dash", 4) == 0;
}

static int prepare_shell(struct launch *l)
{
	const struct slot_spec *spec = l->spec;
	const char *const *front = spec->shell ? spec->shell : sh;
	size_t len = count(front);
	const char **argv = arena_alloc(&l->arena, (len + 4) * sizeof(*argv));

	if (!argv)
		return -ENOMEM;
	memcpy(argv, front, len * sizeof(*front));
	argv[len++] = "-c";
	argv[len++] = spec->text;
	argv[len++] = "sh";
	l->program = (struct program){.argv = argv, .len = len};
	if (!spec->kind->resident && shell_is_plain(l) && env_plain(&l->env))
		l->direct.argv = plain_words(spec->text, &l->arena);
	l->direct.len = count(l->direct.argv);
	return 0;
}

int launch_init(struct launch *l, const struct slot_spec *spec, const void *owner)
{
	int r;

	*l = (struct launch){.spec = spec, .owner = owner, .ready_fd = -1};
	r = env_init(&l->env, spec, &l->arena);
	if (r == 0 && spec->argv)
		l->program = (struct program){.argv = (const char **)spec->argv,
					      .len = count(spec->argv)};
	else if (r == 0)
		r = prepare_shell(l);
	if (r < 0)
		launch_done(l);
	return r;
}

void launch_done(struct launch *l)
{
	streams_free_spare(&l->spare);
	arena_done(&l->arena);
	free(l->program.file);
	free(l->direct.file);
	*l = (struct launch){0};
}

static const char **full_argv(const struct program *p, const struct text_args *args,
			      struct arena *arena)
{
	const char **argv;

	if (!args || !args->len)
		return p->argv;
	argv = arena_alloc(arena, (p->len + args->len + 1) * sizeof(*argv));
	if (!argv)
		return NULL;
	memcpy(argv, p->argv, p->len * sizeof(*argv));
	memcpy(argv + p->len, args->at, args->len * sizeof(*argv));
	return argv;
}

/* A script without #! is the shell's, as for execvp(). */
static int start_script(struct spawn *c, pid_t *ret_pid, enum spawn_step *ret_step)
{
	_cleanup_(arena_done) struct arena arena = {0};
	size_t len = count((const char *const *)c->argv);
	const char **argv = arena_alloc(&arena, (len + 2) * sizeof(*argv));

	if (!argv)
		return -ENOMEM;
	argv[0] = "sh";
	argv[1] = c->file;
	memcpy(argv + 2, c->argv + 1, (len - 1) * sizeof(*argv));
	c->argv = (char *const *)argv;
	c->file = "/bin/sh";
	return spawn_start(c, ret_pid, ret_step);
}

/* Finds the program if it is not known. `sh` is the system's, whatever PATH says. */
static int find(struct launch *l, struct program *p)
{
	const char *name = p->argv[0];

	if (p->file)
		return 0;
	if (!l->spec->argv && p == &l->program && strcmp(name, "sh") == 0)
		name = "/bin/sh";
	return program_find(name, l->env.path, l->spec->directory, &p->file);
}

static int start_once(struct launch *l, struct program *p, struct spawn *c,
		      pid_t *ret_pid, enum spawn_step *ret_step)
{
	int r;

	*ret_step = SPAWN_EXEC;
	r = find(l, p);
	if (r < 0)
		return r;
	c->file = p->file;
	r = spawn_start(c, ret_pid, ret_step);
	if (r == -ENOEXEC && p == &l->program)
		return start_script(c, ret_pid, ret_step);
	if (r < 0 && *ret_step == SPAWN_EXEC)
		free(TAKE(p->file));
	return r;
}

static int start(struct launch *l, struct program *p, const char **argv,
		 const int fds[3], pid_t *ret_pid, enum spawn_step *ret_step)
{
	struct spawn c = {
		.argv = (char *const *)argv,
		.envp = (char *const *)l->env.at,
		.directory = l->spec->directory,
		.fds = {fds[0], fds[1], fds[2], l->ready_fd},
		.nice = l->spec->nice,
		.owner = l->owner,
	};
	bool known = p->file;
	int r = start_once(l, p, &c, ret_pid, ret_step);

	/* it may have moved to another directory of PATH since it was found */
	if (known && *ret_step == SPAWN_EXEC && (r == -ENOENT || r == -EACCES))
		r = start_once(l, p, &c, ret_pid, ret_step);
	return r;
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

static const char *why(struct launch *l, int code, enum spawn_step step)
{
	const char *file = l->program.argv[0];

	if (step == SPAWN_FORK && code == -EAGAIN)
		return "too many processes";
	if (step == SPAWN_EXEC && code == -ENOENT && strchr(file, '/') &&
	    program_startable(l->spec->directory, file) == 0)
		return "its interpreter is missing";
	return strerror(-code);
}

static struct slot_verdict failed(struct launch *l, int code, enum spawn_step step)
{
	static const char *const what[] = {
		[SPAWN_FORK] = "cannot start",
		[SPAWN_DIRECTORY] = "cannot start in directory",
		[SPAWN_EXEC] = "cannot execute",
	};
	const char *file =
		step == SPAWN_DIRECTORY ? l->spec->directory : l->program.argv[0];
	bool final = step != SPAWN_FORK && !passing(code);
	struct slot_verdict v = report_verdict(code, final, "%s '%.80s': %s",
					       what[step], file, why(l, code, step));

	if (final && code != -E2BIG)
		v.exit = step == SPAWN_EXEC && code == -ENOENT ? 127 : 126;
	return v;
}

int launch_start(struct launch *l, const struct slot_job *job,
		 const struct text_args *args, const int fds[3], pid_t *ret_pid,
		 struct slot_verdict *ret_v)
{
	_cleanup_(arena_done) struct arena arena = {0};
	enum spawn_step step = SPAWN_FORK;
	const char **argv;
	int r = env_message(&l->env, job ? &job->message : NULL, &arena);

	/* a shell would give the arguments to nobody; what fails is its to tell */
	if (r == 0 && l->direct.argv &&
	    start(l, &l->direct, l->direct.argv, fds, ret_pid, &step) == 0)
		return 0;
	argv = full_argv(&l->program, args, &arena);
	if (r == 0 && argv)
		r = start(l, &l->program, argv, fds, ret_pid, &step);
	else
		r = -ENOMEM;
	if (r < 0)
		*ret_v = failed(l, r, step);
	return r;
}
