/* SPDX-License-Identifier: MIT */
/*
 * Says once what takes long, so that nobody wonders in front of a silent terminal.
 */
#ifndef CMD_SLOW_H
#define CMD_SLOW_H

/* Prepares the sentence: "sigslot: ", what, name. */
void slow_prepare(const char *what, const char *name);

/*
 * Around what may take long: after five seconds the sentence goes to standard error,
 * but only once. Uses SIGALRM; what is interrupted goes on.
 */
void slow_begin(void);
void slow_end(void);

#endif
