/* SPDX-License-Identifier: MIT */
/*
 * Packets on a Unix socket that may bring a descriptor with them.
 */
#ifndef BASE_PACKET_H
#define BASE_PACKET_H

#include <stddef.h>
#include <sys/types.h>

/* Sends one, with a copy of fd unless that is -1; flags as of sendmsg(). 0, -errno. */
int packet_send(int socket, const void *packet, size_t size, int fd, int flags);

/*
 * Receives one of at most `size` bytes as recvmsg() does, whose result and errno it
 * returns. *ret_fd, which the caller closes, is what came with it; -1: nothing did.
 */
ssize_t packet_receive(int socket, void *packet, size_t size, int *ret_fd, int flags);

#endif
