/* SPDX-License-Identifier: MIT */
/*
 * What the sources of the queue are compiled with for weave_test: their system calls go
 * to machine.c, and so do all their accesses to memory, as calls of __tsan_*() that
 * gcc -fsanitize=thread puts before each. Nothing in lib/queue knows of it.
 */
#ifndef CALLS_H
#define CALLS_H

#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int machine_openat(int dir, const char *name, int flags);
int machine_fstat(int fd, struct stat *ret);
ssize_t machine_pread(int fd, void *to, size_t size, off_t at);
void *machine_mmap(void *at);
ssize_t machine_read(int fd, size_t size);
ssize_t machine_write(int fd);
int machine_ioctl(int fd, int *ret_tokens);
void machine_close(int *fd);
long machine_syscall(long number, ...);
int machine_clock(struct timespec *ret);
int machine_yield(void);
void *machine_calloc(size_t size);
void *machine_copy(void *to, const void *from, size_t size);

#define openat(dir, name, flags, ...)		machine_openat(dir, name, flags)
#define fstat(fd, ret)				machine_fstat(fd, ret)
#define pread(fd, to, size, at)			machine_pread(fd, to, size, at)
#define mmap(at, size, protection, kind, fd, o) machine_mmap(at)
#define munmap(at, size)			((void)(at))
#define madvise(at, size, advice)		((void)(at), 0)
#define read(fd, to, size)			((void)(to), machine_read(fd, size))
#define write(fd, from, size)			machine_write(fd)
#define ioctl(fd, request, ret)			machine_ioctl(fd, ret)
#define close(fd)				((void)(fd))
#define fd_close(fd)				machine_close(fd)
#define syscall(...)				machine_syscall(__VA_ARGS__)
#define clock_gettime(id, ret)			machine_clock(ret)
#define sched_yield()				machine_yield()
#define calloc(len, size)			machine_calloc((len) * (size))
#define free(at)				((void)(at))
#define memcpy(to, from, size)			machine_copy(to, from, size)
#define __builtin_ia32_pause()			((void)0)

#endif
