/* SPDX-License-Identifier: MIT */
/*
 * C3: the file of a queue is cut off while somebody has it mapped. And a SIGBUS that
 * has nothing to do with queues: it goes to whoever handled it before.
 */
#include <signal.h>
#include <sys/mman.h>

#include "queue_host.h"

enum { SIZE = 65536, FOREIGN = 9, SENT = 10 };

static void foreign(int signal)
{
	(void)signal;
	_exit(FOREIGN);
}

static void foreign_too(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	_exit(info->si_code > 0 ? FOREIGN : SENT);
}

static struct queue *open_queue(void)
{
	struct identity *id;
	struct queue *q;

	must(identity_open(host_dir, 2, &id, &host_err) == 0);
	must(queue_open(host_dir, "q", id, &q, &host_err) == 0);
	return q;
}

static void cut_off(const char *path, off_t size)
{
	int fd = openat(host_dir, path, O_RDWR | O_CLOEXEC);

	must(fd >= 0 && ftruncate(fd, size) == 0);
	close(fd);
}

static void push_into_nothing(void)
{
	struct queue *q = open_queue();

	cut_off("q/ring", 0);
	queue_push(q, &(struct envelope){.id = 1}, "x", 1, NULL);
}

/* The header is there, the data is not. */
static void push_without_data(void)
{
	struct queue *q = open_queue();

	cut_off("q/ring", RING_DATA);
	queue_push(q, &(struct envelope){.id = 1}, "x", 1, NULL);
}

static void touch_a_file_of_ours(void)
{
	int fd = openat(host_dir, "own", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	volatile char *at;

	must(fd >= 0 && ftruncate(fd, 4096) == 0);
	at = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	must(at != MAP_FAILED && ftruncate(fd, 0) == 0);
	(void)*at;
}

static void unhandled(void)
{
	open_queue();
	touch_a_file_of_ours();
}

static void handled(void)
{
	signal(SIGBUS, foreign);
	open_queue();
	touch_a_file_of_ours();
}

static void handled_with_info(void)
{
	struct sigaction action = {.sa_sigaction = foreign_too, .sa_flags = SA_SIGINFO};

	sigaction(SIGBUS, &action, NULL);
	open_queue();
	touch_a_file_of_ours();
}

static void sent(void)
{
	open_queue();
	raise(SIGBUS);
}

/* What was a queue once is nobody's any more. */
static void closed(void)
{
	queue_close(open_queue());
	touch_a_file_of_ours();
}

/* Runs it in a child. Returns its status, and in text what it said. */
static int status_of(void (*crime)(void), char text[256])
{
	int status, fd[2];
	ssize_t n;
	pid_t pid;

	must(queue_create(host_dir, "q", &(struct queue_limits){.size = SIZE},
			  &host_err) == 0);
	must(pipe2(fd, O_CLOEXEC) == 0);
	pid = fork();
	must(pid >= 0);
	if (!pid) {
		signal(SIGBUS, SIG_DFL); /* a sanitizer may have its own */
		dup2(fd[1], STDERR_FILENO);
		crime();
		_exit(0);
	}
	close(fd[1]);
	n = read(fd[0], text, 255);
	text[n < 0 ? 0 : n] = '\0';
	close(fd[0]);
	must(waitpid(pid, &status, 0) == pid);
	must(queue_remove(host_dir, "q", &host_err) == 0);
	unlinkat(host_dir, "own", 0);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

int main(void)
{
	static const char said[] = "sigslot: queue 'q' is damaged: its file was cut "
				   "off while it was in use\n";
	char text[256];

	host_begin();
	is_int(status_of(push_into_nothing, text), 70,
	       "C3: who pushes into a queue without a file ends with 70");
	is_str(text, said, "and says which queue that was");
	is_int(status_of(push_without_data, text), 70, "also where the header is left");
	is_str(text, said, "and says the same");
	is_int(status_of(unhandled, text), -SIGBUS,
	       "a SIGBUS of others ends the process as it always did");
	is_str(text, "", "and nothing is said of queues");
	is_int(status_of(handled, text), FOREIGN, "one that is handled is handled");
	is_int(status_of(handled_with_info, text), FOREIGN, "also with its details");
	is_int(status_of(sent, text), -SIGBUS, "one that was sent ends the process");
	is_int(status_of(closed, text), -SIGBUS, "as does one after the queue");
	host_end();
	return done();
}
