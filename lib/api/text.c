/* SPDX-License-Identifier: MIT */
/*
 * What callers need in order to read and answer what people type.
 */
#include <errno.h>
#include <string.h>

#include "base/near.h"
#include "base/unit.h"
#include "sigslot.h"

int sigslot_duration(const char *text, uint64_t *ret_ns)
{
	if (strcmp(text, "0") == 0) /* of nothing there is no unit to be mistaken */
		text = "0s";
	return unit_duration(text, ret_ns) < 0 ? -EINVAL : 0;
}

int sigslot_size(const char *text, uint64_t *ret_bytes)
{
	return unit_size(text, ret_bytes) < 0 ? -EINVAL : 0;
}

static const char *only_longer(const char *wanted, const char *const *candidates,
			       size_t len)
{
	const char *found = NULL;
	size_t size = strlen(wanted);

	for (size_t i = 0; i < len; i++) {
		if (!size || strncmp(candidates[i], wanted, size) != 0)
			continue;
		if (found)
			return NULL;
		found = candidates[i];
	}
	return found;
}

const char *sigslot_near(const char *wanted, const char *const *candidates, size_t len)
{
	struct near n = {.wanted = wanted};

	for (size_t i = 0; i < len; i++)
		near_try(&n, candidates[i]);
	return n.best ? n.best : only_longer(wanted, candidates, len);
}
