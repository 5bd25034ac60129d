/* SPDX-License-Identifier: MIT */
/* builtin: print, log and drop. Standard output is exchanged for pipes and files. */
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "slot_host.h"

static int tap_out;

/* Makes fd standard output; what the test says goes elsewhere meanwhile. */
static void redirect(int fd)
{
	fflush(stdout);
	dup2(fd, 1);
}

static void restore(void)
{
	fflush(stdout);
	dup2(tap_out, 1);
}

static size_t read_some(int fd, char *bytes, size_t size)
{
	ssize_t n = read(fd, bytes, size);

	return n < 0 ? 0 : (size_t)n;
}

static void prints_on(int write_to, int read_from, const char *name)
{
	struct slot_spec spec = host_spec("builtin", "print");
	struct slot_job *a = host_job("\"a b\"", "a"), *b = host_job("[1, 2]", "b");
	char got[100] = "";
	struct slot *s;

	redirect(write_to);
	s = host_open(&spec);
	slot_deliver(s, a);
	slot_deliver(s, b);
	host_until(&host.done, 2);
	slot_close(s);
	restore();
	read_some(read_from, got, sizeof(got) - 1);
	is_str(got, "a b\n[1,2]\n", "%s", name);
	is_str(host_text(),
	       "done a code 0 exit -1 signal 0\ndone b code 0 exit -1 signal 0\n",
	       "and is done");
	free(a);
	free(b);
	host_clear();
}

static void prints(void)
{
	int fds[2], pair[2], file;
	char path[] = "/tmp/builtin_test.XXXXXX";

	if (pipe(fds) < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		BAIL("no pipe");
	file = mkstemp(path);
	prints_on(fds[1], fds[0], "print writes the payload as text, to a pipe");
	ok(!(fcntl(fds[1], F_GETFL) & O_NONBLOCK), "a shared pipe keeps its flags");
	prints_on(pair[0], pair[1], "to a socket");
	prints_on(file, open(path, O_RDONLY), "to a file");
	unlink(path);
	for (int i = 0; i < 2; i++) {
		close(fds[i]);
		close(pair[i]);
	}
}

/* A reader that comes late: nothing is lost, no line is torn, the thread goes on. */
static void waits_for_room(int write_to, int read_from, const char *name)
{
	struct slot_spec spec = host_spec("builtin", "print");
	static struct slot_job *jobs[20000];
	static char bytes[1 << 20];
	size_t lines = 0;
	struct slot *s;

	redirect(write_to);
	s = host_open(&spec);
	host.quiet = true;
	for (int i = 0; i < 20000; i++)
		slot_deliver(s, jobs[i] = host_job("\"0123456789\"", NULL));
	host_for(20);
	bool waited = host.done < 20000;

	while (host.done < 20000) {
		size_t n = read_some(read_from, bytes, sizeof(bytes));

		for (size_t i = 0; i < n; i++)
			lines += bytes[i] == '\n';
		loop_round(&host.loop);
	}
	slot_close(s);
	restore();
	for (size_t n; (n = read_some(read_from, bytes, sizeof(bytes)));)
		for (size_t i = 0; i < n; i++)
			lines += bytes[i] == '\n';
	ok(waited, "a job is not done before its line is written");
	is_int(lines, 20000, "%s", name);
	for (int i = 0; i < 20000; i++)
		free(jobs[i]);
	host_clear();
}

static void waits(void)
{
	int fds[2], pair[2];

	if (pipe(fds) < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		BAIL("no pipe");
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	fcntl(pair[1], F_SETFL, O_NONBLOCK);
	waits_for_room(fds[1], fds[0], "a full pipe is waited for");
	waits_for_room(pair[0], pair[1], "a full socket is waited for");
	for (int i = 0; i < 2; i++) {
		close(fds[i]);
		close(pair[i]);
	}
}

static void fails(void)
{
	struct slot_spec spec = host_spec("builtin", "print");
	struct slot_job *job = host_job("1", NULL);
	struct slot *s;
	int fds[2];

	if (pipe(fds) < 0)
		BAIL("no pipe");
	close(fds[0]);
	redirect(fds[1]);
	s = host_open(&spec);
	slot_deliver(s, job);
	host_until(&host.done, 1);
	slot_close(s);
	restore();
	ok(host.last.code < 0, "when nobody reads any more, the message fails");
	close(fds[1]);
	free(job);
	host_clear();
}

static void others(void)
{
	struct slot_spec spec = host_spec("builtin", "log");
	struct sigslot_error err = {0};
	struct slot *s = host_open(&spec);

	host_run(s, "\"a\\nb\"");
	is_str(host_text(), "log a\nlog b\ndone - code 0 exit -1 signal 0\n",
	       "log writes each line to the log");
	slot_close(s);
	host_clear();
	spec.text = "drop";
	s = host_open(&spec);
	host_run(s, "1");
	is_str(host_text(), "done - code 0 exit -1 signal 0\n", "drop does nothing");
	slot_finish(s);
	is_int(host.over, 1, "and is finished at once");
	slot_close(s);
	host_clear();
	spec.text = "prnit";
	is_int(slot_open(&spec, &host_calls, &host.loop, NULL, &s, &err), -EINVAL,
	       "there is no other one");
}

int main(void)
{
	tap_out = dup(1);
	host_start();
	prints();
	waits();
	fails();
	others();
	loop_done(&host.loop);
	return done();
}
