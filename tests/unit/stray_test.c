/* SPDX-License-Identifier: MIT */
/*
 * Commands that slipped away: which processes their mark gives away, and which are left
 * alone. Each process here says that it runs through a pipe, and is awaited by it.
 *
 * A mistake in what is tested could end every process of the user: so all of this runs
 * where there are no others, if the system lets us make such a place.
 */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "tap.h"
#include "worker/stray.h"

static char run[40], other[40];

/* A process that was started with an environment, and the end of a pipe that it has. */
struct runner {
	pid_t pid;
	int fd;
};

static struct runner start(const char *const *environment, const char *script)
{
	char *argv[] = {"sh", "-c", (char *)script, NULL};
	struct runner r = {0};
	int pipes[2];
	char c;

	if (pipe(pipes) < 0 || (r.pid = fork()) < 0)
		BAIL("no process");
	if (!r.pid) {
		dup2(pipes[1], 1);
		close(pipes[0]);
		close(pipes[1]);
		alarm(60);
		execve("/bin/sh", argv, (char **)environment);
		_exit(127);
	}
	close(pipes[1]);
	r.fd = pipes[0];
	if (read(r.fd, &c, 1) != 1)
		BAIL("it does not run: %s", script);
	return r;
}

/* Whether every process that has the pipe is gone, within `ms`. */
static bool gone(const struct runner *r, int ms)
{
	struct pollfd p = {.fd = r->fd, .events = POLLIN};

	return poll(&p, 1, ms) == 1 && (p.revents & POLLHUP);
}

static void finish(struct runner *r)
{
	int status;

	kill(r->pid, SIGKILL);
	waitpid(r->pid, &status, 0);
	close(r->fd);
}

/* The environment of a command of that run and process. */
static const char *const *environment(const char *mark, const char *process)
{
	static char texts[2][96];
	static const char *list[] = {"PATH=/usr/bin:/bin",
				     "SIGSLOT_RUNNER=x",
				     texts[0],
				     texts[1],
				     "LAST=x",
				     NULL};

	snprintf(texts[0], sizeof(texts[0]), "%s=%s", STRAY_MARK, mark);
	snprintf(texts[1], sizeof(texts[1]), "SIGSLOT_PROCESS=%s", process);
	return list;
}

static const char stay[] = "echo; exec sleep 60";

static void test_marked(void)
{
	static const char *const none[] = {"PATH=/usr/bin:/bin", NULL};
	struct runner mine = start(environment(run, "main"), stay);
	struct runner theirs = start(environment(other, "main"), stay);
	struct runner nobodys = start(none, stay);
	char longer[48];
	struct runner alike, empty;

	snprintf(longer, sizeof(longer), "%s0", run);
	alike = start(environment(longer, "main"), stay);
	is_int(stray_kill(run, NULL), 1, "one process with the mark is killed");
	ok(gone(&mine, 10000), "the one that has it");
	ok(!gone(&theirs, 0), "that of another run lives");
	ok(!gone(&nobodys, 0), "one without a mark lives");
	ok(!gone(&alike, 0), "one whose mark only begins so lives");
	longer[31] = '\0';
	is_int(stray_kill(longer, NULL), 0, "the beginning of a mark is no mark");
	empty = start(environment("", "main"), stay);
	is_int(stray_kill("", NULL), 0, "no mark is nobody's");
	ok(!gone(&empty, 0), "not even that of one whose mark is empty");
	finish(&empty);
	finish(&mine);
	is_int(stray_kill(run, NULL), 0, "who is dead is not killed again");
	finish(&theirs);
	finish(&nobodys);
	finish(&alike);
}

static void test_process(void)
{
	struct runner main_one = start(environment(run, "main"), stay);
	struct runner pool = start(environment(run, "pool"), stay);

	is_int(stray_kill(run, "pool"), 1, "those of one process alone can be killed");
	ok(gone(&pool, 10000) && !gone(&main_one, 0), "and the others live");
	is_int(stray_kill(run, "poo"), 0, "by its whole name");
	is_int(stray_kill(run, NULL), 1, "or those of all processes");
	ok(gone(&main_one, 10000), "which takes the rest");
	finish(&main_one);
	finish(&pool);
}

/* What escapes its process group, its session, its parent; each holds the pipe. */
static void test_escaped(void)
{
	static const struct {
		const char *script, *name;
	} ways[] = {
		{"sleep 60 & echo; wait", "a child in the background"},
		{"setsid sh -c 'echo; exec sleep 60'; :", "a new session"},
		{"setsid setsid sh -c '(sleep 60 & echo); exec sleep 60' & exit",
		 "an orphan of an orphan"},
		{"trap '' TERM HUP INT; echo; while :; do sleep 60; done",
		 "one that ignores signals"},
		{"export SIGSLOT_RUN=forged; sh -c 'echo; exec sleep 60' & wait",
		 "the parent of one that changed its mark"},
	};

	for (unsigned i = 0; i < ARRAY_LEN(ways); i++) {
		struct runner r = start(environment(run, "main"), ways[i].script);
		bool forged = strstr(ways[i].script, "forged") != NULL;

		ok(stray_kill(run, NULL) >= 1, "%s is found", ways[i].name);
		if (forged)
			stray_kill("forged", NULL);
		ok(gone(&r, 10000), "%s is gone", ways[i].name);
		finish(&r);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}

static void test_self(void)
{
	setenv(STRAY_MARK, run, 1);
	is_int(stray_kill(run, NULL), 0, "what a process set itself later is no mark");
	unsetenv(STRAY_MARK);
}

/* A process that carries the mark looks for strays and lives to tell. */
static int look(void)
{
	struct runner r = start(environment(getenv(STRAY_MARK), "main"), stay);
	int killed = stray_kill(getenv(STRAY_MARK), NULL);

	finish(&r);
	return killed == 1 ? 0 : 1;
}

static void test_marked_self(const char *program)
{
	char *argv[] = {(char *)program, "look", NULL};
	int status;
	pid_t pid = fork();

	if (!pid) {
		execve(program, argv, (char **)environment(run, "main"));
		_exit(127);
	}
	waitpid(pid, &status, 0);
	is_int(status, 0, "who looks for strays does not kill itself");
}

static int test_all(const char *program)
{
	snprintf(run, sizeof(run), "%016llx%016x", (unsigned long long)clock_wall(),
		 (unsigned)getpid());
	snprintf(other, sizeof(other), "%016llx%016x", (unsigned long long)clock_wall(),
		 (unsigned)getpid());
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	test_marked();
	test_process();
	test_escaped();
	test_self();
	test_marked_self(program);
	return done();
}

static bool write_map(const char *path, unsigned id)
{
	_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);
	char text[32];
	int size = snprintf(text, sizeof(text), "0 %u 1\n", id);

	return fd >= 0 && fd_write(fd, text, (size_t)size) == 0;
}

/* Process numbers of our own from the next fork on, as root or by being it there. */
static bool unshare_all(void)
{
	unsigned uid = getuid(), gid = getgid();
	int fd;

	if (unshare(CLONE_NEWPID | CLONE_NEWNS) == 0)
		return true;
	if (unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS) < 0)
		return false;
	fd = open("/proc/self/setgroups", O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, "deny", 4) < 0)
		return false;
	fd_close(&fd);
	return write_map("/proc/self/uid_map", uid) &&
	       write_map("/proc/self/gid_map", gid);
}

static bool own_proc(void)
{
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("proc", "/proc", "proc", 0, NULL) == 0;
}

/* In a child, where it and what it starts are all that there is; else in the open. */
int main(int argc, char **argv)
{
	enum { NO_PLACE = 99 };
	int status = 0;
	pid_t apart;

	if (argc > 1)
		return look();
	apart = fork();
	if (apart == 0) {
		pid_t first = unshare_all() ? fork() : -1;

		if (first == 0)
			exit(own_proc() ? test_all(argv[0]) : NO_PLACE);
		if (first < 0 || waitpid(first, &status, 0) < 0)
			_exit(NO_PLACE);
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
	}
	if (apart < 0 || waitpid(apart, &status, 0) < 0)
		return 1;
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_PLACE)
		return test_all(argv[0]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
