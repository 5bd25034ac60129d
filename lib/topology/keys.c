/* SPDX-License-Identifier: MIT */
/*
 * The table of keys, place by place in the order of the page. A key that stands in
 * several places with one meaning is one row. Keys of later versions are known, so
 * that they are refused by name.
 */
#include "topology/keys.h"

#include <string.h>

#include "base/cleanup.h"

#define SECOND 1000000000ull
#define YEAR   (366 * 86400 * SECOND)
#define KIB    1024ull
#define GIB    (1024 * 1024 * KIB)
#define LATER(NAME, AT)                               \
	{                                             \
		.name = NAME, .at = AT, .later = true \
	}

const struct key keys[] = {
	{"sigslot", AT_TOP, .kind = KEY_NUMBER, .least = 1, .most = 1, .fallback = "1",
	 .page = "Version of the format"},
	{"name", AT_TOP, .kind = KEY_NAME, .fallback = "the file's stem",
	 .page = "Name of the instance"},
	{"shell", AT_TOP | AT_PROCESS | AT_OBJECT, .kind = KEY_TEXT, .fallback = "sh",
	 .page = "What reads the text of commands, split at spaces"},
	{"env", AT_TOP | AT_PROCESS, .kind = KEY_MAP,
	 .page = "A map of environment variables for the workers and their commands"},
	{"processes", AT_TOP, .kind = KEY_MAP, .page = "A map of processes by name"},
	{"loops", AT_TOP, .kind = KEY_MAP, .page = "A map of loops by name"},
	{"objects", AT_TOP | AT_LOOP, .kind = KEY_MAP,
	 .page = "A map of objects by name"},
	{"queues", AT_TOP, .kind = KEY_MAP, .page = "A map of named queues"},
	{"connections", AT_TOP, .kind = KEY_LIST,
	 .page = "A list of arrows, see CONNECTIONS"},
	{"dead", AT_TOP, .kind = KEY_NAME,
	 .page = "The named queue for all slots that do not name one"},
	{"stop_timeout", AT_TOP, .kind = KEY_DURATION, .least = 1, .most = YEAR,
	 .fallback = "none",
	 .page = "How long a stop may take before what is not done is ended"},
	LATER("include", AT_TOP),
	LATER("vars", AT_TOP),
	LATER("extends", AT_TOP | AT_LOOP | AT_OBJECT),

	{"nice", AT_PROCESS, .kind = KEY_OTHER, .fallback = "0",
	 .page = "Added to the niceness of the worker and its commands, from -20 to "
		 "19"},
	{"restart", AT_PROCESS, .kind = KEY_MAP,
	 .page = "A map that says what happens when the worker has ended"},
	{"init", AT_PROCESS, .kind = KEY_COMMAND,
	 .page = "The text of a command that runs each time before its loops start"},
	{"after", AT_PROCESS | AT_LOOP, .kind = KEY_OTHER,
	 .page = "What must be ready before it starts: the name of a loop, object or "
		 "process, or a list"},
	{"on_exit", AT_PROCESS, .kind = KEY_WORD, .words = "ignore stop-all",
	 .fallback = "it stops all with 1",
	 .page = "What happens when it is not started again"},
	{"on_exit", AT_LOOP, .kind = KEY_WORD, .words = "ignore stop-all",
	 .fallback = "ignore", .page = "What happens when it has stopped by itself"},

	{"when", AT_RESTART, .kind = KEY_WORD, .words = "never failure always",
	 .fallback = "failure", .page = "After which ends it is started again"},
	{"backoff", AT_RESTART | AT_RETRY, .kind = KEY_OTHER, .fallback = "100ms..10s",
	 .page = "The delay before the first time, and the one that it is doubled up "
		 "to"},
	{"max", AT_RESTART, .kind = KEY_OTHER, .fallback = "5 per 1m",
	 .page = "How many restarts within a time, before it is given up"},
	LATER("when", AT_TOP | AT_OBJECT | AT_LOOP | AT_PROCESS),

	{"process", AT_LOOP, .kind = KEY_NAME, .fallback = "main",
	 .page = "The process that runs it"},
	{"queue", AT_LOOP, .kind = KEY_MAP, .page = "A map, the room of its queue"},
	{"replicas", AT_LOOP, .kind = KEY_NUMBER, .least = 1, .most = 1024,
	 .page = "So many loops, NAME-1 and so on, each with objects of its own"},
	LATER("replicas", AT_PROCESS | AT_OBJECT),
	{"on_error", AT_TOP | AT_LOOP, .kind = KEY_WORD, .words = "continue stop",
	 .fallback = "continue", .page = "With stop a loop ends when a message failed"},

	{"source", AT_OBJECT, DO_SOURCE, .kind = KEY_COMMAND,
	 .page = "The text of a resident command"},
	{"run", AT_OBJECT | AT_SLOT, DO_RUN, .kind = KEY_COMMAND,
	 .page = "The text of a command that runs once for each message"},
	{"exec", AT_OBJECT | AT_SLOT, DO_EXEC, .kind = KEY_LIST,
	 .page = "A list of a program and its arguments, which runs once for each "
		 "message, without a shell"},
	{"filter", AT_OBJECT | AT_SLOT, DO_FILTER, .kind = KEY_COMMAND,
	 .page = "The text of a resident command that reads a line for each message"},
	{"plugin", AT_OBJECT, DO_PLUGIN, .kind = KEY_TEXT,
	 .page = "A shared object whose functions run in the worker, see "
		 "sigslot-plugin 3"},
	{"builtin", AT_OBJECT | AT_SLOT, DO_BUILTIN, .kind = KEY_WORD,
	 .words = "print log drop",
	 .page = "print writes payloads to standard output, log to the log, and drop "
		 "nowhere"},
	{"every", AT_OBJECT, DO_EVERY, .kind = KEY_DURATION, .least = 1, .most = YEAR,
	 .page = "A timer that fires again and again after that duration, without "
		 "drift"},
	{"after", AT_OBJECT, DO_AFTER, .kind = KEY_DURATION, .most = YEAR,
	 .page = "A timer that fires once, that long after it was started"},
	{"tight", AT_OBJECT, DO_TIGHT, .kind = KEY_BOOLEAN,
	 .page = "With true, a timer that fires at each turn of its loop"},
	LATER("cron", AT_OBJECT),

	{"in", AT_OBJECT | AT_SLOT, .with = DO_TAKES, .kind = KEY_TYPE,
	 .fallback = "any", .page = "The type of what the slot takes"},
	{"out", AT_OBJECT | AT_SLOT, .with = DO_LINES, .kind = KEY_TYPE,
	 .page = "The type of the lines that are emitted"},
	{"emit", AT_OBJECT | AT_SLOT, .with = DO_LINES, .kind = KEY_NAME,
	 .fallback = "out", .page = "The signal that lines are emitted as"},
	{"args", AT_OBJECT | AT_SLOT, .with = DO_ONCE_PER_MESSAGE, .kind = KEY_OTHER,
	 .fallback = "the payload",
	 .page = "A list of paths of the payload, such as .ip, .user.name or .list[0], "
		 "which become $1, $2 and so on, or none"},
	{"input", AT_OBJECT | AT_SLOT, .with = DO_ONCE_PER_MESSAGE | DO_FILTER,
	 .kind = KEY_WORD, .words = "text json", .fallback = "text",
	 .page = "With json a command reads a string as JSON, with text as it is"},
	{"reply", AT_OBJECT | AT_SLOT, .with = DO_FILTER, .kind = KEY_WORD,
	 .words = "none line", .fallback = "none",
	 .page = "With line a message of a filter is done when a line came back, with "
		 "none when it is written"},
	{"timeout", AT_OBJECT | AT_SLOT, .with = DO_ONCE_PER_MESSAGE,
	 .kind = KEY_DURATION, .least = 1, .most = YEAR,
	 .page = "A command of run or exec is ended after that, and its message has "
		 "failed"},
	{"parallel", AT_OBJECT | AT_SLOT, .with = DO_ONCE_PER_MESSAGE,
	 .kind = KEY_NUMBER, .least = 1, .most = 1024, .fallback = "1",
	 .page = "How many commands of this run or exec may run at the same time"},
	{"key", AT_OBJECT | AT_SLOT, .with = DO_ONCE_PER_MESSAGE, .kind = KEY_TEXT,
	 .page = "A path of the payload: with parallel, messages that have the same "
		 "there, such as the same .customer, are handled one after the other, "
		 "in order"},
	{"restart", AT_OBJECT | AT_SLOT, .with = DO_RESIDENT, .kind = KEY_MAP,
	 .page = "A map that says what happens when the command has ended"},
	{"ready", AT_OBJECT | AT_SLOT, .with = DO_RESIDENT, .kind = KEY_OTHER,
	 .page = "By what the command says that it is ready: line, fd, signal, or a "
		 "map"},
	{"on_exit", AT_OBJECT | AT_SLOT, .with = DO_RESIDENT, .kind = KEY_WORD,
	 .words = "ignore stop-all", .fallback = "ignore",
	 .page = "What happens when the command has ended for good"},
	{"by", AT_READY, .kind = KEY_WORD, .words = "line fd signal",
	 .fallback = "line", .page = "One of the three"},
	{"within", AT_READY, .kind = KEY_DURATION, .least = 1, .most = YEAR,
	 .fallback = "30s", .page = "How long it may take, before it is ended"},
	{"retry", AT_OBJECT | AT_SLOT, .with = DO_FALLIBLE, .kind = KEY_OTHER,
	 .fallback = "0",
	 .page = "How many times a message that failed is tried again, after the first "
		 "attempt"},
	{"dead", AT_OBJECT | AT_SLOT, .with = DO_FALLIBLE, .kind = KEY_NAME,
	 .page = "The named queue that takes the messages that were given up"},
	{"on_error", AT_OBJECT | AT_SLOT, .with = DO_TAKES, .kind = KEY_WORD,
	 .words = "continue stop", .fallback = "what the loop says",
	 .page = "With stop the loop ends when a message failed here, with continue it "
		 "goes on"},
	{"group", AT_OBJECT | AT_SLOT, .kind = KEY_NAME,
	 .page = "The group that its failures are counted to"},
	{"missed", AT_OBJECT, .with = DO_EVERY, .kind = KEY_WORD, .words = "skip burst",
	 .fallback = "skip",
	 .page = "With skip the ticks of every that came too late are counted, with "
		 "burst made up"},
	{"enabled", AT_OBJECT, .with = DO_TIMER, .kind = KEY_BOOLEAN,
	 .fallback = "true", .page = "With false a timer waits for its slot start"},
	{"config", AT_OBJECT, .with = DO_PLUGIN, .kind = KEY_OTHER,
	 .page = "Any value, which a plugin gets as JSON"},
	{"signals", AT_OBJECT, .kind = KEY_OTHER,
	 .page = "A map of signals and their types, or a list of names, whose type is "
		 "any"},
	{"slots", AT_OBJECT, .kind = KEY_MAP, .page = "A map of slots"},
	{"subscribe", AT_OBJECT, .kind = KEY_MAP,
	 .page = "A map of names of signals and the slots that take them"},
	LATER("overlap", AT_OBJECT | AT_SLOT),
	LATER("io", AT_OBJECT | AT_SLOT),

	{"max", AT_RETRY, .kind = KEY_NUMBER, .most = 1000000, .fallback = "3",
	 .page = "How many times"},

	{"size", AT_QUEUE, .kind = KEY_SIZE, .least = 64 * KIB, .most = GIB,
	 .fallback = "8MiB", .page = "Its capacity, from 64KiB to 1GiB"},
	{"messages", AT_QUEUE, .kind = KEY_NUMBER, .least = 1, .most = UINT32_MAX,
	 .fallback = "no limit",
	 .page = "The number of messages that it takes at most"},
	{"durable", AT_QUEUE, .kind = KEY_BOOLEAN, .fallback = "false",
	 .page = "With true, what a named queue holds survives a reboot"},

	{"full", AT_ARROW, .kind = KEY_WORD,
	 .words = "block drop-new drop-old latest fail", .fallback = "block",
	 .page = "What happens if the queue of the receiver has no room"},
	{"once", AT_ARROW, .kind = KEY_BOOLEAN, .fallback = "false",
	 .page = "With true it delivers one message and is gone"},
	LATER("where", AT_ARROW),
	LATER("map", AT_ARROW),
	LATER("gather", AT_ARROW),
	LATER("rate", AT_ARROW),
};

const size_t keys_len = ARRAY_LEN(keys);

const struct key *keys_find(const char *name, unsigned place)
{
	for (size_t i = 0; i < keys_len; i++)
		if ((keys[i].at & place) && keys[i].name[0] == name[0] &&
		    strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

const struct key *keys_doing(unsigned does)
{
	for (size_t i = 0; i < keys_len; i++)
		if (keys[i].does == does)
			return &keys[i];
	return NULL;
}

const char *keys_place(unsigned place)
{
	static const char *const names[PLACES] = {
		"at the top",	"in a process", "in `restart`", "in a loop",
		"in an object", "in a slot",	"in a queue",	"in a connection",
		"in `retry`",	"in `ready`",
	};

	return names[__builtin_ctz(place)];
}
