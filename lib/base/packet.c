/* SPDX-License-Identifier: MIT */
/*
 * One descriptor at most: the kernel closes what does not fit.
 */
#include "base/packet.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

int packet_send(int socket, const void *packet, size_t size, int fd, int flags)
{
	char space[CMSG_SPACE(sizeof(fd))] = "";
	struct iovec bytes = {(void *)packet, size};
	struct msghdr m = {.msg_iov = &bytes, .msg_iovlen = 1};
	struct cmsghdr *part;

	if (fd >= 0) {
		m.msg_control = space;
		m.msg_controllen = sizeof(space);
		part = CMSG_FIRSTHDR(&m);
		*part = (struct cmsghdr){CMSG_LEN(sizeof(fd)), SOL_SOCKET, SCM_RIGHTS};
		memcpy(CMSG_DATA(part), &fd, sizeof(fd));
	}
	return sendmsg(socket, &m, flags | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

ssize_t packet_receive(int socket, void *packet, size_t size, int *ret_fd, int flags)
{
	char space[CMSG_SPACE(sizeof(*ret_fd))];
	struct iovec bytes = {packet, size};
	struct msghdr m = {.msg_iov = &bytes,
			   .msg_iovlen = 1,
			   .msg_control = space,
			   .msg_controllen = sizeof(space)};
	ssize_t n = recvmsg(socket, &m, flags | MSG_CMSG_CLOEXEC);
	struct cmsghdr *part = n < 0 ? NULL : CMSG_FIRSTHDR(&m);

	*ret_fd = -1;
	if (part && part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS &&
	    part->cmsg_len == CMSG_LEN(sizeof(*ret_fd)))
		memcpy(ret_fd, CMSG_DATA(part), sizeof(*ret_fd));
	return n;
}
