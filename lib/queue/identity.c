/* SPDX-License-Identifier: MIT */
/*
 * Identities: a byte lock and a generation per process. It must never close a second
 * descriptor of an `id` file: that would drop the lock that all others judge by.
 */
#include "queue/identity.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "base/fd.h"

enum {
	VERSION = 1,
	TABLE = 8192, /* where the generations begin; the byte locks lie below */
	FILE_SIZE = TABLE + 4 * (IDENTITY_SLOTS + 1),
	GENERATIONS = (1 << 18) - 1, /* 1 ... GENERATIONS, then 1 again */
};

struct id_head {
	char magic[8];
	uint32_t version, slots;
};

struct identity {
	struct identity *next;
	uint64_t home; /* the process that opened it: equals *home_page there alone */
	dev_t dev;
	ino_t ino;
	int fd; /* -1: a later identity of this process took it over */
	unsigned slot, generation, users;
};

static const struct id_head expected = {
	.magic = "SIGSLOTI",
	.version = VERSION,
	.slots = IDENTITY_SLOTS,
};
static const char file_name[] = "id";

static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static struct identity *table;
static uint64_t *home_page; /* the kernel zeroes it in a child */

static int map_home(struct sigslot_error *err)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return fail_errno(err, "cannot map a page");
	if (madvise(page, 4096, MADV_WIPEONFORK) < 0) {
		int r = fail_errno(err, "cannot have a page wiped on fork");

		munmap(page, 4096);
		return r;
	}
	home_page = page;
	return 0;
}

/* A child goes on counting: what it inherited is of another number. */
static int settle_home(struct sigslot_error *err)
{
	static uint64_t homes;
	uint64_t nobody = 0;
	int r = home_page ? 0 : map_home(err);

	if (r < 0)
		return r;
	/* in one go: to read a new page and then to write it would be two faults */
	if (__atomic_compare_exchange_n(home_page, &nobody, homes + 1, false,
					__ATOMIC_RELAXED, __ATOMIC_RELAXED))
		homes++;
	return 0;
}

bool identity_here(const struct identity *id)
{
	return id->home == *home_page;
}

static int fill(int fd)
{
	int r = posix_fallocate(fd, 0, FILE_SIZE);

	if (r)
		return -r;
	return pwrite(fd, &expected, sizeof(expected), 0) == sizeof(expected) ? 0
									      : -EIO;
}

int identity_create(int dir, struct sigslot_error *err)
{
	char name[32];
	_close_ int fd = -1;
	unsigned salt;
	int r;

	if (faccessat(dir, file_name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	if (getrandom(&salt, sizeof(salt), 0) != sizeof(salt))
		return fail_errno(err, "cannot get random bytes");
	snprintf(name, sizeof(name), ".id-%08x", salt);
	fd = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
		    0600);
	if (fd < 0)
		return fail_errno(err, "cannot create the file '%s'", file_name);
	r = fill(fd);
	if (r < 0)
		r = fail(err, r, "cannot reserve %d bytes for the file '%s': %s",
			 FILE_SIZE, file_name, strerror(-r));
	else if (linkat(dir, name, dir, file_name, 0) < 0 && errno != EEXIST)
		r = fail_errno(err, "cannot create the file '%s'", file_name);
	unlinkat(dir, name, 0);
	return r;
}

static struct identity *known(const struct stat *st)
{
	struct identity *id = table;

	while (id && !(id->fd >= 0 && id->dev == st->st_dev && id->ino == st->st_ino))
		id = id->next;
	return id;
}

static struct flock byte_of(unsigned slot, short type)
{
	return (struct flock){
		.l_type = type,
		.l_whence = SEEK_SET,
		.l_start = slot,
		.l_len = 1,
	};
}

/* Returns 0 when the byte is ours, -EBUSY, or another negative errno. */
static int lock_byte(int fd, unsigned slot)
{
	struct flock byte = byte_of(slot, F_WRLCK);

	while (fcntl(fd, F_SETLK, &byte) < 0) {
		if (errno == EACCES || errno == EAGAIN)
			return -EBUSY;
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

static int lock_fixed(int fd, int slot, struct sigslot_error *err)
{
	struct flock byte = byte_of((unsigned)slot, F_WRLCK);
	int r = lock_byte(fd, (unsigned)slot);

	if (!r)
		return slot;
	if (r != -EBUSY)
		return fail(err, r, "cannot lock place %d of the file '%s': %s", slot,
			    file_name, strerror(-r));
	if (fcntl(fd, F_GETLK, &byte) < 0 || byte.l_type == F_UNLCK)
		byte.l_pid = 0;
	return fail(err, r, "place %d of the instance is held by process %d", slot,
		    (int)byte.l_pid);
}

static int lock_any(int fd, struct sigslot_error *err)
{
	unsigned range = IDENTITY_SLOTS + 1 - IDENTITY_FIXED, start = 0;

	if (getrandom(&start, sizeof(start), 0) != sizeof(start))
		start = (unsigned)getpid();
	for (unsigned i = 0; i < range; i++) {
		unsigned slot = IDENTITY_FIXED + (start + i) % range;
		int r = lock_byte(fd, slot);

		if (!r)
			return (int)slot;
		if (r != -EBUSY)
			return fail(err, r, "cannot lock the file '%s': %s", file_name,
				    strerror(-r));
	}
	return fail(err, -EBUSY, "all %u places of the instance are in use", range);
}

static bool read_generation(int fd, unsigned slot, uint32_t *ret)
{
	return pread(fd, ret, sizeof(*ret), TABLE + 4 * (off_t)slot) == sizeof(*ret);
}

static int raise_generation(struct identity *id, struct sigslot_error *err)
{
	uint32_t generation;

	if (!read_generation(id->fd, id->slot, &generation))
		return fail(err, -EIO, "the file '%s' is too short", file_name);
	generation = generation % GENERATIONS + 1;
	if (pwrite(id->fd, &generation, sizeof(generation),
		   TABLE + 4 * (off_t)id->slot) != sizeof(generation))
		return fail_errno(err, "cannot write the file '%s'", file_name);
	id->generation = generation;
	return 0;
}

static int check_head(int fd, struct sigslot_error *err)
{
	struct id_head head;

	if (pread(fd, &head, sizeof(head), 0) != sizeof(head) ||
	    memcmp(head.magic, expected.magic, sizeof(head.magic)) != 0)
		return fail(err, -EPROTO, "the file '%s' is not one of sigslot's",
			    file_name);
	if (head.version != VERSION || head.slots != IDENTITY_SLOTS)
		return fail(err, -EPROTO,
			    "the file '%s' has format version %u, this sigslot "
			    "has %d: use the same version for all",
			    file_name, head.version, VERSION);
	return 0;
}

static int take_slot(struct identity *id, int slot, struct sigslot_error *err)
{
	int r = check_head(id->fd, err);

	if (r < 0)
		return r;
	r = slot < 0 ? lock_any(id->fd, err) : lock_fixed(id->fd, slot, err);
	if (r < 0)
		return r;
	id->slot = (unsigned)r;
	return raise_generation(id, err);
}

/*
 * After fork() the parent's descriptor is reused: to close it would drop the lock of
 * the child's own descriptor.
 */
static int reuse_or_open(int dir, const struct stat *st, struct identity *inherited,
			 struct sigslot_error *err)
{
	struct stat now;
	int fd;

	if (inherited) {
		fd = inherited->fd;
		inherited->fd = -1;
		if (fstat(fd, &now) == 0 && now.st_dev == st->st_dev &&
		    now.st_ino == st->st_ino)
			return fd;
	}
	fd = openat(dir, file_name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return fail_errno(err, "cannot open the file '%s'", file_name);
	return fd;
}

static int open_new(int dir, int slot, const struct stat *st,
		    struct identity *inherited, struct identity **ret,
		    struct sigslot_error *err)
{
	_free_ struct identity *id = calloc(1, sizeof(*id));
	int r;

	if (!id)
		return fail(err, -ENOMEM, "out of memory");
	id->fd = reuse_or_open(dir, st, inherited, err);
	if (id->fd < 0)
		return id->fd;
	id->home = *home_page;
	id->dev = st->st_dev;
	id->ino = st->st_ino;
	id->users = 1;
	r = take_slot(id, slot, err);
	if (r < 0) {
		close(id->fd);
		return r;
	}
	id->next = table;
	table = id;
	*ret = TAKE(id);
	return 0;
}

static int open_locked(int dir, int slot, struct identity **ret,
		       struct sigslot_error *err)
{
	struct stat st;
	struct identity *id;
	int r = settle_home(err);

	if (r < 0)
		return r;
	if (fstatat(dir, file_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_errno(err, "cannot open the file '%s'", file_name);
	if (!S_ISREG(st.st_mode))
		return fail(err, -EPROTO, "the file '%s' is not a regular file",
			    file_name);
	id = known(&st);
	if (!id || !identity_here(id))
		return open_new(dir, slot, &st, id, ret, err);
	if (slot >= 0 && (unsigned)slot != id->slot)
		return fail(err, -EBUSY, "this process already has place %u", id->slot);
	id->users++;
	*ret = id;
	return 0;
}

int identity_open(int dir, int slot, struct identity **ret, struct sigslot_error *err)
{
	int r;

	if (slot == 0 || slot > IDENTITY_SLOTS)
		return fail(err, -EINVAL, "place %d is not in 1 to %d", slot,
			    IDENTITY_SLOTS);
	pthread_mutex_lock(&table_lock);
	r = open_locked(dir, slot, ret, err);
	pthread_mutex_unlock(&table_lock);
	return r;
}

static void forget(struct identity *id)
{
	struct identity **at = &table;

	while (*at && *at != id)
		at = &(*at)->next;
	if (*at)
		*at = id->next;
	if (id->fd >= 0 && identity_here(id))
		close(id->fd);
	free(id);
}

void identity_close(struct identity *id)
{
	if (!id)
		return;
	pthread_mutex_lock(&table_lock);
	if (!--id->users)
		forget(id);
	pthread_mutex_unlock(&table_lock);
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
	struct flock byte = byte_of(slot, F_WRLCK);

	if (!identity_here(id))
		return 0;
	if (slot == id->slot)
		return getpid();
	if (fcntl(id->fd, F_GETLK, &byte) < 0 || byte.l_type == F_UNLCK)
		return 0;
	return byte.l_pid > 0 ? byte.l_pid : 0;
}

bool identity_alive(const struct identity *id, unsigned slot, unsigned generation)
{
	struct flock byte = byte_of(slot, F_WRLCK);
	uint32_t now;

	if (!identity_here(id))
		return true; /* a child may judge nobody */
	if (slot == id->slot)
		return generation == id->generation;
	if (slot == 0 || slot > IDENTITY_SLOTS)
		return false;
	if (fcntl(id->fd, F_GETLK, &byte) < 0)
		return true;
	if (byte.l_type == F_UNLCK)
		return false;
	return !read_generation(id->fd, slot, &now) || now == generation;
}
