/* SPDX-License-Identifier: MIT */
/*
 * The version of the library, which may be newer than the header of its caller.
 */
#include "sigslot.h"

const char *sigslot_version(void)
{
	return SIGSLOT_VERSION;
}
