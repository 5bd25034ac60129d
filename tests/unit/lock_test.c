/* SPDX-License-Identifier: MIT */
/*
 * The lock of an instance, seen from other processes, and the note in it.
 */
#include <poll.h>

#include "base/clock.h"
#include "dir_host.h"
#include "state/lock.h"

/* The directory of the instance `inst` in the test's own. */
static int inst;

/* What a child saw, in its exit status. */
enum { HELD = 1, FREE, ABSENT, ODD };

static int probe(void)
{
	struct lock_note note;
	pid_t pid;
	int r = lock_probe(inst, &pid, &note);

	if (r < 0)
		return r == -ENOENT ? ABSENT : ODD;
	if (pid == 0)
		return FREE;
	return pid == getppid() ? HELD : ODD;
}

static int take(void)
{
	int fd = lock_take(inst, "inst", &dir_err);

	if (fd >= 0)
		return FREE;
	if (fd == -EAGAIN)
		return strstr(dir_err.text, "just removed") ? ABSENT : ODD;
	return fd == -EEXIST && strstr(dir_err.text,
				       "already running (pid 4711, since 2")
		       ? HELD
		       : ODD;
}

static struct lock_note note_of(const char *file)
{
	struct lock_note note = {.pid = 4711,
				 .since = 1700000000ull * NS_PER_S,
				 .run = "0123456789abcdef0123456789abcdef"};

	snprintf(note.file, sizeof(note.file), "%s", file);
	return note;
}

static void test_held(void)
{
	struct lock_note note = note_of("/srv/shop.yaml"), read;
	pid_t pid = -7;
	int fd;

	is_int(in_child(probe), ABSENT, "an instance that never ran has no lock");
	fd = lock_take(inst, "inst", &dir_err);
	ok(fd >= 0, "the lock is taken");
	ok(fcntl(fd, F_GETFD) & FD_CLOEXEC, "no command inherits it");
	is_int(in_child(probe), HELD, "others see who holds it");
	must(lock_write(fd, &note) == 0);
	is_int(in_child(take), HELD,
	       "nobody else can take it, and is told who runs since when");
	is_int(in_child(probe), HELD, "who tried and failed did not take it away");
	close(fd);
	is_int(in_child(probe), FREE, "a lock that was let go is free");
	is_int(in_child(take), FREE, "and can be taken");
	is_int(in_child(probe), FREE, "the death of its holder frees it");
	is_int(lock_probe(inst, &pid, &read), 0, "a dead one can be looked at");
	is_int(pid, 0, "nobody holds it");
	ok(memcmp(&read.run, &note.run, sizeof(read.run)) == 0 && read.pid == 4711,
	   "and it tells of its last holder");
}

/* A child that holds the lock until it is killed. */
static pid_t start_holder(void)
{
	int ready[2];
	pid_t pid;
	char c;

	must(pipe2(ready, O_CLOEXEC) == 0);
	pid = fork();
	must(pid >= 0);
	if (!pid) {
		if (lock_take(inst, "inst", NULL) >= 0 && write(ready[1], "x", 1) == 1)
			poll(NULL, 0, 30000);
		_exit(0);
	}
	close(ready[1]);
	must(read(ready[0], &c, 1) == 1);
	close(ready[0]);
	return pid;
}

static void test_zombie(void)
{
	pid_t holder = start_holder(), pid = -7;
	siginfo_t info;
	int fd;

	is_int(lock_probe(inst, &pid, NULL), 0, "another's lock can be looked at");
	is_int(pid, holder, "it is held by that process");
	is_int(lock_take(inst, "inst", NULL), -EEXIST, "and cannot be taken");
	kill(holder, SIGKILL);
	must(waitid(P_PID, (id_t)holder, &info, WEXITED | WNOWAIT) == 0);
	is_int(lock_probe(inst, &pid, NULL), 0, "so it can when it is a zombie");
	is_int(pid, 0, "a zombie holds nothing");
	fd = lock_take(inst, "inst", &dir_err);
	ok(fd >= 0, "what a zombie held can be taken");
	close(fd);
	waitpid(holder, NULL, 0);
}

static void test_note(void)
{
	static const char *const files[] = {
		"/srv/a b c.yaml", "-", "", "/srv/x\npid 1\nrun evil\nfile y", "ends\n",
	};
	struct lock_note note, read, zero = {0};
	int fd = lock_take(inst, "inst", &dir_err);
	char longest[2048];

	must(fd >= 0);
	for (unsigned i = 0; i < ARRAY_LEN(files); i++) {
		note = note_of(files[i]);
		must(lock_write(fd, &note) == 0 && lock_read(fd, &read) == 0);
		ok(memcmp(&note, &read, sizeof(note)) == 0,
		   "a note with file %u comes back as it was written", i);
	}
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	note = note_of(longest);
	must(lock_write(fd, &note) == 0 && lock_read(fd, &read) == 0);
	ok(memcmp(&note, &read, sizeof(note)) == 0, "so does one with a long file");
	note = note_of("short");
	must(lock_write(fd, &note) == 0 && lock_read(fd, &read) == 0);
	is_str(read.file, "short", "a shorter note leaves nothing of a longer one");
	for (int size = 0; size < 100; size++) {
		must(ftruncate(fd, 99 - size) == 0);
		must(lock_read(fd, &read) == 0);
	}
	ok(memcmp(&read, &zero, sizeof(read)) == 0, "an empty note says nothing");
	memset(longest, '\n', sizeof(longest));
	memcpy(longest, "\nfile \0pid x\nrun", 16);
	must(pwrite(fd, longest, sizeof(longest), 0) == sizeof(longest));
	is_int(lock_read(fd, &read), 0, "a damaged note can be read");
	close(fd);
}

static void test_removed(void)
{
	pid_t pid;

	must(unlinkat(inst, "lock", 0) == 0);
	must(symlinkat("../elsewhere", inst, "lock") == 0);
	is_int(lock_take(inst, "inst", &dir_err), -ELOOP, "a link is not followed");
	is_int(lock_probe(inst, &pid, NULL), -ELOOP, "nor looked through");
	must(unlinkat(inst, "lock", 0) == 0);
	must(renameat(dir_fd, "inst", dir_fd, ".trash") == 0);
	is_int(in_child(take), ABSENT,
	       "a directory that is being removed cannot be locked any more");
	must(mkdirat(dir_fd, "inst", 0700) == 0);
	is_int(in_child(take), ABSENT, "nor one that another has taken the place of");
	unlinkat(inst, "lock", 0);
	must(unlinkat(dir_fd, ".trash", AT_REMOVEDIR) == 0);
	is_int(in_child(take), ABSENT, "nor one that has been removed");
}

int main(void)
{
	dir_begin();
	must(mkdirat(dir_fd, "inst", 0700) == 0);
	inst = openat(dir_fd, "inst", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(inst >= 0);
	test_held();
	test_zombie();
	test_note();
	test_removed();
	close(inst);
	dir_end();
	return done();
}
