/* SPDX-License-Identifier: MIT */
/* A plugin for the tests: does what the slot's name says. */
#include <errno.h>
#include <sigslot.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int begin(struct sigslot_slot *slot, void **ret_state)
{
	const char *config = sigslot_slot_config(slot);

	if (strcmp(config, "\"refuse\"") == 0)
		return -EPERM;
	*ret_state = strdup(config);
	return *ret_state ? 0 : -ENOMEM;
}

/* Emits in a child of its own, which must not reach anything of the parent's. */
static int emit_in_child(struct sigslot_slot *slot)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(-sigslot_slot_emit(slot, "out", "1", 1));
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status) == EINVAL ? 0 : -ECHILD;
}

static int take(struct sigslot_slot *slot, void *state, const struct sigslot_message *m)
{
	if (strcmp(m->slot, "echo") == 0)
		return sigslot_slot_emit(slot, "out", m->payload, m->size);
	if (strcmp(m->slot, "config") == 0)
		return sigslot_slot_emit(slot, "out", state, strlen(state));
	if (strcmp(m->slot, "bad") == 0)
		return sigslot_slot_emit(slot, "out", "{", 1);
	if (strcmp(m->slot, "fork") == 0)
		return emit_in_child(slot);
	if (strcmp(m->slot, "log") == 0)
		sigslot_slot_log(slot, "%s of %s", m->slot, sigslot_slot_object(slot));
	if (strcmp(m->slot, "fail") == 0)
		return -EIO;
	return strcmp(m->slot, "reject") == 0 ? -EILSEQ : 0;
}

static void end(struct sigslot_slot *slot, void *state)
{
	sigslot_slot_emit(slot, "out", "\"closed\"", 8);
	free(state);
}

const struct sigslot_plugin sigslot_plugin = {
	.abi = SIGSLOT_PLUGIN_ABI,
	.size = sizeof(sigslot_plugin),
	.open = begin,
	.deliver = take,
	.close = end,
};
