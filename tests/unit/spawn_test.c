/* SPDX-License-Identifier: MIT */
/* Starting commands: what happens when it cannot be done, and when we are gone. */
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "slot/spawn.h"
#include "slot_host.h"

/* Runs part() in a child; returns what it read from that child's pipe. */
static int in_child(void (*part)(int to), int *ret_from)
{
	int fds[2];
	pid_t pid;

	if (pipe(fds) < 0)
		BAIL("no pipe");
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		part(fds[1]);
		_exit(0);
	}
	close(fds[1]);
	*ret_from = fds[0];
	return pid;
}

/* As a user who may have no more processes. */
static void try_without_processes(int to)
{
	struct slot_spec spec = host_spec("run", "echo");
	struct rlimit none = {0, 0};
	struct slot_job *job = host_job("1", NULL);
	struct slot *s = host_open(&spec);

	if (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0)
		_exit(1);
	setrlimit(RLIMIT_NPROC, &none);
	slot_deliver(s, job);
	if (host.done && write(to, &host.last, sizeof(host.last)) < 0)
		_exit(1);
}

static void waits_for_processes(void)
{
	struct slot_verdict v = {0};
	int from;
	pid_t pid = in_child(try_without_processes, &from);

	if (read(from, &v, sizeof(v)) != sizeof(v))
		BAIL("no verdict");
	waitpid(pid, NULL, 0);
	close(from);
	ok(v.code == -EAGAIN && !v.final && v.exit == -1,
	   "C5: too many processes: the message may be tried again");
	is_str(v.reason, "cannot start 'sh': too many processes", "and it is said so");
}

static void try_without_descriptors(int to)
{
	struct slot_spec spec = host_spec("run", "echo");
	struct rlimit few = {6, 6};
	struct slot_job *job = host_job("1", NULL);
	struct slot *s = host_open(&spec);

	setrlimit(RLIMIT_NOFILE, &few);
	slot_deliver(s, job);
	if (host.done && write(to, &host.last, sizeof(host.last)) < 0)
		_exit(1);
}

static void waits_for_descriptors(void)
{
	struct slot_verdict v = {0};
	int from;
	pid_t pid = in_child(try_without_descriptors, &from);

	if (read(from, &v, sizeof(v)) != sizeof(v))
		BAIL("no verdict");
	waitpid(pid, NULL, 0);
	close(from);
	ok(v.code == -EMFILE && !v.final, "too few descriptors: the same");
}

/*
 * Starts a command with a background child; all of them hold the pipe `to` open in
 * place of their stdin, so its end is the end of the last of them.
 */
static void start_family(int to)
{
	char text[128] = "";
	struct slot_spec spec = host_spec("source", text);
	struct slot *s;

	snprintf(text, sizeof(text),
		 "exec 9>/proc/%d/fd/%d; sleep 60 & echo up; exec sleep 60", getpid(),
		 to);
	s = host_open(&spec);
	host_until(&host.emitted, 1);
	(void)s;
	if (write(to, "u", 1) != 1)
		_exit(1);
	pause();
}

static void on_term(int sig)
{
	(void)sig;
	slot_kill_all(SIGKILL);
	_exit(0);
}

static void start_family_with_handler(int to)
{
	signal(SIGTERM, on_term);
	start_family(to);
}

/* Whether all who hold the other end are gone within the time. */
static bool ends(int from, int ms)
{
	struct pollfd p = {.fd = from, .events = POLLIN};
	char byte;

	return poll(&p, 1, ms) == 1 && read(from, &byte, 1) == 0;
}

static void dies_with_us(void)
{
	char byte;
	int from;
	pid_t pid = in_child(start_family_with_handler, &from);

	if (read(from, &byte, 1) != 1)
		BAIL("the family did not start");
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	ok(ends(from, 5000), "a handler can end all commands and their children");
	close(from);
}

/* SIGKILL: the command goes, its background children are for the supervisor to find. */
static void dies_with_a_killed_one(void)
{
	char text[64], byte;
	int from, fd;
	pid_t pid = in_child(start_family, &from), child = 0;

	if (read(from, &byte, 1) != 1)
		BAIL("the family did not start");
	snprintf(text, sizeof(text), "/proc/%d/task/%d/children", pid, pid);
	fd = open(text, O_RDONLY);
	if (fd >= 0 && read(fd, text, sizeof(text) - 1) > 0)
		child = (pid_t)strtol(text, NULL, 10);
	if (child <= 0)
		BAIL("which child?");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	/* it held the pipe, and so does its child, which is in its group */
	uint64_t until = clock_now() + 15 * NS_PER_S;

	do {
		snprintf(text, sizeof(text), "/proc/%d/fd/9", child);
	} while (access(text, F_OK) == 0 && clock_now() < until);
	ok(access(text, F_OK) < 0, "a command dies when its parent is killed");
	kill(-child, SIGKILL);
	ok(ends(from, 15000), "and its group can be ended by its number");
	close(from);
}

static void on_alarm(int sig)
{
	(void)sig;
}

/* A signal each millisecond, without SA_RESTART. */
static void is_interrupted(void)
{
	struct sigaction act = {.sa_handler = on_alarm}, before;
	struct itimerval each = {{0, 1000}, {0, 1000}}, never = {{0, 0}, {0, 0}};
	struct slot_spec spec = host_spec("filter", "cat"),
			 run = host_spec("run", "cat");
	static struct slot_job *jobs[20000];
	struct slot *s = host_open(&spec);

	host_clear();
	host.quiet = true;
	spawn_distrust(); /* others were started before */
	sigaction(SIGUSR1, &act, NULL);
	sigaction(SIGVTALRM, &act, &before);
	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &each, NULL);
	for (int i = 0; i < 20000; i++)
		slot_deliver(s, jobs[i] = host_job("\"0123456789012345678901\"", NULL));
	while (host.emitted < 20000)
		loop_round(&host.loop);
	slot_close(s);
	s = host_open(&run);
	host.done = host.emitted = 0;
	for (int i = 0; i < 20; i++)
		slot_deliver(s, jobs[i]);
	while (host.done < 20)
		loop_round(&host.loop);
	slot_close(s);
	setitimer(ITIMER_REAL, &never, NULL);
	signal(SIGALRM, SIG_DFL);
	ok(host.emitted == 20 && !host.failed,
	   "a thousand signals a second change nothing");
	for (int i = 0; i < 20000; i++)
		free(jobs[i]);
}

int main(void)
{
	host_start();
	waits_for_processes();
	waits_for_descriptors();
	dies_with_us();
	dies_with_a_killed_one();
	is_interrupted();
	loop_done(&host.loop);
	return done();
}
