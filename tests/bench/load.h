/* SPDX-License-Identifier: MIT */
/*
 * Loads, and what carries them: our queue, and the anchors that it is held against.
 *
 * An anchor is a value at the end of its own file. Its producers and consumers are
 * processes that die with the benchmark, and that are ended after a minute.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stdbool.h>
#include <stddef.h>

struct load {
	unsigned producers, consumers;
	size_t size, batch;
	long messages; /* of each producer */
	size_t room; /* messages that a ring must hold; 0: rings have 2 MiB */
};

/*
 * begin() and end() are called before and after in the parent. `produce` pushes the
 * messages of one producer. `consume` returns when it has all messages, or, where there
 * is shut(), when that was called and nothing is left.
 */
struct anchor {
	const char *name;
	const char *needs; /* the package; NULL: nothing */
	const char *file; /* that is only there with the package */
	long slow; /* so many times fewer messages are enough; 0: not slow */
	bool greets; /* a consumer must be there first: it calls load_greet() */
	void (*begin)(const struct load *l);
	void (*produce)(const struct load *l, unsigned index);
	void (*consume)(const struct load *l, unsigned index);
	void (*shut)(void); /* the producers have ended */
	void (*end)(void);
};

#define ANCHORS(X)  \
	X(plain)    \
	X(pipe)     \
	X(datagram) \
	X(mq)       \
	X(zmq)      \
	X(nng)      \
	X(redis)    \
	X(nats)     \
	X(mosquitto)

#define ANCHOR_DECLARE(name) extern const struct anchor anchor_##name;
ANCHORS(ANCHOR_DECLARE)

/* Whether it can be measured here. */
bool load_installed(const struct anchor *a);

/*
 * Messages per second: from before the processes are started until the last consumer
 * has ended. Where consumers greet, from when all have.
 */
double load_measure(const struct anchor *a, const struct load *l);

/* The same of our queue, in which each message is checked. */
double load_measure_ours(const struct load *l);

/* In a consumer: from now on it misses nothing. */
void load_greet(void);

/* Bytes to send; one message of any load. */
extern char load_bytes[65536];

/* Ends the program unless it is good. */
void load_must(bool good, const char *what);

#endif
