/* SPDX-License-Identifier: MIT */
/*
 * Power cuts. A shadow copy of a durable ring gets only what msync() was asked for, and
 * now and then some bytes that the kernel might have written meanwhile. At
 * random moments, also in the middle of a call, the power is cut: a random part of what
 * the shadow lacks is added, and what then stands in the file is opened as after a
 * reboot. Every message whose push had returned must be there, whole, in order; none
 * that never was, none twice.
 *
 * `power_test SEED` repeats one run.
 */
#include <sys/syscall.h>

#include "durable_host.h"

enum {
	RUNS = 8,
	STEPS = 1500, /* of each run */
	MESSAGES = 8 * STEPS,
	GRAIN = 64, /* less than any medium tears */
	HELD = 12,
	CUT_EVERY = 4, /* steps */
};

struct message {
	uint32_t size;
	bool begun, promised, settled;
	unsigned seen; /* after which cut */
};

static struct message messages[MESSAGES];
static unsigned last; /* id */
static struct claim held[HELD];
static size_t held_len;

static struct queue *q, *second;
static unsigned char shadow[FILE_BYTES], image[FILE_BYTES];
static int cut_fd; /* the file that a cut leaves */
static uint64_t cut_home[2];
static uint64_t state;
static bool inside; /* a nested call, or a look at what a cut left */
static unsigned cuts, torn, bad, nested;

static uint32_t dice(uint32_t sides)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 20) % sides;
}

static const unsigned char *live(void)
{
	return (const unsigned char *)q->ring.head;
}

/* Brings [from, end) to `to`, each grain with a probability of odds in 4. */
static void write_some(unsigned char *to, size_t from, size_t end, unsigned odds)
{
	for (size_t at = from; at < end; at += GRAIN)
		if (dice(4) < odds)
			memcpy(to + at, live() + at, GRAIN);
}

/* --- what a cut leaves --- */

static void complain(const char *what, uint64_t id)
{
	if (!bad++)
		printf("# %s: message %u of %u\n", what, (unsigned)id, last);
}

/* Those of one pusher come in the order of their ids. */
static void check(const struct claim *c, uint64_t before[2])
{
	uint64_t id = c->envelope.id, *last_one = &before[c->envelope.sender & 1];

	if (!id || id > last || !messages[id].begun)
		complain("made up", id);
	else if (!whole(c, id, messages[id].size))
		complain("not whole", id);
	else if (id <= *last_one)
		complain("twice or out of order", id);
	else
		messages[id].seen = cuts + 1;
	*last_one = id;
}

static void look(struct queue *left)
{
	struct claim c[64];
	uint64_t before[2] = {0};
	int n;

	while ((n = queue_claim(left, c, 64, &host_err)) > 0) {
		for (int i = 0; i < n; i++)
			check(&c[i], before);
		queue_ack(left, c, (size_t)n);
	}
	if (n < 0)
		complain(host_err.text, 0);
	for (unsigned i = 1; i <= last; i++)
		if (messages[i].promised && !messages[i].settled &&
		    messages[i].seen != cuts + 1)
			complain("lost", i);
}

static void cut_power(void)
{
	static const unsigned odds[] = {0, 1, 2, 3, 4};
	struct queue *left = NULL;

	inside = true;
	memcpy(image, shadow, sizeof(image));
	write_some(image, 0, sizeof(image), odds[dice(5)]);
	memcpy(image + RING_SAFE + offsetof(struct ring_safe, boot), "earlier", 8);
	memcpy(image + RING_SAFE + offsetof(struct ring_safe, home), cut_home,
	       sizeof(cut_home));
	must(pwrite(cut_fd, image, sizeof(image), 0) == sizeof(image));
	said[0] = '\0';
	if (queue_open(host_dir, "cut", host_id, &left, &host_err) < 0)
		complain(host_err.text, 0);
	else
		look(left);
	queue_close(left);
	torn += said[0] != '\0';
	cuts++;
	inside = false;
}

/* --- the medium --- */

static void push(struct queue *by);

/* Others go on while one waits for the medium. */
static void meanwhile(void)
{
	struct ring_safe *s = q->ring.safe;
	uint32_t latch = s->latch;

	if (q->ring.head->latch || dice(4))
		return;
	inside = true;
	s->latch = 0; /* as if he had lost patience */
	nested++;
	push(second);
	s->latch = latch;
	inside = false;
}

/* Instead of the C library's. */
int msync(void *at, size_t size, int flags)
{
	size_t from = (size_t)((unsigned char *)at - live()), end = from + size;
	bool wraps;

	(void)flags;
	if (second && at >= (void *)second->ring.head &&
	    at < (void *)(second->ring.data + 2 * SIZE))
		from = (size_t)((unsigned char *)at -
				(unsigned char *)second->ring.head);
	end = from + size;
	if (!inside) {
		meanwhile();
		if (!dice(8))
			cut_power();
	}
	wraps = from >= FILE_BYTES;
	from -= wraps ? SIZE : 0;
	end = ((end + 4095) & ~(size_t)4095) - (wraps ? SIZE : 0);
	write_some(shadow, from, end < FILE_BYTES ? end : FILE_BYTES, dice(5));
	if (!inside && !dice(8))
		cut_power();
	write_some(shadow, from, end < FILE_BYTES ? end : FILE_BYTES, 4);
	if (end > FILE_BYTES)
		write_some(shadow, RING_DATA, end - SIZE, 4);
	return 0;
}

/* The kernel writes what it likes. */
static void write_back(void)
{
	size_t at = dice(FILE_BYTES / GRAIN) * GRAIN;

	if (dice(2))
		at = dice(2) ? 0 : RING_SAFE + dice(40) * GRAIN;
	memcpy(shadow + at, live() + at, GRAIN);
}

/* --- what happens to the queue --- */

static void push(struct queue *by)
{
	struct payload p[4];
	struct envelope e = {
		.id = last + 1,
		.emit_seq = last + 1,
		.sender = by == second,
	};
	size_t len = dice(3) ? 1 : 1 + dice(4), done = 0;

	if (last + len >= MESSAGES)
		return;
	for (size_t i = 0; i < len; i++) {
		struct message *m = &messages[last + 1 + i];

		m->size = dice(8) ? dice(1500) : dice(4) ? dice(6000) : dice(20000);
		p[i] = (struct payload){malloc(m->size + 1), m->size};
		memset((void *)p[i].data, (int)(last + 1 + i), m->size + 1);
		m->begun = true;
	}
	last += (unsigned)len;
	queue_push_many(by, &e, p, len, &done, &host_err);
	for (size_t i = 0; i < len; i++) {
		messages[e.id + i].promised = i < done;
		free((void *)p[i].data);
	}
}

static void claim(void)
{
	int n = held_len < HELD ? queue_claim(q, &held[held_len],
					      1 + dice(4) % (HELD - (uint32_t)held_len),
					      &host_err)
				: 0;

	must(n >= 0);
	held_len += (size_t)n;
}

static void settle(void)
{
	struct claim *c = &held[dice((uint32_t)held_len)];
	uint64_t id = c->envelope.id;
	int r = 0;

	switch (dice(8)) {
	case 0:
		r = queue_return(q, c, dice(2) ? clock_now() + 500000 : 0, true);
		break;
	case 1:
		messages[id].settled = true;
		r = queue_bury(q, c);
		break;
	case 2:
		if (c->payload.data)
			r = queue_unpin(q, c, 1);
		return;
	default:
		messages[id].settled = true;
		r = queue_ack(q, c, 1);
	}
	must(r == 0);
	*c = held[--held_len];
}

static void step(void)
{
	write_back();
	if (dice(3) == 0)
		push(q);
	else if (dice(2) || !held_len)
		claim();
	else
		settle();
	if (!dice(CUT_EVERY))
		cut_power();
}

static void run(uint64_t seed)
{
	state = seed * 0x9e3779b97f4a7c15 + 1;
	memset(messages, 0, sizeof(messages));
	last = 0;
	held_len = 0;
	second = NULL;
	q = durable_queue();
	file_get(0, shadow, sizeof(shadow));
	second = host_open(host_id);
	for (unsigned i = 0; i < STEPS && !bad; i++)
		step();
	queue_close(second);
	second = NULL;
	durable_drop(q);
}

/* The queue in which everything is looked at that a cut leaves. */
static void begin_cuts(void)
{
	char cut_site[96], path[128];

	snprintf(cut_site, sizeof(cut_site), "%s/cuts", host_path);
	snprintf(path, sizeof(path), "%s/ring", cut_site);
	must(queue_create(host_dir, "cut",
			  &(struct queue_limits){.size = SIZE, .site = cut_site},
			  &host_err) == 0);
	cut_fd = open(path, O_RDWR | O_CLOEXEC);
	must(cut_fd >= 0 &&
	     pread(cut_fd, cut_home, sizeof(cut_home),
		   RING_SAFE + (off_t)offsetof(struct ring_safe, home)) ==
		     sizeof(cut_home));
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;

	durable_begin();
	begin_cuts();
	for (unsigned i = 1; i <= RUNS && !bad; i++) {
		run(seed ? seed : i);
		if (bad)
			printf("# seed %u\n", (unsigned)(seed ? seed : i));
	}
	printf("# %u power cuts, %u with a torn tail, %u pushes while another waited\n",
	       cuts, torn, nested);
	is_u64(bad, 0, "after %u power cuts every promised message is there, in order",
	       cuts);
	ok(cuts >= 3000 && torn >= 100 && nested >= 100, "they came at every moment");
	close(cut_fd);
	must(queue_remove(host_dir, "cut", &host_err) == 0);
	host_end();
	return done();
}
