/* SPDX-License-Identifier: MIT */
/*
 * The machine of weave_test: coroutines, the kernel that they call, and the callbacks
 * that gcc puts before every access to memory of the queue's sources.
 */
#undef _FORTIFY_SOURCE /* which takes a jump to another stack for a mistake */

#include "machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <ucontext.h>

#include <linux/futex.h>

#include "calls.h"
#undef calloc
#undef clock_gettime
#undef close
#undef fstat
#undef memcpy
#undef mmap

enum {
	STACK = 128 * 1024,
	PATIENCE = 1000, /* times the usual points: then it hangs */
	EVENTS = 4, /* of a kind in a schedule */
	CALLS = 24, /* that change a FIFO, among which one dies */
	SLOTS = 64,
	POOL = 64 * 1024,
	DIRECTORY = 100, /* descriptors */
	RING = 101,
	DATA = 102,
	SPACE = 103,
	TIDINGS = 104,
};

enum life { FREE, RUNNING, ASLEEP, STOPPED, GONE };

struct process {
	enum life life;
	jmp_buf at;
	void (*role)(unsigned argument);
	unsigned argument, slot;
	uint64_t due; /* when it wakes up or is continued in any case */
	uint32_t *word; /* of the futex that it sleeps on */
	int fd; /* of the FIFO that it polls */
	bool woken, open[2];
};

struct identity {
	unsigned slot, generation;
};

static struct process processes[PROCESSES];
static jmp_buf bottoms[PROCESSES]; /* of their stacks */
static struct {
	jmp_buf home;
	enum verdict verdict;
	uint64_t state, now, span, limit;
	uint64_t kill_at[EVENTS], stop_at[EVENTS], change_at[EVENTS];
	unsigned
		calm; /* a change after so many points, at most; 0: only at change_at */
	uint64_t change;
	unsigned calls, kill_call; /* or after one of the calls that changed a FIFO */
	bool keeper, alone, running;
	int tokens[3];
	unsigned holders[SLOTS], generations[SLOTS]; /* of places; holder + 1 */
	size_t pool;
} world;
struct machine machine;

static ucontext_t outside, coroutine; /* while stacks are made */
static unsigned char *memory;
static uint64_t memory_size, capacity;
static _Alignas(64) unsigned char pool[POOL];

/* --- chance and time --- */

static uint64_t chance(void)
{
	/* splitmix64 */
	uint64_t z = world.state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

unsigned machine_roll(unsigned sides)
{
	return (unsigned)(chance() % sides);
}

uint64_t machine_now(void)
{
	return world.now;
}

/* --- coroutines --- */

static struct process *self(void)
{
	return &processes[machine.self];
}

bool machine_alive(unsigned process)
{
	return processes[process].life != FREE && processes[process].life != GONE;
}

void machine_end(enum verdict v)
{
	world.verdict = v;
	_longjmp(world.home, 1);
}

static void resume(unsigned process)
{
	machine.self = process;
	_longjmp(processes[process].at, 1);
}

static bool sleeps_on(const struct process *p, int fd)
{
	return p->fd == fd && world.tokens[fd - DATA] > 0;
}

/* Lets time pass until somebody can run. Returns false if nobody ever will. */
static bool pass_time(void)
{
	uint64_t due = NEVER;

	for (unsigned i = 0; i < PROCESSES; i++)
		if ((processes[i].life == ASLEEP || processes[i].life == STOPPED) &&
		    processes[i].due < due)
			due = processes[i].due;
	if (due == NEVER)
		return false;
	if (due > world.now)
		world.now = due;
	for (unsigned i = 0; i < PROCESSES; i++) {
		struct process *p = &processes[i];

		if ((p->life == ASLEEP || p->life == STOPPED) && p->due <= world.now)
			p->life = RUNNING;
	}
	return true;
}

/* Goes on with anybody who can run; never returns. */
_Noreturn static void go_on(void)
{
	for (;;) {
		unsigned can[PROCESSES], len = 0;

		for (unsigned i = 0; i < PROCESSES; i++) {
			struct process *p = &processes[i];

			if (p->life == ASLEEP &&
			    (p->woken || (p->fd && sleeps_on(p, p->fd))))
				p->life = RUNNING;
			if (p->life == RUNNING)
				can[len++] = i;
		}
		if (len)
			resume(can[machine_roll(len)]);
		if (!pass_time())
			machine_end(FINE);
	}
}

static void give_way(void)
{
	if (!_setjmp(self()->at))
		go_on();
}

/* What the kernel does when a process ends, however it does. */
static void let_go(struct process *p)
{
	p->life = GONE;
	if (p->slot)
		world.holders[p->slot] = 0;
	p->slot = 0;
	for (int i = 0; i < 2; i++) {
		bool kept = world.keeper;

		p->open[i] = false;
		for (unsigned other = 0; other < PROCESSES; other++)
			kept |= processes[other].open[i];
		if (!kept)
			world.tokens[i] = 0;
	}
}

/* The bottom of a coroutine's stack: comes back here for each of its roles. */
static void live(unsigned process)
{
	if (!_setjmp(bottoms[process]))
		swapcontext(&coroutine, &outside);
	self()->role(self()->argument);
	let_go(self());
	go_on();
}

static void make_stack(unsigned process)
{
	CHECK(getcontext(&coroutine) == 0);
	coroutine.uc_stack.ss_sp = mmap(NULL, STACK, PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(coroutine.uc_stack.ss_sp != MAP_FAILED);
	coroutine.uc_stack.ss_size = STACK;
	makecontext(&coroutine, (void (*)(void))live, 1, process);
	CHECK(swapcontext(&outside, &coroutine) == 0);
}

unsigned machine_spawn(void (*role)(unsigned argument), unsigned argument)
{
	unsigned i = 0;

	while (processes[i].life != FREE)
		CHECK(++i < PROCESSES);
	memcpy(processes[i].at, bottoms[i], sizeof(jmp_buf));
	processes[i].life = RUNNING;
	processes[i].role = role;
	processes[i].argument = argument;
	return i;
}

/* --- points --- */

static bool is_time(const uint64_t at[EVENTS])
{
	for (int i = 0; i < EVENTS; i++)
		if (at[i] == machine.points)
			return true;
	return false;
}

/* Whoever runs dies, or anybody. */
static void strike(void)
{
	unsigned victim = machine_roll(2) ? machine.self : machine_roll(PROCESSES);

	if (!machine_alive(victim))
		victim = machine.self;
	machine.kills++;
	let_go(&processes[victim]);
	machine.died(victim);
	if (victim == machine.self)
		go_on();
}

static void hold(void)
{
	machine.stops++;
	self()->life = STOPPED;
	self()->due =
		world.now + machine_roll(4) * NS_PER_S + machine_roll(100) * NS_PER_MS;
	give_way();
}

/* Somebody else may go on here, and anybody may be struck. */
static void point(void)
{
	if (!world.running || world.alone)
		return;
	if (++machine.points > world.limit)
		machine_end(HUNG);
	if (is_time(world.kill_at))
		strike();
	if (is_time(world.stop_at))
		hold();
	if (world.calm ? machine.points < world.change : !is_time(world.change_at))
		return;
	if (world.calm)
		world.change = machine.points + 1 + machine_roll(world.calm);
	give_way();
}

/* After a call that nobody can undo. */
static void changed(void)
{
	if (world.running && !world.alone && ++world.calls == world.kill_call)
		strike();
	else
		point();
}

static void touch(const void *at)
{
	if ((uint64_t)((const unsigned char *)at - memory) < memory_size)
		point();
}

/* --- what gcc calls before an access --- */

#define ACCESS(name)         \
	void name(void *at); \
	void name(void *at)  \
	{                    \
		touch(at);   \
	}
#define RANGE(name)                          \
	void name(void *at, uintptr_t size); \
	void name(void *at, uintptr_t size)  \
	{                                    \
		(void)size;                  \
		touch(at);                   \
	}
ACCESS(__tsan_read1)
ACCESS(__tsan_read2)
ACCESS(__tsan_read4)
ACCESS(__tsan_read8)
ACCESS(__tsan_read16)
ACCESS(__tsan_write1)
ACCESS(__tsan_write2)
ACCESS(__tsan_write4)
ACCESS(__tsan_write8)
ACCESS(__tsan_write16)
ACCESS(__tsan_unaligned_read2)
ACCESS(__tsan_unaligned_read4)
ACCESS(__tsan_unaligned_read8)
ACCESS(__tsan_unaligned_write2)
ACCESS(__tsan_unaligned_write4)
ACCESS(__tsan_unaligned_write8)
ACCESS(__tsan_func_entry)
RANGE(__tsan_read_range)
RANGE(__tsan_write_range)

#define NOTHING(name)    \
	void name(void); \
	void name(void)  \
	{                \
	}
NOTHING(__tsan_init)
NOTHING(__tsan_func_exit)

/* Atomics are calls as a whole: the access follows the point at once. */
#define ATOMIC(bits, type)                                                             \
	type __tsan_atomic##bits##_load(const type *at, int order);                    \
	type __tsan_atomic##bits##_load(const type *at, int order)                     \
	{                                                                              \
		(void)order;                                                           \
		touch(at);                                                             \
		return __atomic_load_n(at, __ATOMIC_SEQ_CST);                          \
	}                                                                              \
	void __tsan_atomic##bits##_store(type *at, type value, int order);             \
	void __tsan_atomic##bits##_store(type *at, type value, int order)              \
	{                                                                              \
		(void)order;                                                           \
		touch(at);                                                             \
		__atomic_store_n(at, value, __ATOMIC_SEQ_CST);                         \
	}                                                                              \
	type __tsan_atomic##bits##_exchange(type *at, type value, int order);          \
	type __tsan_atomic##bits##_exchange(type *at, type value, int order)           \
	{                                                                              \
		(void)order;                                                           \
		touch(at);                                                             \
		return __atomic_exchange_n(at, value, __ATOMIC_SEQ_CST);               \
	}                                                                              \
	type __tsan_atomic##bits##_fetch_add(type *at, type value, int order);         \
	type __tsan_atomic##bits##_fetch_add(type *at, type value, int order)          \
	{                                                                              \
		(void)order;                                                           \
		touch(at);                                                             \
		return __atomic_fetch_add(at, value, __ATOMIC_SEQ_CST);                \
	}                                                                              \
	int __tsan_atomic##bits##_compare_exchange_strong(                             \
		type *at, type *wanted, type value, int order, int failed);            \
	int __tsan_atomic##bits##_compare_exchange_strong(                             \
		type *at, type *wanted, type value, int order, int failed)             \
	{                                                                              \
		(void)order;                                                           \
		(void)failed;                                                          \
		touch(at);                                                             \
		return __atomic_compare_exchange_n(                                    \
			at, wanted, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
	}
ATOMIC(32, uint32_t)
ATOMIC(64, uint64_t)

void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_thread_fence(int order)
{
	(void)order;
}

/* Copies with up to two points in between; the pieces are words. */
void *machine_copy(void *to, const void *from, size_t size)
{
	size_t done = 0;

	touch(from);
	while (world.running && size - done > 16) {
		size_t n = (1 + machine_roll((unsigned)((size - done) / 8))) * 8;

		touch(to);
		memcpy((char *)to + done, (const char *)from + done,
		       n < size - done ? n : size - done);
		done += n < size - done ? n : size - done;
	}
	if (size > done) {
		touch(to);
		memcpy((char *)to + done, (const char *)from + done, size - done);
	}
	return to;
}

/* --- the kernel --- */

static void open_bell(int which)
{
	self()->open[which] = true;
}

int machine_openat(int dir, const char *name, int flags)
{
	(void)flags;
	point();
	if (dir != DIRECTORY)
		return DIRECTORY;
	if (strcmp(name, "ring") == 0)
		return RING;
	open_bell(*name == 's');
	return *name == 's' ? SPACE : DATA;
}

int machine_fstat(int fd, struct stat *ret)
{
	*ret = (struct stat){
		.st_mode = fd == RING ? S_IFREG : S_IFIFO,
		.st_size = (off_t)(RING_DATA + capacity),
	};
	return 0;
}

ssize_t machine_pread(int fd, void *to, size_t size, off_t at)
{
	(void)fd;
	memcpy(to, memory + at, size);
	return (ssize_t)size;
}

void *machine_mmap(void *at)
{
	return at ? at : memory;
}

void machine_close(int *fd)
{
	if (*fd == DATA || *fd == SPACE)
		self()->open[*fd - DATA] = false;
	*fd = -1;
}

ssize_t machine_write(int fd)
{
	point();
	world.tokens[fd - DATA]++;
	changed();
	return 1;
}

ssize_t machine_read(int fd, size_t size)
{
	int *tokens = &world.tokens[fd - DATA], n;

	point();
	n = *tokens < (int)size ? *tokens : (int)size;
	*tokens -= n;
	changed();
	errno = EAGAIN;
	return n ? n : -1;
}

int machine_ioctl(int fd, int *ret_tokens)
{
	point();
	*ret_tokens = world.tokens[fd - DATA];
	return 0;
}

bool machine_rung(int fd)
{
	return world.tokens[fd - DATA] > 0;
}

static void sleep_until(uint64_t due)
{
	self()->life = ASLEEP;
	self()->woken = false;
	self()->due = due;
	give_way();
}

void machine_poll(int fd, uint64_t until)
{
	point();
	self()->fd = fd;
	/* as the kernel does: who was woken looks again before it returns */
	while (world.tokens[fd - DATA] == 0 && world.now < until)
		sleep_until(until);
	self()->fd = 0;
}

void machine_hear(void)
{
	machine_poll(TIDINGS, NEVER);
	world.tokens[TIDINGS - DATA] = 0;
}

void machine_tell(void)
{
	world.tokens[TIDINGS - DATA] = 1;
}

static void wake_one(const uint32_t *word)
{
	unsigned first = machine_roll(PROCESSES);

	for (unsigned i = 0; i < PROCESSES; i++) {
		struct process *p = &processes[(first + i) % PROCESSES];

		if (p->life != ASLEEP || p->word != word || p->woken)
			continue;
		p->woken = true;
		return;
	}
}

static void futex(uint32_t *word, int operation, uint32_t value,
		  const struct timespec *wait)
{
	point();
	if (operation == FUTEX_WAKE) {
		wake_one(word);
	} else if (__atomic_load_n(word, __ATOMIC_SEQ_CST) == value) {
		self()->word = word;
		sleep_until(world.now + (uint64_t)wait->tv_nsec);
		self()->word = NULL;
	}
}

/* The only one that any of the scenes makes. */
long machine_syscall(long number, ...)
{
	const struct timespec *wait;
	uint32_t *word, value;
	va_list args;
	int operation;

	CHECK(number == SYS_futex);
	va_start(args, number);
	word = va_arg(args, uint32_t *);
	operation = va_arg(args, int);
	value = va_arg(args, uint32_t);
	wait = va_arg(args, const struct timespec *);
	va_end(args);
	futex(word, operation, value, wait);
	return 0;
}

int machine_clock(struct timespec *ret)
{
	world.now += 40;
	*ret = (struct timespec){
		.tv_sec = (time_t)(world.now / NS_PER_S),
		.tv_nsec = (long)(world.now % NS_PER_S),
	};
	return 0;
}

int machine_yield(void)
{
	point();
	if (world.running && !world.alone)
		give_way();
	return 0;
}

/* Nobody here cuts off files, and the dead leave no mapping. */
void guard_add(struct guard *g, const void *at, size_t size, const char *name)
{
	(void)g;
	(void)at;
	(void)size;
	(void)name;
}

void guard_remove(struct guard *g)
{
	(void)g;
}

void *machine_calloc(size_t size)
{
	void *at = pool + world.pool;

	world.pool += (size + 63) & ~(size_t)63;
	CHECK(world.pool <= POOL);
	return memset(at, 0, size);
}

/* --- places: in two steps, as identity.c takes them --- */

struct identity *machine_identity(unsigned slot)
{
	struct identity *id = machine_calloc(sizeof(*id));

	while (world.holders[slot])
		sleep_until(world.now + NS_PER_MS);
	point();
	world.holders[slot] = machine.self + 1;
	self()->slot = slot;
	point();
	*id = (struct identity){slot, ++world.generations[slot]};
	point();
	return id;
}

bool machine_holds(unsigned slot)
{
	return world.holders[slot] != 0;
}

unsigned identity_slot(const struct identity *id)
{
	return id->slot;
}

unsigned identity_generation(const struct identity *id)
{
	return id->generation;
}

pid_t identity_holder(const struct identity *id, unsigned slot)
{
	(void)id;
	(void)slot;
	return 0;
}

bool identity_here(const struct identity *id)
{
	return id != NULL;
}

bool identity_alive(const struct identity *id, unsigned slot, unsigned generation)
{
	if (slot == id->slot)
		return generation == id->generation;
	if (!slot || slot >= SLOTS)
		return false;
	point();
	if (!world.holders[slot])
		return false;
	point();
	return world.generations[slot] == generation;
}

/* --- a schedule --- */

unsigned char *machine_ring(uint64_t size)
{
	int fd = memfd_create("ring", MFD_CLOEXEC);
	unsigned char *second;

	capacity = size;
	memory_size = RING_DATA + 2 * size;
	CHECK(fd >= 0 && ftruncate(fd, (off_t)(RING_DATA + size)) == 0);
	memory = mmap(NULL, memory_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(memory != MAP_FAILED);
	second = mmap(memory + RING_DATA + size, size, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_FIXED, fd, RING_DATA);
	CHECK(second != MAP_FAILED);
	close(fd);
	for (unsigned i = 0; i < PROCESSES; i++)
		make_stack(i);
	return memory;
}

static void choose(uint64_t at[EVENTS], unsigned len, uint64_t span)
{
	for (unsigned i = 0; i < EVENTS; i++)
		at[i] = i < len ? 1 + machine_roll((unsigned)span) : 0;
}

void machine_begin(const struct weather *w)
{
	static const unsigned calm[] = {0, 2, 8, 32, 128};
	void (*died)(unsigned process) = machine.died;

	memset(&world, 0, sizeof(world));
	for (unsigned i = 0; i < PROCESSES; i++)
		processes[i] = (struct process){.life = FREE};
	machine = (struct machine){.died = died};
	world.state = w->seed;
	world.now = 1000 * NS_PER_S;
	world.keeper = w->keeper;
	world.limit = PATIENCE * w->span + 1000000;
	choose(world.kill_at, machine_roll(w->kills + 1), w->span);
	world.kill_call = w->kills && !machine_roll(4) ? 1 + machine_roll(CALLS) : 0;
	choose(world.stop_at, machine_roll(w->stops + 1), w->span);
	choose(world.change_at, EVENTS, w->span);
	world.calm = calm[machine_roll(ARRAY_LEN(calm))];
}

enum verdict machine_run(void)
{
	world.running = true;
	if (!_setjmp(world.home))
		go_on();
	world.running = false;
	return world.verdict;
}

void machine_alone(bool alone)
{
	world.alone = alone;
}
