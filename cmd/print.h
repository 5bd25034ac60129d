/* SPDX-License-Identifier: MIT */
/*
 * What people and programs read: results on standard output, messages on standard
 * error. A result that could not be written is never passed over in silence.
 */
#ifndef CMD_PRINT_H
#define CMD_PRINT_H

#include <stddef.h>
#include <stdint.h>

#include "sigslot.h"

/* To standard output, buffered. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, as they are. */
void print_bytes(const char *bytes, size_t size);

/* From now on it is no failure, but the end, when nobody reads any more. */
void print_endless(void);

/* Writes out what was printed so far. Whether all of it could be. */
bool print_flush(void);

/*
 * Writes out what was printed. Returns status, or 74 after a message if any of it
 * could not be written.
 */
int print_done(int status);

/* One member of a JSON object. */
struct print_member {
	const char *key;
	enum {
		PRINT_TEXT,
		PRINT_NUMBER,
		PRINT_SECONDS,
		PRINT_FINE,
		PRINT_NULL,
		PRINT_LIST,
		PRINT_RAW
	} kind;
	const char *text; /* PRINT_RAW: JSON, number bytes of it */
	int64_t number; /* PRINT_SECONDS, _FINE: in ns; PRINT_LIST: how many texts */
	const char *const *list;
};

static inline struct print_member member_text(const char *key, const char *text)
{
	return (struct print_member){.key = key, .kind = PRINT_TEXT, .text = text};
}

/* The same, and null for "". */
static inline struct print_member member_known(const char *key, const char *text)
{
	return (struct print_member){
		.key = key, .kind = *text ? PRINT_TEXT : PRINT_NULL, .text = text};
}

static inline struct print_member member_number(const char *key, uint64_t n)
{
	return (struct print_member){
		.key = key, .kind = PRINT_NUMBER, .number = (int64_t)n};
}

static inline struct print_member member_seconds(const char *key, uint64_t ns)
{
	return (struct print_member){
		.key = key, .kind = PRINT_SECONDS, .number = (int64_t)ns};
}

/* Prints an object on a line of its own; the list ends with a member without key. */
void print_json(const struct print_member *members);

/* Text of others, so that it cannot steer a terminal. */
void print_plain(const char *text);

/* A table whose columns line up: cells row by row, the headings first. */
struct print_table {
	size_t columns;
	const char *right; /* per column: 'r' right-aligned, 'l' left-aligned */
	char **cells;
	size_t len, cap;
};

/* Adds a cell, formatted. */
void print_cell(struct print_table *t, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Prints the table and frees its cells. */
void print_table(struct print_table *t);

/* "sigslot: TEXT" to standard error, in one write. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Complains of err, with its place if it has one. Returns its exit status. */
int complain_error(const struct sigslot_error *err);

/* The same for a problem of a topology, with the line and a caret. */
void complain_problem(void *unused, const struct sigslot_error *problem,
		      const char *source_line);

/* A sigslot_line_fn: progress, to standard error. */
void complain_line(void *unused, const char *line);

#endif
