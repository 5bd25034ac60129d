/* SPDX-License-Identifier: MIT */
/*
 * One datagram for each message: the manager may come and go.
 */
#include "supervisor/notify.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/clock.h"
#include "supervisor/super.h"

void notify_say(struct supervisor *s, const char *format, ...)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t size = s->notify ? strlen(s->notify) : 0;
	_close_ int fd = -1;
	char text[256];
	va_list args;

	if (!size || size >= sizeof(to.sun_path) || !strchr("/@", *s->notify))
		return;
	memcpy(to.sun_path, s->notify, size);
	if (*to.sun_path == '@')
		*to.sun_path = '\0';
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		sendto(fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL,
		       (struct sockaddr *)&to,
		       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size));
}

void notify_reloading(struct supervisor *s)
{
	if (!s->ready)
		return;
	s->reloading = true;
	notify_say(s, "RELOADING=1\nMONOTONIC_USEC=%llu\nSTATUS=reloading",
		   (unsigned long long)(clock_now() / 1000));
}

void notify_reloaded(struct supervisor *s)
{
	if (!s->reloading)
		return;
	s->reloading = false;
	notify_say(s, "READY=1\nSTATUS=ready");
}

void notify_open(struct supervisor *s)
{
	const char *address = getenv("NOTIFY_SOCKET");

	if (address)
		s->notify = strdup(address);
	unsetenv("NOTIFY_SOCKET");
}
