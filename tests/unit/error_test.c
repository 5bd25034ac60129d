/* SPDX-License-Identifier: MIT */
/*
 * Errors and the log callback: lib/base/error.c and lib/base/log.c.
 */
#include "base/error.h"
#include "base/log.h"
#include "tap.h"

static char heard[4096];
static size_t heard_size;

static void hear(void *data, const char *from, const char *line, size_t size)
{
	heard_size = size;
	snprintf(heard, sizeof(heard), "%s|%s|%.*s", (char *)data, from, (int)size,
		 line);
}

static void errors(void)
{
	struct sigslot_error err = {.source = "a.yaml", .line = 3, .column = 7};
	char big[2000];

	is_int(fail(NULL, -EINVAL, "nobody reads %d", 1), -EINVAL,
	       "without a place to tell it, the code is still returned");
	is_int(fail(&err, -ENOENT, "no %s", "file"), -ENOENT, "the code is returned");
	is_int(err.code, -ENOENT, "and kept");
	is_str(err.text, "no file", "the sentence is formatted");
	ok(err.line == 3 && err.column == 7 && strcmp(err.source, "a.yaml") == 0,
	   "the place stays as it was");
	is_int(fail_in(&err, -EIO, "loop '%s'", "x"), -EIO,
	       "a prefix returns its own code");
	is_str(err.text, "loop 'x': no file", "and stands before the sentence");
	is_int(fail_in(NULL, -EIO, "x"), -EIO, "also without a place to tell it");
	errno = ENOSPC;
	is_int(fail_errno(&err, "cannot write '%s'", "f"), -ENOSPC,
	       "a failed call returns its errno");
	is_str(err.text, "cannot write 'f': No space left on device",
	       "and says what the system said");
	errno = EPERM;
	is_int(fail_errno(NULL, "x"), -EPERM, "also without a place to tell it");
	errno = 0;
	is_int(fail_errno(&err, "odd"), -EIO, "a call that set no errno is never 0");
	memset(big, 'b', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	fail(&err, -EINVAL, "%s", big);
	is_u64(strlen(err.text), sizeof(err.text) - 1, "a long sentence is cut off");
	fail_in(&err, -EINVAL, "before");
	ok(strncmp(err.text, "before: bbb", 11) == 0, "a prefix to it is not");
	errno = EPERM;
	fail_errno(&err, "%s", big);
	is_u64(strlen(err.text), sizeof(err.text) - 1, "nor overrun by the errno");
}

static void logs(void)
{
	char data[] = "data", big[3000];

	log_line("x", "nobody hears %d", 1);
	log_to(hear, data);
	log_line("loop/slot", "count %d", 5);
	is_str(heard, "data|loop/slot|count 5", "a line reaches the callback");
	log_bytes("o", "a\0b", 3);
	is_u64(heard_size, 3, "bytes reach it as they are");
	memset(big, 'b', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	log_line("o", "%s", big);
	is_u64(heard_size, 1023, "a formatted line is cut at 1023 bytes");
	log_to(NULL, NULL);
	heard[0] = '\0';
	log_line("o", "gone");
	is_str(heard, "", "without a callback lines are dropped");
}

int main(void)
{
	errors();
	logs();
	return done();
}
