/* SPDX-License-Identifier: MIT */
/*
 * Prints. Whatever a user, a file or a message brought in is shown without its control
 * characters, so that it cannot steer a terminal.
 */
#include "print.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"

enum { LONGEST = 2048 };

static bool printed, endless;
static int trouble; /* errno of the first failure */

static void begin(void)
{
	if (printed)
		return;
	printed = true;
	/* a closed reader is an error to report, not a death without a word */
	signal(SIGPIPE, SIG_IGN);
}

static void noted(int result)
{
	if (result < 0 && !trouble)
		trouble = errno ? errno : EIO;
}

void print(const char *format, ...)
{
	va_list args;

	begin();
	va_start(args, format);
	noted(vprintf(format, args));
	va_end(args);
}

void print_bytes(const char *bytes, size_t size)
{
	begin();
	noted(fwrite(bytes, 1, size, stdout) == size ? 0 : -1);
}

void print_endless(void)
{
	begin();
	endless = true;
}

bool print_flush(void)
{
	noted(fflush(stdout));
	return !trouble;
}

int print_done(int status)
{
	if (!printed || print_flush() || (endless && trouble == EPIPE))
		return status;
	complain("cannot write to standard output: %s", strerror(trouble));
	return CMD_OUTPUT;
}

/* How many bytes the UTF-8 character at text has; 0: it is not one. */
static int character(const unsigned char *text)
{
	int size = text[0] < 0x80 ? 1 : text[0] < 0xc2 ? 0 : text[0] < 0xe0 ? 2 : 3;

	if (text[0] >= 0xf0)
		size = text[0] < 0xf5 ? 4 : 0;
	for (int i = 1; i < size; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return size;
}

static void print_json_text(const char *text)
{
	print("\"");
	while (*text) {
		int size = character((const unsigned char *)text);

		if (size == 0)
			print("\\ufffd");
		else if (*text == '"' || *text == '\\')
			print("\\%c", *text);
		else if (size == 1 && (*text < 0x20 || *text == 0x7f))
			print("\\u%04x", (unsigned)*text);
		else
			print("%.*s", size, text);
		text += size ? size : 1;
	}
	print("\"");
}

static void print_list(const char *const *texts, int64_t len)
{
	for (int64_t i = 0; i < len; i++) {
		print(i ? "," : "[");
		print_json_text(texts[i]);
	}
	print(len ? "]" : "[]");
}

void print_plain(const char *text)
{
	for (; *text; text++)
		print("%c",
		      ((unsigned char)*text < 0x20 && *text != '\t') || *text == 0x7f
			      ? '?'
			      : *text);
}

void print_json(const struct print_member *members)
{
	for (const struct print_member *m = members; m->key; m++) {
		long long n = (long long)m->number;

		print("%s\"%s\":", m == members ? "{" : ",", m->key);
		if (m->kind == PRINT_TEXT)
			print_json_text(m->text);
		else if (m->kind == PRINT_NUMBER)
			print("%lld", n);
		else if (m->kind == PRINT_SECONDS)
			print("%lld.%03lld", n / 1000000000, n / 1000000 % 1000);
		else if (m->kind == PRINT_FINE)
			print("%lld.%09lld", n / 1000000000, n % 1000000000);
		else if (m->kind == PRINT_LIST)
			print_list(m->list, m->number);
		else if (m->kind == PRINT_RAW)
			print_bytes(m->text, (size_t)m->number);
		else
			print("null");
	}
	print("}\n");
}

void print_cell(struct print_table *t, const char *format, ...)
{
	va_list args;

	if (t->len == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 64;
		t->cells = realloc(t->cells, t->cap * sizeof(*t->cells));
	}
	va_start(args, format);
	if (!t->cells || vasprintf(&t->cells[t->len++], format, args) < 0) {
		complain("out of memory");
		_exit(CMD_OS);
	}
	va_end(args);
}

static int width(const struct print_table *t, size_t column)
{
	size_t widest = 0;

	for (size_t i = column; i < t->len; i += t->columns)
		if (strlen(t->cells[i]) > widest)
			widest = strlen(t->cells[i]);
	return (int)widest;
}

void print_table(struct print_table *t)
{
	for (size_t i = 0; i < t->len; i++) {
		size_t column = i % t->columns;
		bool last = column == t->columns - 1;

		if (t->right[column] == 'r')
			print("%*s", width(t, column), t->cells[i]);
		else
			print("%-*s", last ? 0 : width(t, column), t->cells[i]);
		print("%s", last ? "\n" : "  ");
	}
	for (size_t i = 0; i < t->len; i++)
		free(t->cells[i]);
	free(t->cells);
	*t = (struct print_table){0};
}

/* One write, so that lines of several processes do not mix. */
static void send(char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (((unsigned char)text[i] < 0x20 && !strchr("\n\t", text[i])) ||
		    text[i] == 0x7f)
			text[i] = '?';
	if (write(STDERR_FILENO, text, size) < 0)
		return; /* there is nobody left to tell */
}

void complain(const char *format, ...)
{
	char text[LONGEST] = "sigslot: ";
	size_t used = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + used, sizeof(text) - used - 1, format, args);
	va_end(args);
	strcat(text, "\n");
	send(text, strlen(text));
}

int complain_error(const struct sigslot_error *err)
{
	const char *text = err->text[0] ? err->text : strerror(-err->code);

	if (!err->source[0])
		complain("%s", text);
	else if (!err->line)
		complain("%s: %s", err->source, text);
	else
		complain("%s:%u:%u: %s", err->source, err->line, err->column, text);
	return sigslot_error_exit(err->code);
}

/* The caret stands below the column, however wide tabs and characters are. */
static void complain_caret(const char *line, unsigned column)
{
	char text[LONGEST];
	size_t used = 0;

	for (unsigned i = 0; i + 1 < column && line[i] && used < sizeof(text) - 3; i++)
		if (((unsigned char)line[i] & 0xc0) != 0x80)
			text[used++] = line[i] == '\t' ? '\t' : ' ';
	text[used++] = '^';
	text[used++] = '\n';
	send(text, used);
}

void complain_problem(void *unused, const struct sigslot_error *problem,
		      const char *source_line)
{
	char text[LONGEST];

	(void)unused;
	complain_error(problem);
	if (!problem->line || !problem->column || !source_line || !source_line[0])
		return;
	snprintf(text, sizeof(text) - 1, "%s", source_line);
	strcat(text, "\n");
	send(text, strlen(text));
	complain_caret(source_line, problem->column);
}

void complain_line(void *unused, const char *line)
{
	(void)unused;
	complain("%s", line);
}
