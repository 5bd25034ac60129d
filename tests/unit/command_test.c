/* SPDX-License-Identifier: MIT */
/* run and exec: what a command is given, what becomes of its output and its status. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "slot_host.h"

static void run(const char *text, const char *payload)
{
	struct slot_spec spec = host_spec("run", text);
	struct slot *s = host_open(&spec);

	host_clear();
	host_run(s, payload);
	slot_close(s);
}

static void says(const char *text, const char *payload, const char *wanted,
		 const char *name)
{
	run(text, payload);
	is_str(host_text(), wanted, "%s", name);
}

#define OK "done - code 0 exit 0 signal 0\n"

static void takes_input(void)
{
	says("cat", "\"a b\"", "out \"a b\"\n" OK, "a string arrives raw on stdin");
	says("cat", "{\"a\": 1}", "out {\"a\":1}\n" OK, "an object arrives as JSON");
	says("cat", "null", "out null\n" OK, "null arrives as the word null");
	says("cat", "\"a\\nb\"", "out \"a\"\nout \"b\"\n" OK,
	     "a string with a newline is two lines for a run");
	says("echo $# $1-$2", "[1,\"x y\"]", "out \"2 1-x y\"\n" OK,
	     "the elements of an array are the arguments");
	says("echo $#-$1", "\"it's\"", "out \"1-it's\"\n" OK,
	     "a single value is the one argument");
	says("echo $#", "null", "out 0\n" OK, "null gives no arguments");
	says("echo $0", "1", "out \"sh\"\n" OK, "$0 is sh");
}

static void has_a_verdict(void)
{
	run("exit 0", "1");
	ok(host.last.code == 0 && host.last.exit == 0, "0 is done");
	run("exit 1", "1");
	ok(host.last.code && host.last.exit == 1 && !host.last.final,
	   "1 is a failure that may be tried again");
	for (int status = 65; status <= 127; status += status == 65 ? 60 : 1) {
		char text[32];

		snprintf(text, sizeof(text), "exit %d", status);
		run(text, "1");
		ok(host.last.exit == status && host.last.final, "%d is final", status);
	}
	run("echo why >&2; kill -9 $$", "1");
	ok(host.last.signal == 9 && host.last.exit == -1 && !host.last.final,
	   "a signal is a failure that may be tried again");
	is_str(host.last.reason, "was ended by signal 9 (SIGKILL)",
	       "the signal has a name");
	is_str(host.last.err_tail, "why\n", "the end of stderr is kept");
}

static void starts_clean(void)
{
	int extra = open("/dev/null", O_RDONLY); /* without O_CLOEXEC */
	sigset_t mask;

	signal(SIGHUP, SIG_IGN); /* as under nohup */
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	says("ls /proc/self/fd", "1", "out 0\nout 1\nout 2\nout 3\n" OK,
	     "a command has no descriptors but 0 1 2 (and 3 is ls's own)");
	says("grep -E '^Sig(Ign|Blk):' /proc/self/status | tr '\\t' ' '", "1",
	     "out \"SigBlk: 0000000000000000\"\n"
	     "out \"SigIgn: 0000000000000000\"\n" OK,
	     "no signal is ignored or blocked in it, not even SIGPIPE");
	run("read -r _ _ _ _ pgrp _ </proc/$$/stat; [ $pgrp = $$ ] && pwd", "1");
	is_str(host_text(), "out \"/\"\n" OK,
	       "it is in a process group of its own and in the directory");
	sigprocmask(SIG_UNBLOCK, &mask, NULL);
	signal(SIGHUP, SIG_DFL);
	close(extra);
}

static void knows_its_message(void)
{
	struct slot_spec spec =
		host_spec("run", "env | sort | grep -E '^(SIGSLOT|FOO)'");
	const char *const env[] = {"FOO=bar", "SIGSLOT_SEQ=99", NULL};
	struct slot *s;

	setenv("FOO", "inherited", 1);
	setenv("SIGSLOT_SENDER", "somebody", 1);
	spec.env = env;
	s = host_open(&spec);
	host_clear();
	host_run(s, "1");
	is_str(host_text(),
	       "out \"FOO=bar\"\nout \"SIGSLOT_ATTEMPT=2\"\n"
	       "out \"SIGSLOT_INSTANCE=shop\"\nout \"SIGSLOT_LOOP=front\"\n"
	       "out \"SIGSLOT_OBJECT=obj\"\nout \"SIGSLOT_PROCESS=main\"\n"
	       "out \"SIGSLOT_SENDER=orders\"\nout \"SIGSLOT_SEQ=7\"\n"
	       "out \"SIGSLOT_SIGNAL=new\"\nout \"SIGSLOT_SLOT=in\"\n" OK,
	       "the environment tells of the message and has what `env:` sets");
	unsetenv("SIGSLOT_SENDER");
	slot_close(s);
}

static char *big_string(size_t size)
{
	char *payload = malloc(size + 3);

	memset(payload, 'x', size + 2);
	payload[0] = payload[size + 1] = '"';
	payload[size + 2] = '\0';
	return payload;
}

/* Without arguments, as no argument is that long. */
static void run_big(const char *text, const char *payload)
{
	struct slot_spec spec = host_spec("run", text);
	struct slot *s;

	spec.args_none = true;
	s = host_open(&spec);
	host_clear();
	host_run(s, payload);
	slot_close(s);
}

static void moves_much(void)
{
	char *payload = big_string(8 << 20);

	run_big("exec sleep 0.01", payload);
	is_str(host_text(), OK, "a command need not read 8 MiB of stdin");
	run_big("wc -c", payload);
	is_str(host_text(), "out 8388609\n" OK, "8 MiB arrive whole");
	run_big("exec <&-; sleep 0.01; exit 3", payload);
	ok(host.last.exit == 3, "a command that closes stdin has its own verdict");
	run_big("head -c 8388608 /dev/zero | tr '\\0' x | fold -w 1048575 | wc -c; wc "
		"-c",
		payload);
	is_str(host_text(), "out 8388616\nout 8388609\n" OK,
	       "a command may begin to read late");
	run_big("yes 12345678901234567890123456789012345678901234567890123456789012 | "
		"head -n 131072; wc -c",
		payload);
	ok(host.emitted == 131073 && host.last.code == 0,
	   "a command may write 8 MiB before it reads 8 MiB");
	free(payload);
}

static void guards_arguments(void)
{
	char *payload = big_string(131072);

	run("echo $1", payload);
	ok(host.last.code == -E2BIG && host.last.final && !host.emitted,
	   "an argument of 128 KiB fails the message for good");
	free(payload);
	payload = big_string(131071);
	run("echo ${#1}", payload);
	is_str(host_text(), "out 131071\n" OK, "one byte less is passed");
	free(payload);
	run("echo $1", "\"a\\u0000b\"");
	ok(host.last.code == -EILSEQ && host.last.final, "a NUL is never cut off");
	run("echo \"$1\"", "\"$(echo pwned); `x` ' \\\" #\"");
	is_str(host_text(), "out \"$(echo pwned); `x` ' \\\" #\"\n" OK,
	       "what the shell would expand stays as it is");
}

static void exec(const char *const *argv, const char *const *args, const char *payload)
{
	struct slot_spec spec = host_spec("exec", NULL);
	struct slot *s;

	spec.argv = argv;
	spec.args = args;
	s = host_open(&spec);
	host_clear();
	host_run(s, payload);
	slot_close(s);
}

static void executes(void)
{
	static const char *const echo[] = {"echo", "a b", "$HOME", NULL};
	static const char *const paths[] = {".id", ".name", NULL};
	static const char *const missing[] = {"no-such-program", NULL};
	static const char *const plain[] = {"/etc/passwd", NULL};
	static const char *const folder[] = {"/etc", NULL};

	exec(echo, NULL, "[1,2]");
	is_str(host_text(), "out \"a b $HOME\"\n" OK,
	       "exec runs without a shell and without arguments of its own");
	exec(echo, paths, "{\"id\":1,\"name\":\"x y\"}");
	is_str(host_text(), "out \"a b $HOME 1 x y\"\n" OK,
	       "what `args:` picks is appended");
	exec(echo, paths, "{\"id\":1}");
	ok(host.last.code == -ENOENT && host.last.final,
	   "a path that picks nothing fails the message");
	exec(missing, NULL, "1");
	ok(host.last.exit == 127 && host.last.final && host.last.code == -ENOENT,
	   "a program that is missing is 127");
	is_str(host.last.reason,
	       "cannot execute 'no-such-program': No such file or directory",
	       "and is named");
	exec(plain, NULL, "1");
	ok(host.last.exit == 126 && host.last.final, "a file without x bit is 126");
	exec(folder, NULL, "1");
	ok(host.last.exit == 126 && host.last.final, "a directory is 126");
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0755);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		BAIL("cannot write %s", path);
	close(fd);
}

static void executes_scripts(void)
{
	char dir[] = "/tmp/command_test.XXXXXX", path[64], env[64];
	const char *argv[] = {path, "x", NULL};
	const char *const by_name[] = {"script", "y", NULL};
	const char *const with_env[] = {env, NULL};
	struct slot_spec spec = host_spec("exec", NULL);
	struct slot *s;

	if (!mkdtemp(dir))
		BAIL("no directory");
	snprintf(path, sizeof(path), "%s/script", dir);
	write_file(path, "echo $1 of $0\n");
	exec(argv, NULL, "1");
	ok(strstr(host_text(), "out \"x of ") != NULL,
	   "a script without #! is run by the shell");
	write_file(path, "#!/no/such/shell\n");
	exec(argv, NULL, "1");
	ok(host.last.exit == 127 && strstr(host.last.reason, "interpreter"),
	   "a script whose interpreter is missing says so");
	write_file(path, "#!/bin/sh\necho $1\n");
	snprintf(env, sizeof(env), "PATH=%s", dir);
	spec.argv = by_name;
	spec.env = with_env;
	s = host_open(&spec);
	host_clear();
	host_run(s, "1");
	is_str(host_text(), "out \"y\"\n" OK,
	       "a program is looked for in its own PATH");
	slot_close(s);
	spec = host_spec("run", "pwd");
	spec.directory = "/no/such/directory";
	s = host_open(&spec);
	host_clear();
	host_run(s, "1");
	ok(host.last.final && strstr(host.last.reason, "/no/such/directory"),
	   "a directory that is missing is named");
	slot_close(s);
	unlink(path);
	rmdir(dir);
}

static void fits_lines(void)
{
	struct slot_spec spec =
		host_spec("run",
			  "echo 1; echo x; printf 2; head -c 1048577 /dev/zero; echo; "
			  "printf 3");
	struct sigslot_error err;
	struct type *type;
	struct slot *s;

	if (type_parse("integer", &type, &err) < 0)
		BAIL("%s", err.text);
	spec.type = type;
	s = host_open(&spec);
	host_clear();
	host_run(s, "1");
	is_str(host_text(), "out 1\nmisfit 2\nmisfit 3\nout 3\n" OK,
	       "lines that do not fit or are too long are told with their number, the "
	       "last one needs no newline");
	slot_close(s);
	spec.output = SLOT_LOG;
	spec.text = "echo 1; echo x; head -c 20000 /dev/zero | tr '\\0' y";
	s = host_open(&spec);
	host_clear();
	host.quiet = true;
	host_run(s, "1");
	ok(host.logged == 4 && !host.misfits,
	   "without a signal all lines are logged, long ones in pieces");
	slot_close(s);
	type_free(type);
}

static void leaves_background_children(void)
{
	struct slot_spec spec = host_spec("run", "sleep 30 & echo $!");
	struct slot *s = host_open(&spec);
	uint64_t started = clock_now();
	pid_t pid;

	host_clear();
	host_run(s, "1");
	ok(clock_now() - started < 15 * NS_PER_S && host.emitted == 1 && !host.failed,
	   "a background child that keeps stdout open delays the end by a second");
	pid = (pid_t)strtol(host_text() + 4, NULL, 10);
	ok(kill(pid, 0) == 0, "and goes on");
	slot_close(s);
	started = clock_now();
	while (kill(pid, 0) == 0 && clock_now() - started < 15 * NS_PER_S) {
		char path[64], stat[256] = "";
		int fd;

		snprintf(path, sizeof(path), "/proc/%d/stat", pid);
		fd = open(path, O_RDONLY);
		if (fd < 0 || read(fd, stat, sizeof(stat) - 1) < 0 ||
		    strstr(stat, ") Z"))
			pid = 0x3fffffff;
		close(fd);
	}
	ok(kill(pid, 0) < 0, "until the slot is closed");
}

static void shares_its_log(void)
{
	struct slot_spec spec =
		host_spec("run", "printf %s-out $1; printf %s-err $1 >&2; exit $1");
	struct slot *s;

	spec.output = SLOT_LOG;
	s = host_open(&spec);
	host_clear();
	host_run(s, "3");
	ok(strstr(host_text(), "log 3-out\n") && strstr(host_text(), "log 3-err\n"),
	   "what lacks its newline is logged at the end of the command");
	is_str(host.last.err_tail, "3-err", "the end of stderr is that of stderr");
	host_clear();
	host_run(s, "4");
	ok(strstr(host_text(), "log 4-out\n") && strstr(host_text(), "log 4-err\n"),
	   "and does not become a part of the next command's first line");
	is_str(host.last.err_tail, "4-err", "nor of the end of its stderr");
	slot_close(s);
}

/* The command ends when that one has left its process group: nobody waits for it. */
static void hears_who_slipped_away(void)
{
	char dir[] = "/tmp/command_test.XXXXXX";
	const char *const env[] = {"PATH=/usr/bin:/bin", NULL};
	struct slot_spec spec =
		host_spec("run",
			  "setsid sh -c 'echo >gone; read -r line <go; echo $line' & "
			  "read -r _ <gone");
	struct slot *s;
	int fd;

	if (!mkdtemp(dir) || chdir(dir) < 0 || mkfifo("gone", 0600) < 0 ||
	    mkfifo("go", 0600) < 0)
		BAIL("no FIFOs");
	spec.env = env;
	spec.output = SLOT_LOG;
	spec.directory = dir;
	s = host_open(&spec);
	host_clear();
	host_run(s, "1");
	is_str(host_text(), OK, "a command that logs has ended with its group");
	fd = open("go", O_WRONLY);
	if (fd < 0 || write(fd, "late\n", 5) != 5)
		BAIL("cannot write");
	host_until(&host.logged, 1);
	is_str(host_text(), OK "log late\n",
	       "who slipped away from it is heard all the same");
	close(fd);
	slot_close(s);
	unlink("gone");
	unlink("go");
	if (chdir("/") == 0)
		rmdir(dir);
}

static void ends_many(void)
{
	struct slot_spec spec = host_spec("run", "read -r x; kill -STOP $$");
	static struct slot_job *jobs[1000];
	struct slot *s = host_open(&spec);

	host_clear();
	host.quiet = true;
	for (int i = 0; i < 1000; i++)
		slot_deliver(s, jobs[i] = host_job("1", NULL));
	slot_kill(s, SIGKILL);
	host_until(&host.done, 1000);
	ok(host.done == 1000 && host.failed == 1000 && host.last.signal == SIGKILL,
	   "the ends of 1,000 commands at the same time are all noticed");
	for (int i = 0; i < 1000; i++)
		free(jobs[i]);
	slot_close(s);
}

static void times_out(void)
{
	struct slot_spec spec = host_spec("run", "sleep 30 & wait; echo no");
	struct slot *s;

	spec.timeout_ns = 50 * NS_PER_MS;
	s = host_open(&spec);
	host_clear();
	host_run(s, "1");
	ok(host.last.code == -ETIMEDOUT && host.last.signal == SIGTERM &&
		   !host.last.final,
	   "a command that takes too long is ended, its group with it");
	slot_close(s);
}

static void hold_first(struct slot *s)
{
	if (host.emitted == 2)
		slot_hold(s, true);
}

static void is_held(void)
{
	struct slot_spec spec = host_spec("run", "echo 1; echo 2; echo 3; echo 4");
	struct slot *s = host_open(&spec);
	struct slot_job *job = host_job("1", NULL);
	host_clear();
	host.on_emit = hold_first;
	slot_deliver(s, job);
	host_until(&host.emitted, 2);
	host_for(1200);
	ok(host.emitted == 2 && !host.done, "a held command emits no line more");
	host.on_emit = NULL;
	slot_hold(s, false);
	host_until(&host.done, 1);
	is_str(host_text(), "out 1\nout 2\nout 3\nout 4\n" OK,
	       "and goes on where it was");
	free(job);
	slot_close(s);
}

int main(void)
{
	host_start();
	starts_clean(); /* first: dispositions are looked at once */
	takes_input();
	has_a_verdict();
	knows_its_message();
	moves_much();
	guards_arguments();
	executes();
	executes_scripts();
	fits_lines();
	leaves_background_children();
	shares_its_log();
	hears_who_slipped_away();
	ends_many();
	times_out();
	is_held();
	host_clear();
	loop_done(&host.loop);
	return done();
}
