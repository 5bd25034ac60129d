/* SPDX-License-Identifier: MIT */
/*
 * The file of a queue: its creation, its mapping and its meta blocks. It knows nothing
 * of what records mean, and trusts nothing that it reads.
 */
#include "queue/ring.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "queue/reserve.h"

#define LARGEST_RING (4ull << 30) /* so that 32 bits hold any size of a payload */
#define DAMAGED	     "queue '%s' is damaged: "

static_assert(sizeof(struct ring_meta) == 192, "the meta block is frozen");
static_assert(offsetof(struct ring_head, reserved) == 168 &&
		      offsetof(struct ring_head, stats) == 192 &&
		      offsetof(struct ring_head, meta) == 256 &&
		      offsetof(struct ring_head, ends) == 640 && QUEUE_ENDS <= 8 &&
		      offsetof(struct ring_head, book) == 704 &&
		      sizeof(struct ring_head) <= 4096,
	      "the header is frozen");

static const char magic[8] = "SIGSLOTQ";

uint64_t ring_capacity(uint64_t size)
{
	if (size > LARGEST_RING)
		return 0;
	return size < RING_DATA ? RING_DATA : (size + 65535) & ~65535ull;
}

static uint32_t sum(struct ring_meta *m)
{
	uint32_t kept = m->crc, crc;

	m->crc = 0;
	crc = crc32c_lanes(m, sizeof(*m));
	m->crc = kept;
	return crc;
}

static void blank(struct ring_meta *m)
{
	*m = (struct ring_meta){.due = NEVER};
	m->crc = sum(m);
}

static int write_head(int fd, const struct queue_limits *limits, bool later)
{
	struct ring_head head = {
		.fixed = {.version = RING_VERSION,
			  .record_size = sizeof(struct record),
			  .data = RING_DATA,
			  .capacity = ring_capacity(limits->size),
			  .messages = limits->messages},
		.reserved = later ? 0 : ring_capacity(limits->size),
	};

	if (getrandom(&head.fixed.key, sizeof(head.fixed.key), 0) !=
	    sizeof(head.fixed.key))
		return -errno;
	memcpy(head.fixed.magic, magic, sizeof(magic));
	head.fixed.crc = crc32c(0, &head.fixed, offsetof(struct ring_static, crc));
	memset(head.fixed.magic, 0, sizeof(magic));
	blank(&head.meta[0]);
	blank(&head.meta[1]);
	if (pwrite(fd, &head, sizeof(head), 0) != sizeof(head))
		return -EIO;
	return pwrite(fd, magic, sizeof(magic), 0) == sizeof(magic) ? 0 : -EIO;
}

int ring_create(int fd, const struct queue_limits *limits, const char *name,
		struct sigslot_error *err)
{
	uint64_t capacity = ring_capacity(limits->size);
	bool later = limits->later && reserve_can_later();
	int r;

	if (!capacity)
		return fail(err, -EINVAL,
			    "queue '%s': a size of %" PRIu64 " bytes is beyond the "
			    "largest, %llu",
			    name, limits->size, LARGEST_RING);
	r = reserve_new(fd, capacity, later, name, err);
	if (r < 0)
		return r;
	r = write_head(fd, limits, later);
	if (r < 0)
		return fail(err, r, "queue '%s': cannot write its header: %s", name,
			    strerror(-r));
	return 0;
}

bool ring_fixed_right(const struct ring_static *f)
{
	return memcmp(f->magic, magic, sizeof(magic)) == 0 &&
	       f->crc == crc32c(0, f, offsetof(struct ring_static, crc)) &&
	       f->capacity && f->capacity == ring_capacity(f->capacity);
}

static int check_fixed(const struct ring_static *f, uint64_t file_size,
		       const char *name, struct sigslot_error *err)
{
	if (memcmp(f->magic, magic, sizeof(magic)) != 0)
		return fail(err, -EBADMSG, DAMAGED "it does not begin with SIGSLOTQ",
			    name);
	if (f->version != RING_VERSION || f->record_size != sizeof(struct record))
		return fail(err, -EPROTO,
			    "queue '%s' has format version %u, this sigslot has %d: "
			    "use the same version for all",
			    name, f->version, RING_VERSION);
	if (f->crc != crc32c(0, f, offsetof(struct ring_static, crc)))
		return fail(err, -EBADMSG,
			    DAMAGED "the checksum of its header is wrong", name);
	if (f->data != RING_DATA || !f->capacity ||
	    f->capacity != ring_capacity(f->capacity) ||
	    file_size < f->data + f->capacity)
		return fail(err, -EBADMSG,
			    DAMAGED "its file has %" PRIu64 " bytes, its header says "
				    "%" PRIu64,
			    name, file_size, f->data + f->capacity);
	return 0;
}

int ring_read_fixed(int fd, struct ring_static *ret, const char *name,
		    struct sigslot_error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail_errno(err, "queue '%s'", name);
	if (!S_ISREG(st.st_mode) || st.st_size < RING_DATA ||
	    pread(fd, ret, sizeof(*ret), 0) != sizeof(*ret))
		return fail(err, -EBADMSG, DAMAGED "its file has %lld bytes only", name,
			    (long long)st.st_size);
	return check_fixed(ret, (uint64_t)st.st_size, name, err);
}

static void keep(struct ring *r, const struct ring_static *f, void *at)
{
	*r = (struct ring){
		.head = at,
		.data = (unsigned char *)at + RING_DATA,
		.capacity = f->capacity,
		.messages = f->messages,
		.mask = f->capacity & (f->capacity - 1) ? 0 : f->capacity - 1,
		.key = f->key,
	};
}

int ring_map_head(int fd, bool writable, struct ring *ret, const char *name,
		  struct sigslot_error *err)
{
	struct ring_static f;
	void *at;
	int r = ring_read_fixed(fd, &f, name, err);

	if (r < 0)
		return r;
	at = mmap(NULL, RING_DATA, PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED,
		  fd, 0);
	if (at == MAP_FAILED)
		return fail_errno(err, "queue '%s': cannot map it", name);
	keep(ret, &f, at);
	ret->data = NULL;
	guard_add(&ret->guard, at, RING_DATA, name);
	return 0;
}

/* Maps the data once more, over what lies beyond the end of the file. */
static bool repeat(void *at, size_t size, int protection, int fd)
{
	void *got = mmap(at, size, protection, MAP_SHARED | MAP_FIXED, fd, RING_DATA);

	return got != MAP_FAILED;
}

static int map_whole(int fd, int protection, struct ring *ret, const char *name,
		     struct sigslot_error *err)
{
	struct ring_static f;
	unsigned char *at;
	size_t whole;
	int r = ring_read_fixed(fd, &f, name, err);

	if (r < 0)
		return r;
	whole = RING_DATA + 2 * f.capacity;
	at = mmap(NULL, whole, protection, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return fail_errno(err, "queue '%s': cannot map it", name);
	keep(ret, &f, at);
	if (!repeat(at + RING_DATA + f.capacity, f.capacity, protection, fd) ||
	    madvise(at, whole, MADV_DONTFORK) < 0) {
		r = fail_errno(err, "queue '%s': cannot map it", name);
		ring_unmap(ret);
		return r;
	}
	guard_add(&ret->guard, at, whole, name);
	return 0;
}

int ring_map(int fd, struct ring *ret, const char *name, struct sigslot_error *err)
{
	return map_whole(fd, PROT_READ | PROT_WRITE, ret, name, err);
}

int ring_map_view(int fd, struct ring *ret, const char *name, struct sigslot_error *err)
{
	return map_whole(fd, PROT_READ, ret, name, err);
}

void ring_unmap(struct ring *r)
{
	guard_remove(&r->guard);
	if (r->head)
		munmap(r->head, RING_DATA + (r->data ? 2 * r->capacity : 0));
	r->head = NULL;
}

static bool gap_fits(const struct ring_meta *m)
{
	if (!m->gap && !m->gap_end)
		return true;
	return m->gap > m->head && m->gap < m->gap_end && m->gap_end <= m->tail &&
	       m->gap % RECORD_ALIGN == 0 && m->gap_end % RECORD_ALIGN == 0;
}

bool ring_fits(const struct ring *r, struct ring_meta *m)
{
	return m->crc == sum(m) && m->head <= m->next && m->next <= m->tail &&
	       m->tail - m->head <= r->capacity && m->head % RECORD_ALIGN == 0 &&
	       m->next % RECORD_ALIGN == 0 && m->tail % RECORD_ALIGN == 0 &&
	       gap_fits(m);
}

static uint32_t read_idx(const struct ring *r)
{
	/* pairs with the release in ring_commit() */
	return __atomic_load_n(&r->head->idx, __ATOMIC_ACQUIRE);
}

/*
 * Whether nobody was here since m was loaded. Then m is used as it was checked; so it
 * is enough to look at what must have changed otherwise, and to tell of damage there.
 */
static bool current(const struct ring_meta *m, const struct ring_meta *now)
{
	return m->version && m->version == now->version && m->crc == now->crc &&
	       m->head == now->head && m->next == now->next && m->tail == now->tail &&
	       m->seq == now->seq;
}

int ring_load(const struct ring *r, struct ring_meta *m)
{
	uint32_t idx = read_idx(r);

	if (idx > 1)
		return -EBADMSG;
	if (current(m, &r->head->meta[idx]))
		return 0;
	memcpy(m, &r->head->meta[idx], sizeof(*m));
	if (ring_fits(r, m))
		return 0;
	m->version = 0; /* not to be taken for a good one by the next comparison */
	return -EBADMSG;
}

bool ring_waiting(const struct ring *r)
{
	const struct ring_meta *m = &r->head->meta[read_idx(r) & 1];

	return __atomic_load_n(&m->next, __ATOMIC_RELAXED) !=
	       __atomic_load_n(&m->tail, __ATOMIC_RELAXED);
}

int ring_snapshot(const struct ring *r, struct ring_meta *ret)
{
	for (int attempt = 0; attempt < 1000; attempt++) {
		uint32_t idx = read_idx(r);

		if (idx > 1)
			return -EBADMSG;
		memcpy(ret, &r->head->meta[idx], sizeof(*ret));
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		/* a torn copy has a wrong checksum */
		if (ring_fits(r, ret))
			return 0;
	}
	return -EBADMSG;
}

void ring_commit(struct ring *r, struct ring_meta *m)
{
	uint32_t spare = !__atomic_load_n(&r->head->idx, __ATOMIC_RELAXED);

	m->version++;
	m->crc = sum(m);
	memcpy(&r->head->meta[spare], m, sizeof(*m));
	/* release: the commit; pairs with the acquire in read_idx() */
	__atomic_store_n(&r->head->idx, spare, __ATOMIC_RELEASE);
}
