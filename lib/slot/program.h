/* SPDX-License-Identifier: MIT */
/*
 * Where a program is: as execvp() looks for it, but before the fork, and in the PATH
 * of the command's own environment.
 */
#ifndef SLOT_PROGRAM_H
#define SLOT_PROGRAM_H

/* PATH when it is not set. */
extern const char program_path[];

/*
 * Returns 0 when this file would start, else why not: -ENOENT, -EACCES (not regular,
 * not executable), ... A relative path is relative to the directory.
 */
int program_startable(const char *directory, const char *file);

/*
 * Sets *ret_file to what execve() should be given in that directory, to be freed. A
 * name with a slash is taken as it is. Returns 0; -ENOENT; -EACCES: there is one, but
 * it cannot be executed; -ENOMEM.
 */
int program_find(const char *name, const char *path, const char *directory,
		 char **ret_file);

#endif
