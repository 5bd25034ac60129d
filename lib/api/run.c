/* SPDX-License-Identifier: MIT */
/*
 * sigslot_run(): loads the plan, detaches if asked to, supervises.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "api/load.h"
#include "base/fd.h"
#include "base/process.h"
#include "slot/plugin.h"
#include "supervisor/supervisor.h"

struct announcement {
	int caller_fd; /* --ready-fd; -1: none */
	int parent_fd; /* a parent that waits until all is ready; -1: none */
	int early_fd; /* its standard error; -1: none */
};

static void announce(void *data)
{
	static const struct sigslot_error none;
	struct announcement *a = data;

	if (a->caller_fd >= 0)
		fd_write(a->caller_fd, "\n", 1);
	fd_close(&a->caller_fd);
	if (a->parent_fd >= 0)
		fd_write(a->parent_fd, &none, sizeof(none));
	fd_close(&a->parent_fd);
	fd_close(&a->early_fd);
}

/* The parent's share: 0 once the child is ready, else its error or exit status. */
static int await_child(int fd, pid_t child, struct sigslot_error *err)
{
	struct sigslot_error told;
	_buf_ struct buf bytes = {0};
	int status;

	if (fd_read(fd, &bytes, sizeof(told)) == 0 && bytes.size == sizeof(told)) {
		memcpy(&told, bytes.data, sizeof(told));
		if (told.code == 0)
			return 0;
		if (err)
			*err = told;
		return told.code;
	}
	if (waitpid(child, &status, 0) == child && WIFEXITED(status) &&
	    WEXITSTATUS(status))
		return WEXITSTATUS(status); /* its lines have said why */
	return fail(err, -ECHILD, "the detached supervisor ended before it was ready");
}

/* Lets go of the terminal and of pipes; a file to which output was sent is kept. */
/* Returns what was standard error, or -1 if it was a file, which stays. */
static int cut_loose(void)
{
	_close_ int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct stat st;
	int early;

	if (null < 0)
		return -1;
	early = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	for (int fd = 0; fd < 3; fd++) {
		if (fd > 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
			if (fd == STDERR_FILENO)
				fd_close(&early);
			continue;
		}
		dup2(null, fd);
	}
	return early;
}

/* The child's share; never returns. */
static _Noreturn void supervise_detached(struct wiring *wiring,
					 struct supervisor_options *options,
					 struct announcement *a)
{
	struct sigslot_error err = {0};
	int keep[] = {a->caller_fd, a->parent_fd, -1}, r;

	setsid();
	a->early_fd = options->early_fd = keep[2] = cut_loose();
	process_close_others(keep,
			     ARRAY_LEN(keep)); /* a lock of the caller's, its pipes */
	r = supervisor_run(wiring, options, &err);
	if (r < 0 && a->parent_fd >= 0) {
		err.code = r;
		fd_write(a->parent_fd, &err, sizeof(err));
	}
	_exit(r < 0 ? sigslot_error_exit(r) : r);
}

static int detach(struct wiring *wiring, struct supervisor_options *options,
		  struct announcement *a, struct sigslot_error *err)
{
	int ends[2], r;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail_errno(err, "cannot make a pipe");
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		a->parent_fd = ends[1];
		supervise_detached(wiring, options, a);
	}
	close(ends[1]);
	r = pid < 0 ? fail_errno(err, "cannot detach") : await_child(ends[0], pid, err);
	close(ends[0]);
	return r;
}

/* The file may be another one by now; standard input has been read. */
static int read_again(void *data, struct wiring *w, sigslot_report_fn report,
		      void *report_data, struct sigslot_error *err)
{
	const char *file = data ? data : "sigslot.yaml";
	_buf_ struct buf text = {0};
	int r = strcmp(file, "-") == 0
			? fail(err, -ENOENT,
			       "it was read from standard input: there is no file to "
			       "be read again")
			: load_text(file, &text, err);

	return r < 0 ? r
		     : wiring_reload(w,
				     &(struct topology_input){
					     .text = text.data ? text.data : "",
					     .size = text.size,
					     .report = report,
					     .data = report_data,
					     .probe = plugin_probe},
				     err);
}

int sigslot_run(const struct sigslot_run_options *o, struct sigslot_error *err)
{
	struct announcement a = {o->ready_fd, -1, -1};
	struct supervisor_options options = {
		.until_idle = o->until_idle,
		.strict = o->strict,
		.detached = o->detach,
		.early_fd = -1,
		.reload = read_again,
		.reload_data = (void *)o->file,
		.ready = announce,
		.data = &a,
	};
	struct wiring *wiring;
	int r = load_wiring(o->file, o->name, o->report, o->data, &wiring, err);

	if (r < 0)
		return r;
	r = o->detach ? detach(wiring, &options, &a, err)
		      : supervisor_run(wiring, &options, err);
	wiring_free(wiring);
	return r;
}
