/* SPDX-License-Identifier: MIT */
/* plugin: what is loaded and what is not, and what it may call. */
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "slot_host.h"

static char dir[] = "/tmp/plugin_test.XXXXXX";

/* Copies a compiled plugin, from beside this program, to where nobody else writes. */
static void install(const char *name)
{
	char self[PATH_MAX], command[2 * PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n < 0)
		BAIL("who am I?");
	self[n] = '\0';
	snprintf(command, sizeof(command),
		 "cp %s/../plugins/%s.so %s/ && chmod 755 %s/*", dirname(self), name,
		 dir, dir);
	if (system(command) != 0)
		BAIL("%s.so is not built", name);
}

static void refused(const char *file, int code, const char *word, const char *name)
{
	struct slot_spec spec = host_spec("plugin", file);
	struct sigslot_error err = {0};
	struct slot *s = NULL;

	spec.directory = dir;
	is_int(slot_open(&spec, &host_calls, &host.loop, NULL, &s, &err), code, "%s",
	       name);
	if (!ok(strstr(err.text, word), "and the sentence says so"))
		printf("# %s\n", err.text);
}

static void refuses(void)
{
	char path[PATH_MAX];

	refused("missing.so", -ENOENT, "missing.so", "a missing file is refused");
	refused("stranger.so", -EINVAL, "ABI", "another ABI is refused uncalled");
	refused("nothing.so", -EINVAL, "sigslot_plugin",
		"a library without the symbol is refused");
	refused(".", -EINVAL, "not a regular file", "a directory is refused");
	snprintf(path, sizeof(path), "%s/link.so", dir);
	if (symlink("probe.so", path) < 0)
		BAIL("no link");
	refused("link.so", -ELOOP, "symbolic link", "a symbolic link is refused");
	snprintf(path, sizeof(path), "%s/probe.so", dir);
	chmod(path, 0775);
	refused("probe.so", -EPERM, "0775",
		"a file that the group can write is refused");
	chmod(path, 0755);
	chmod(dir, 0777);
	refused("probe.so", -EPERM, "directory",
		"a directory that all can write is refused");
	chmod(dir, 0755);
	snprintf(path, sizeof(path), "%s/text.so", dir);
	close(open(path, O_CREAT | O_WRONLY, 0644));
	refused("text.so", -EINVAL, "cannot load",
		"a file that is no library is refused");
}

static void deliver(struct slot *s, const char *slot, const char *payload)
{
	struct slot_job *job = host_job(payload, NULL);

	host_clear();
	job->message.slot = slot;
	slot_deliver(s, job);
	free(job);
}

static void calls(void)
{
	struct slot_spec spec = host_spec("plugin", "probe.so");
	struct slot *s;

	spec.directory = dir;
	spec.config = "{\"window\":60}";
	s = host_open(&spec);
	refused("stranger.so", -EINVAL, "ABI",
		"a second file is not mistaken for the one that is loaded");
	deliver(s, "echo", "[1]");
	is_str(host_text(), "out [1]\ndone - code 0 exit -1 signal 0\n",
	       "what it emits comes before its verdict");
	deliver(s, "config", "1");
	is_str(host_text(), "out {\"window\":60}\ndone - code 0 exit -1 signal 0\n",
	       "it reads its config");
	deliver(s, "bad", "1");
	ok(host.last.code == -EILSEQ && !host.emitted,
	   "it cannot emit what is not JSON");
	deliver(s, "log", "1");
	is_str(host_text(), "log log of obj\ndone - code 0 exit -1 signal 0\n",
	       "it writes lines to the log and knows its object");
	deliver(s, "fail", "1");
	ok(host.last.code == -EIO && !host.last.final, "it can fail a message");
	deliver(s, "reject", "1");
	ok(host.last.code == -EILSEQ && host.last.final, "it can refuse a message");
	deliver(s, "fork", "1");
	ok(host.last.code == 0 && !host.emitted,
	   "a child that it forked cannot emit in its name");
	host_clear();
	slot_finish(s);
	is_str(host_text(), "out \"closed\"\nended code 0 exit -1 signal 0 for good\n",
	       "it may emit when it is closed");
	slot_close(s);
}

static void is_refused(void)
{
	struct slot_spec spec = host_spec("plugin", "probe.so");
	struct sigslot_error err = {0};
	struct slot *s;

	spec.config = "\"refuse\"";
	spec.directory = dir;
	is_int(slot_open(&spec, &host_calls, &host.loop, NULL, &s, &err), -EPERM,
	       "a plugin that does not open is not started");
}

int main(void)
{
	char command[64];

	host_start();
	if (!mkdtemp(dir))
		BAIL("no directory");
	install("probe");
	install("stranger");
	install("nothing");
	refuses();
	calls();
	host_clear();
	is_refused();
	loop_done(&host.loop);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	is_int(system(command), 0, "nothing is left");
	return done();
}
