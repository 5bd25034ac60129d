/* SPDX-License-Identifier: MIT */
/*
 * Exit statuses: what errnos become, and that sigslot(1) lists just these.
 */
#include <errno.h>

#include "sigslot.h"
#include "tap.h"

enum { ERRNOS = 134, STATUSES = 256 };

static const struct {
	int code, exit;
	const char *name;
} cases[] = {
	{0, 0, "success"},
	{EINVAL, 64, "wrong usage"},
	{EILSEQ, 65, "a bad payload"},
	{EMSGSIZE, 65, "a payload that is too big"},
	{EBADMSG, 65, "a damaged file"},
	{ENOENT, 66, "a missing file"},
	{EISDIR, 66, "a directory where a file should be"},
	{ENOTDIR, 66, "a file where a directory should be"},
	{ENXIO, 69, "an unknown name"},
	{ESHUTDOWN, 69, "an instance that is stopping"},
	{ENOTRECOVERABLE, 70, "a bug"},
	{ENOMEM, 71, "no memory"},
	{EMFILE, 71, "no descriptors"},
	{EEXIST, 73, "a name that is already running"},
	{ENOSPC, 73, "a full file system"},
	{EDQUOT, 73, "a full quota"},
	{EFBIG, 73, "a file size limit"},
	{EROFS, 73, "a read-only file system"},
	{EIO, 74, "an input or output error"},
	{EPIPE, 74, "a closed pipe"},
	{EAGAIN, 75, "no room in time"},
	{EBUSY, 75, "something busy"},
	{EPROTO, 76, "another version"},
	{EPERM, 77, "an unsafe directory"},
	{EACCES, 77, "no access"},
	{ENOEXEC, 78, "an invalid topology"},
	{ETIMEDOUT, 124, "a time-out"},
};

/*
 * Reads the statuses of the page's EXIT STATUS section. Those that begin with a digit
 * and go beyond 124 are about commands, not about sigslot.
 */
static bool read_page(const char *path, bool listed[static STATUSES])
{
	FILE *page = fopen(path, "r");
	char line[512];
	bool inside = false;
	int status;

	if (!page)
		return false;
	while (fgets(line, sizeof(line), page)) {
		if (strncmp(line, ".Sh ", 4) == 0)
			inside = strcmp(line, ".Sh EXIT STATUS\n") == 0;
		else if (inside && sscanf(line, ".It %d", &status) == 1 &&
			 status >= 0 && status < STATUSES)
			listed[status] = true;
	}
	fclose(page);
	return true;
}

int main(void)
{
	bool listed[STATUSES] = {false}, used[STATUSES] = {[0] = true, [1] = true};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		is_int(sigslot_error_exit(-cases[i].code), cases[i].exit, "%s exits %d",
		       cases[i].name, cases[i].exit);
	if (!read_page("man/sigslot.1", listed))
		BAIL("man/sigslot.1 cannot be read; run this in the top directory");
	for (int code = 1; code < ERRNOS; code++)
		used[sigslot_error_exit(-code)] = true;
	for (int status = 0; status < 126; status++)
		if (used[status] || listed[status])
			ok(used[status] && listed[status],
			   "%d is in sigslot(1) and in the table", status);
	return done();
}
