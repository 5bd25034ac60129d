/* SPDX-License-Identifier: MIT */
/*
 * Leases that outlive the one who got them. The place of a living process is what a
 * lease hangs on, so a keeper stays behind: it takes the messages over and sleeps until
 * the process that they are for has ended. Nobody talks to it: a token names the lease,
 * and who has it settles the message in shared memory, see queue/lease.h.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "api/named.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/process.h"
#include "queue/dead.h"
#include "queue/lease.h"
#include "state/runtime.h"

int sigslot_process_open(int pid, int *ret_fd, struct sigslot_error *err)
{
	int fd = process_open(pid);

	if (fd == -ESRCH)
		return fail(err, fd, "there is no process %d, or not any more", pid);
	if (fd < 0)
		return fail(err, fd, "cannot watch process %d: %s", pid, strerror(-fd));
	*ret_fd = fd;
	return 0;
}

/* --- the keeper --- */

/* What it has open, and nothing else. */
enum { KEEPER_PROCESS = 3, KEEPER_INSTANCE, KEEPER_TOLD, KEEPER_NAMES, KEEPER_FREE };

struct keeper {
	const char *name; /* of the queue */
	struct lease *leases;
	size_t len;
};

/* In this order, none of which takes a place that one behind it still has. */
static int place(int fds[KEEPER_FREE])
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int i = KEEPER_PROCESS; i < KEEPER_FREE; i++)
		fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, KEEPER_FREE);
	for (int i = 0; i < KEEPER_FREE; i++)
		if (dup2(i < KEEPER_PROCESS ? null : fds[i], i) < 0)
			return -errno;
	return (int)syscall(SYS_close_range, KEEPER_FREE, ~0u, 0);
}

static int adopt(const struct keeper *k, struct queue **ret)
{
	_close_ int queues = -1;
	struct identity *id;
	int r = identity_open(KEEPER_INSTANCE, -1, &id, NULL);

	if (r == 0)
		r = runtime_subdir(KEEPER_INSTANCE, "q", false, &queues, NULL);
	if (r == 0)
		r = queue_open(queues, k->name, id, ret, NULL);
	for (size_t i = 0; r == 0 && i < k->len; i++)
		r = lease_adopt(*ret, &k->leases[i]);
	if (r == 0)
		r = fd_write(KEEPER_NAMES, k->leases, k->len * sizeof(*k->leases));
	close(KEEPER_NAMES);
	close(KEEPER_INSTANCE);
	return r;
}

/* Whether the tokens are where they should be; if not, nobody tried the messages. */
static bool await_told(void)
{
	char byte;
	ssize_t n;

	do
		n = read(KEEPER_TOLD, &byte, 1);
	while (n < 0 && errno == EINTR);
	close(KEEPER_TOLD);
	return n == 1;
}

static void await_end(void)
{
	struct pollfd p = {.fd = KEEPER_PROCESS, .events = POLLIN};

	while (poll(&p, 1, -1) != 1)
		;
}

/* The last one first: nobody gets a later one before an earlier one. */
static void give_back(const struct keeper *k, struct queue *q, bool tried)
{
	for (size_t i = k->len; i-- > 0;)
		lease_return(q, &k->leases[i], 0, tried);
}

static _Noreturn void keep(const struct keeper *k, int fds[KEEPER_FREE])
{
	struct queue *q = NULL;
	struct sigaction plain = {.sa_handler = SIG_DFL};
	sigset_t none;
	bool told;

	setsid();
	prctl(PR_SET_NAME, "sigslot-keeper");
	sigaction(SIGTERM, &plain, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (place(fds) < 0 || chdir("/") < 0 || adopt(k, &q) < 0) {
		queue_close(q); /* what it took over returns, as never tried */
		_exit(1);
	}
	told = await_told();
	if (told)
		await_end();
	give_back(k, q, told);
	queue_close(q);
	_exit(0);
}

/* --- handing over --- */

/* Its parent ends at once, so that it is nobody's child here. */
static int start_keeper(const struct keeper *k, int fds[KEEPER_FREE],
			struct sigslot_error *err)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return fail_errno(err, "cannot start a process");
	if (pid == 0) {
		pid = fork();
		if (pid == 0)
			keep(k, fds);
		_exit(pid < 0 ? 1 : 0);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status ? fail(err, -EAGAIN, "cannot start a process") : 0;
}

static int hear_names(int fd, const struct keeper *k, struct sigslot_error *err)
{
	size_t size = k->len * sizeof(*k->leases), got = 0;

	while (got < size) {
		ssize_t n = read(fd, (char *)k->leases + got, size - got);

		if (n > 0)
			got += (size_t)n;
		else if (n == 0 || errno != EINTR)
			return fail(err, -EIO, "the keeper of the messages has died");
	}
	return 0;
}

static void write_token(const struct sigslot_queue *q, const struct lease *l,
			char out[SIGSLOT_TOKEN])
{
	char text[LEASE_TEXT];

	snprintf(out, SIGSLOT_TOKEN, "%s/%s:%s", q->in.name, q->name,
		 lease_text(l, text));
}

int sigslot_queue_lease(struct sigslot_queue *q, const struct sigslot_item *items,
			size_t len, int process, char (*tokens)[SIGSLOT_TOKEN],
			int *ret_told, struct sigslot_error *err)
{
	_free_ struct lease *leases = calloc(len, sizeof(*leases));
	struct keeper k = {.name = q->name, .leases = leases, .len = len};
	int told[2] = {-1, -1}, names[2] = {-1, -1}, r;

	if (!leases)
		return fail(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < len; i++) {
		struct claim c = {.seq = items[i].seq,
				  .lease = (uint32_t)items[i].lease};

		leases[i] = lease_of(q->queue, &c);
	}
	if (pipe2(told, O_CLOEXEC) < 0 || pipe2(names, O_CLOEXEC) < 0)
		r = fail_errno(err, "cannot make a pipe");
	else
		r = start_keeper(&k,
				 (int[KEEPER_FREE]){[KEEPER_PROCESS] = process,
						    [KEEPER_INSTANCE] = q->in.dir,
						    [KEEPER_TOLD] = told[0],
						    [KEEPER_NAMES] = names[1]},
				 err);
	fd_close(&told[0]);
	fd_close(&names[1]);
	if (r == 0)
		r = hear_names(names[0], &k, err);
	fd_close(&names[0]);
	for (size_t i = 0; r == 0 && i < len; i++)
		write_token(q, &leases[i], tokens[i]);
	if (r == 0)
		*ret_told = TAKE_FD(told[1]);
	fd_close(&told[1]);
	return r;
}

/* --- settling --- */

typedef int (*settle_fn)(struct sigslot_queue *q, const struct lease *l,
			 uint64_t delay_ns, struct sigslot_error *err);

static int settle(const char *token, settle_fn fn, uint64_t delay_ns,
		  struct sigslot_error *err)
{
	const char *colon = strchr(token, ':');
	char address[SIGSLOT_TOKEN];
	struct sigslot_queue *q;
	struct lease l;
	int r;

	if (!colon || (size_t)(colon - token) >= sizeof(address) ||
	    lease_parse(colon + 1, &l) < 0)
		return fail(err, -EINVAL,
			    "'%.100s' is not a token: 'sigslot queue get --lease' "
			    "prints them",
			    token);
	snprintf(address, sizeof(address), "%.*s", (int)(colon - token), token);
	r = sigslot_queue_open(address, &q, err);
	if (r < 0)
		return r;
	r = fn(q, &l, delay_ns, err);
	if (r == -ESTALE)
		fail(err, r,
		     "queue '%s': message %llu is not leased under this token any "
		     "more: it was settled before, or its lease was lost",
		     q->name, (unsigned long long)l.seq);
	named_settled(q);
	if (r == 0 && lease_held(q->queue, &l) == 0)
		lease_end_holder(q->queue, &l);
	sigslot_queue_close(q);
	return r;
}

static int finish(struct sigslot_queue *q, const struct lease *l, uint64_t delay_ns,
		  struct sigslot_error *err)
{
	(void)delay_ns;
	(void)err;
	return lease_done(q->queue, l);
}

static int give_later(struct sigslot_queue *q, const struct lease *l, uint64_t delay_ns,
		      struct sigslot_error *err)
{
	(void)err;
	return lease_return(q->queue, l,
			    delay_ns ? clock_after(clock_now(), delay_ns) : 0, true);
}

static int bury(struct sigslot_queue *q, const struct lease *l, uint64_t delay_ns,
		struct sigslot_error *err)
{
	struct queue *dead = NULL;
	struct claim c;
	int r = lease_read(q->queue, l, &c);

	(void)delay_ns;
	if (r < 0)
		return r;
	r = named_dead(q, &dead, err);
	if (r == 0)
		r = dead_push(dead, &c, NULL, err);
	if (r == 0)
		r = lease_bury(q->queue, l);
	queue_close(dead);
	free((void *)c.payload.data);
	return r;
}

int sigslot_lease_done(const char *token, struct sigslot_error *err)
{
	return settle(token, finish, 0, err);
}

int sigslot_lease_return(const char *token, uint64_t delay_ns,
			 struct sigslot_error *err)
{
	return settle(token, give_later, delay_ns, err);
}

int sigslot_lease_bury(const char *token, struct sigslot_error *err)
{
	return settle(token, bury, 0, err);
}
