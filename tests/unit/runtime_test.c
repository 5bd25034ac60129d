/* SPDX-License-Identifier: MIT */
/*
 * The runtime directory: which one it is, which ones are refused, what stands in it and
 * how that goes away.
 */
#include "dir_host.h"
#include "state/runtime.h"

/* Opens it with this environment; closes what was opened. Returns the code. */
static int try(const char *own, const char *xdg, bool create)
{
	int fd = -1, r;

	dir_err = (struct sigslot_error){0};
	own ? setenv("SIGSLOT_RUNTIME_DIR", own, 1) : unsetenv("SIGSLOT_RUNTIME_DIR");
	xdg ? setenv("XDG_RUNTIME_DIR", xdg, 1) : unsetenv("XDG_RUNTIME_DIR");
	r = runtime_open(create, &fd, &dir_err);
	fd_close(&fd);
	return r;
}

static bool there(const char *name)
{
	return faccessat(dir_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool told(const char *part)
{
	return strstr(dir_err.text, part) != NULL;
}

static void make(const char *name, mode_t mode)
{
	must(mkdirat(dir_fd, name, 0700) == 0 && fchmodat(dir_fd, name, mode, 0) == 0);
}

static void test_own(void)
{
	struct stat st;

	is_int(try(dir_sub("own"), NULL, false), -ENOENT, "it is not made unless told");
	ok(!there("own"), "and nothing is left of the attempt");
	is_int(try(dir_sub("own"), NULL, true), 0, "it is made when told");
	must(stat(dir_sub("own"), &st) == 0);
	is_int(st.st_mode & 0777, 0700, "nobody else may enter it");
	is_int(try(dir_sub("own"), NULL, true), 0, "it may be there already");
	is_int(try("relative", NULL, true), -EINVAL, "a relative path is refused");
	ok(told("absolute"), "and the message says what it must be");
	is_int(try(dir_sub("no/parent"), NULL, true), -ENOENT,
	       "its parent is not made for it");
}

static void test_unsafe(void)
{
	static const mode_t modes[] = {0701, 0710, 0704, 0740, 0702, 0720, 0777, 01777};

	make("open", 0700);
	for (unsigned i = 0; i < ARRAY_LEN(modes); i++) {
		must(fchmodat(dir_fd, "open", modes[i], 0) == 0);
		is_int(try(dir_sub("open"), NULL, true), -EPERM, "mode %03o is refused",
		       (unsigned)modes[i]);
	}
	ok(told("chmod 700") && told(dir_sub("open")),
	   "the message names the directory and the way out");
	must(symlinkat("own", dir_fd, "link") == 0);
	is_int(try(dir_sub("link"), NULL, true), -EPERM, "a link is refused");
	ok(told("not a directory"), "and the message says why");
	dir_write("file", "", 0);
	is_int(try(dir_sub("file"), NULL, true), -EPERM, "a file is refused");
	must(symlinkat("nowhere", dir_fd, "dangling") == 0);
	is_int(try(dir_sub("dangling"), NULL, true), -EPERM,
	       "a dangling link is refused");
	ok(!there("nowhere"), "and what it points to is not made");
}

static void test_steps(void)
{
	make("xdg", 0700);
	is_int(try(NULL, dir_sub("xdg"), false), -ENOENT,
	       "below XDG_RUNTIME_DIR it is not made unless told");
	is_int(try(NULL, dir_sub("xdg"), true), 0, "it is made below XDG_RUNTIME_DIR");
	ok(there("xdg/sigslot"), "with the name of sigslot");
	is_int(try("", dir_sub("xdg"), false), 0, "an empty variable is not set");
	make("other", 0700);
	is_int(try(dir_sub("own"), dir_sub("other"), true), 0, "one's own comes first");
	ok(!there("other/sigslot"), "and then nothing else is looked at");
	is_int(try(dir_sub("open"), dir_sub("xdg"), true), -EPERM,
	       "one's own that is unsafe is not stepped over");
	is_int(try(NULL, dir_sub("open"), true), -EPERM,
	       "an XDG_RUNTIME_DIR that others may enter is refused");
	is_int(try(NULL, dir_sub("link"), true), -EPERM, "so is one that is a link");
	is_int(try(NULL, dir_sub("dangling"), true), -EPERM,
	       "so is one that is a link to nothing");
	must(symlinkat("round", dir_fd, "round") == 0);
	is_int(try(NULL, dir_sub("round/x"), true), -EPERM,
	       "one that cannot be looked at is not taken for absent");
	must(fchmodat(dir_fd, "xdg/sigslot", 0755, 0) == 0);
	is_int(try(NULL, dir_sub("xdg"), true), -EPERM,
	       "an unsafe directory below it is refused");
}

/*
 * As a user that nobody is, which only root can be: below /tmp, as /run has nothing.
 * Returns which step went wrong, 0 for none.
 */
static int as_stranger(void)
{
	uid_t uid = 2000000000u + (uid_t)getpid();
	char path[64];
	struct stat st;
	int wrong = 0;

	snprintf(path, sizeof(path), "/tmp/sigslot-%u", (unsigned)uid);
	if (setegid(uid) < 0 || seteuid(uid) < 0)
		return 1;
	if (try(dir_sub("own"), NULL, false) != -EACCES)
		wrong = 2;
	else if (try(NULL, NULL, false) != -ENOENT)
		wrong = 3;
	else if (try(NULL, "/nowhere/at/all", true) != 0 || lstat(path, &st) < 0)
		wrong = 4;
	else if (st.st_uid != uid || (st.st_mode & 0777) != 0700)
		wrong = 5;
	else if (chdir("/") < 0 || try(NULL, "tmp", false) != 0)
		wrong = 6;
	if (seteuid(0) < 0 ||
	    (!wrong && (chown(path, 0, 0) < 0 || chmod(path, 0755) < 0)) ||
	    seteuid(uid) < 0)
		wrong = 7;
	else if (!wrong && (try(NULL, NULL, true) != -EPERM || !told("user 0")))
		wrong = 8;
	if (seteuid(0) == 0)
		rmdir(path);
	return wrong;
}

static void test_owner(void)
{
	if (geteuid() == 0) {
		is_int(in_child(as_stranger), 0,
		       "the last step is a directory below /tmp, refused if it is "
		       "somebody else's");
		make("theirs", 0700);
		must(chown(dir_sub("theirs"), 12345, 12345) == 0);
		is_int(try(dir_sub("theirs"), NULL, true), -EPERM,
		       "root does not use what belongs to a user");
		must(chown(dir_sub("theirs"), 0, 0) == 0);
		return;
	}
	is_int(try("/", NULL, true), -EPERM, "what belongs to root is refused");
	ok(told("belongs to user 0"), "and the message says whose it is");
}

static int join(void *data, const char *name)
{
	strcat(strcat(data, name), " ");
	return strcmp(name, "stop-here") == 0 ? 7 : 0;
}

static const char *names_in(int dir, int wanted)
{
	static char names[512];

	names[0] = '\0';
	is_int(runtime_each(dir, join, names), wanted, "the last answer is handed on");
	return names;
}

static void test_each(void)
{
	int dir;

	make("each", 0700);
	must(runtime_subdir(dir_fd, "each", false, &dir, &dir_err) == 0);
	is_str(names_in(dir, 0), "", "an empty directory has no instances");
	for (unsigned i = 0; i < 8; i++)
		must(mkdirat(dir,
			     (const char *[]){"b", "a", "_c", "a-1", ".trash-1-a",
					      "1st", "a b", "caf\303\251"}[i],
			     0700) == 0);
	must(symlinkat("a", dir, "linked") == 0);
	dir_write("each/file", "", 0);
	is_str(names_in(dir, 0), "_c a a-1 b ",
	       "directories with the name of an instance are listed, sorted");
	is_str(names_in(dir, 0), "_c a a-1 b ", "and listed again");
	must(mkdirat(dir, "stop-here", 0700) == 0 && mkdirat(dir, "z", 0700) == 0);
	is_str(names_in(dir, 7), "_c a a-1 b stop-here ", "the caller may end it");
	close(dir);
}

static void test_remove(void)
{
	char trash[64];

	make("inst", 0700);
	make("inst/q", 0700);
	make("inst/q/loop", 0700);
	make("kept", 0700);
	dir_write("kept/file", "x", 1);
	for (unsigned i = 0; i < 300; i++) {
		char name[64];

		snprintf(name, sizeof(name), "inst/q/loop/file-%u", i);
		must(mknodat(dir_fd, name, S_IFREG | 0600, 0) == 0);
	}
	must(symlinkat("../kept", dir_fd, "inst/link") == 0);
	is_int(runtime_remove(dir_fd, "inst"), 0, "a tree is removed");
	ok(!there("inst"), "and gone");
	ok(there("kept/file"), "what a link in it points to stays");
	is_int(runtime_remove(dir_fd, "inst"), 0, "what is not there is removed");

	snprintf(trash, sizeof(trash), ".trash-%d-inst", (int)getpid());
	make(trash, 0700);
	make(".trash-1-other", 0700);
	dir_write(".trash-1-other/file", "", 0);
	snprintf(trash, sizeof(trash), ".trash-%d-inst/file", (int)getpid());
	dir_write(trash, "", 0);
	make("inst", 0700);
	dir_write("inst/file", "", 0);
	is_int(runtime_remove(dir_fd, "inst"), 0,
	       "it is removed though a process of our number died over it before");
	*strrchr(trash, '/') = '\0';
	ok(!there("inst") && !there(trash), "and nothing of either is left");
	ok(!there(".trash-1-other"), "what others died over removing goes with it");

	make("deep", 0700);
	for (char path[64] = "deep"; strlen(path) < 40;)
		make(strcat(path, "/d"), 0700);
	ok(runtime_remove(dir_fd, "deep") < 0,
	   "a tree deeper than any of ours is kept");
	ok(!there("deep"), "but out of the way");
}

static void test_subdir(void)
{
	int dir = -1;

	is_int(runtime_subdir(dir_fd, "absent", false, &dir, &dir_err), -ENOENT,
	       "a directory below is not made unless told");
	is_int(runtime_subdir(dir_fd, "made", true, &dir, &dir_err), 0,
	       "it is made when told");
	fd_close(&dir);
	must(symlinkat("made", dir_fd, "sublink") == 0);
	is_int(runtime_subdir(dir_fd, "sublink", true, &dir, &dir_err), -EPERM,
	       "a link below is refused");
	is_int(dir, -1, "and nothing is handed out");
}

int main(void)
{
	umask(0);
	dir_begin();
	test_own();
	test_unsafe();
	test_steps();
	test_owner();
	test_each();
	test_remove();
	test_subdir();
	dir_end();
	return done();
}
