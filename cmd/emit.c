/* SPDX-License-Identifier: MIT */
/*
 * sigslot emit: one message from operands, or one for each line of standard input.
 * Standard input is touched only if asked: inside `while read` it belongs to the loop.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "lines.h"
#include "print.h"
#include "slow.h"

enum { FEW = 16 };

static bool strings, as_json, lines, require;
static uint64_t timeout = SIGSLOT_FOREVER;

static const struct opt opts[] = {
	{.letter = 'j', .name = "json", .help = "operands are JSON", .flag = &as_json},
	{.letter = 'l',
	 .name = "lines",
	 .help = "one message for each line of standard input",
	 .flag = &lines},
	{.name = "require", .help = "exit 1 if nobody is connected", .flag = &require},
	{.letter = 's',
	 .name = "string",
	 .help = "operands are strings",
	 .flag = &strings},
	{.name = "timeout",
	 .arg = "DURATION",
	 .help = "give up waiting for room after this long",
	 .duration = &timeout},
	{0},
};

static int emit_operands(struct sigslot_emitter *e, enum sigslot_form form, int len,
			 char **operands, struct sigslot_error *err)
{
	struct sigslot_bytes few[FEW], *bytes = few;
	int r;

	if (len > FEW)
		bytes = calloc((size_t)len, sizeof(*bytes));
	if (!bytes)
		return err->code = -ENOMEM;
	for (int i = 0; i < len; i++)
		bytes[i] = (struct sigslot_bytes){operands[i], strlen(operands[i])};
	slow_begin();
	r = sigslot_emit(e, form, bytes, (size_t)len, timeout, err);
	slow_end();
	if (bytes != few)
		free(bytes);
	return r;
}

struct stream {
	struct sigslot_emitter *emitter;
	enum sigslot_form form;
};

static int send_lines(void *data, const char *bytes, size_t size, size_t *ret_lines,
		      struct sigslot_error *err)
{
	const struct stream *s = data;

	return sigslot_emit_lines(s->emitter, s->form, bytes, size, timeout, ret_lines,
				  err);
}

static int emit_lines(struct sigslot_emitter *e, enum sigslot_form form)
{
	struct stream s = {e, form};

	return lines_send(&(struct lines_target){
		.send = send_lines, .data = &s, .end = '\n', .sent = "emitted"});
}

static int emit(const char *address, enum sigslot_form form, int len, char **operands)
{
	static struct sigslot_emitter *e; /* ends with the process, which is sooner */
	struct sigslot_error err = {0};
	int r = sigslot_emitter_open(address, &e, &err);

	if (r < 0)
		return complain_error(&err);
	slow_prepare("still waiting for room in the queue behind ", address);
	if (require && !sigslot_emitter_receivers(e)) {
		complain("nobody is connected to %s", address);
		r = CMD_NO;
	} else if (lines) {
		r = emit_lines(e, form);
	} else if (emit_operands(e, form, len, operands, &err) < 0) {
		r = complain_error(&err);
	}
	return r;
}

static int run(int len, char **operands)
{
	if (strings && as_json)
		complain("emit: --string and --json exclude each other");
	else if (lines && len > 1)
		complain("emit: with --lines the messages come from standard input, "
			 "so '%s' is one operand too many",
			 operands[1]);
	else
		return emit(operands[0],
			    strings   ? SIGSLOT_STRING
			    : as_json ? SIGSLOT_JSON
				      : SIGSLOT_BY_TYPE,
			    len - 1, operands + 1);
	return CMD_USAGE;
}

const struct cmd cmd_emit = {
	.name = "emit",
	.args = "ADDRESS [VALUE...]",
	.brief = "emit messages",
	.opts = opts,
	.least = 1,
	.most = ANY_NUMBER,
	.run = run,
};
