/* SPDX-License-Identifier: MIT */
/*
 * Who lives, who is dead, who took whose place.
 */
#include "queue_host.h"

static int pipe_to[2], pipe_from[2];

/* A child that holds a place until it is told to go. Returns its pid. */
static pid_t start_holder(int slot, unsigned ret[2])
{
	pid_t pid;

	must(pipe(pipe_to) == 0 && pipe(pipe_from) == 0);
	pid = fork();
	must(pid >= 0);
	if (!pid) {
		struct identity *id;
		unsigned who[2];
		char c;

		close(pipe_to[1]);
		if (identity_open(host_dir, slot, &id, NULL) < 0)
			_exit(1);
		who[0] = identity_slot(id);
		who[1] = identity_generation(id);
		if (write(pipe_from[1], who, sizeof(who)) != sizeof(who))
			_exit(1);
		while (read(pipe_to[0], &c, 1) == 1)
			;
		_exit(0);
	}
	close(pipe_to[0]);
	close(pipe_from[1]);
	must(read(pipe_from[0], ret, 2 * sizeof(*ret)) == 2 * sizeof(*ret));
	return pid;
}

static void let_go(void)
{
	close(pipe_to[1]);
	close(pipe_from[0]);
}

static void own(void)
{
	struct identity *again;

	is_u64(identity_slot(host_id), 1, "a process has the place it asked for");
	ok(identity_alive(host_id, 1, identity_generation(host_id)), "and lives");
	ok(!identity_alive(host_id, 1, identity_generation(host_id) + 1),
	   "as nobody else in that place");
	is_int(identity_open(host_dir, 1, &again, NULL), 0, "it opens the file again");
	ok(again == host_id, "and is who it was");
	identity_close(again);
	is_int(identity_open(host_dir, -1, &again, NULL), 0, "also without a wish");
	ok(again == host_id, "it is who it was");
	identity_close(again);
	is_int(identity_open(host_dir, 2, &again, &host_err), -EBUSY,
	       "it cannot have a second place");
	is_int(identity_open(host_dir, 8192, &again, &host_err), -EINVAL,
	       "there is no place 8192");
	is_int(identity_create(host_dir, NULL), 0, "the file is created once");
	ok(!identity_alive(host_id, 0, 1) && !identity_alive(host_id, 9000, 1),
	   "nobody is in places that there are not");
}

static void others(void)
{
	unsigned who[2], next[2];
	siginfo_t info;
	pid_t pid = start_holder(5, who);
	int status;

	is_u64(who[0], 5, "another process has another place");
	ok(identity_alive(host_id, 5, who[1]), "and lives");
	ok(!identity_alive(host_id, 5, who[1] - 1), "but not who was there before");
	is_int(in_child(5, NULL), 100, "its place is taken");
	kill(pid, SIGKILL);
	must(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0);
	ok(!identity_alive(host_id, 5, who[1]), "A12: a zombie is dead");
	must(waitpid(pid, &status, 0) == pid);
	let_go();
	pid = start_holder(5, next);
	ok(next[0] == 5 && next[1] == who[1] + 1, "its place has a new generation");
	ok(!identity_alive(host_id, 5, who[1]), "the old one stays dead");
	ok(identity_alive(host_id, 5, next[1]), "the new one lives");
	let_go();
	must(waitpid(pid, &status, 0) == pid);
	pid = start_holder(-1, who);
	ok(who[0] >= IDENTITY_FIXED,
	   "without a wish a place is found beyond the fixed");
	let_go();
	must(waitpid(pid, &status, 0) == pid);
}

/* Reports what does not hold in a forked child. */
static int child_checks(void)
{
	struct identity *mine;

	if (identity_here(host_id))
		return 1;
	if (!identity_alive(host_id, 77, 1))
		return 2; /* it may judge nobody */
	if (identity_open(host_dir, 6, &mine, NULL) < 0)
		return 3;
	if (mine == host_id || identity_slot(mine) != 6 || !identity_here(mine))
		return 4;
	if (!identity_alive(mine, 1, identity_generation(host_id)))
		return 5; /* the parent */
	identity_close(host_id); /* inherited: must not cost the child its place */
	return 0;
}

static int still_held(void)
{
	struct identity *mine;
	pid_t pid;
	int status;

	if (identity_open(host_dir, 6, &mine, NULL) < 0)
		return 1;
	identity_close(host_id);
	pid = fork();
	if (!pid)
		_exit(identity_open(host_dir, 6, &mine, NULL) == -EBUSY ? 0 : 2);
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static int run(int (*fn)(void))
{
	pid_t pid = fork();
	int status;

	must(pid >= 0);
	if (!pid)
		_exit(fn());
	must(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void after_fork(void)
{
	is_int(run(child_checks), 0, "a child is not its parent, but can be somebody");
	is_int(run(still_held), 0, "closing what it inherited leaves it its place");
	ok(identity_alive(host_id, 1, identity_generation(host_id)) &&
		   identity_here(host_id),
	   "the parent is as before");
	is_int(in_child(1, NULL), 100, "and has its place");
}

static void foreign(void)
{
	struct identity *id;
	char dir[80];
	int fd, at;

	snprintf(dir, sizeof(dir), "%s/other", host_path);
	must(mkdir(dir, 0700) == 0);
	at = open(dir, O_RDONLY | O_DIRECTORY);
	is_int(identity_open(at, -1, &id, &host_err), -ENOENT, "no file, no identity");
	must(identity_create(at, NULL) == 0);
	fd = openat(at, "id", O_RDWR);
	must(pwrite(fd, "\x02", 1, 8) == 1);
	is_int(identity_open(at, -1, &id, &host_err), -EPROTO,
	       "a file of another version is refused");
	ok(strstr(host_err.text, "version 2") && strstr(host_err.text, "has 1"),
	   "with both versions: %s", host_err.text);
	must(pwrite(fd, "x", 1, 0) == 1);
	is_int(identity_open(at, -1, &id, &host_err), -EPROTO,
	       "a file of somebody else is refused");
	must(ftruncate(fd, 3) == 0);
	is_int(identity_open(at, -1, &id, &host_err), -EPROTO, "so is a cut one");
	close(fd);
	unlinkat(at, "id", 0);
	must(symlinkat("../id", at, "id") == 0);
	ok(identity_open(at, -1, &id, &host_err) < 0, "links are not followed");
	unlinkat(at, "id", 0);
	close(at);
	rmdir(dir);
}

int main(void)
{
	host_begin();
	own();
	others();
	after_fork();
	foreign();
	host_end();
	return done();
}
