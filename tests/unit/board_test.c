/* SPDX-License-Identifier: MIT */
/*
 * The status board: what its writer puts there is what readers see, and a file that is
 * no board of this version is refused.
 */
#include <stddef.h>

#include "dir_host.h"
#include "state/board.h"

static int open_code(void)
{
	const struct board *b = NULL;
	int r = board_open(dir_fd, &b);

	board_close(b);
	return r;
}

static struct board *make(uint32_t loops, uint32_t processes)
{
	struct board *b = NULL;

	must(board_create(dir_fd, loops, processes, 1, &b, &dir_err) == 0);
	return b;
}

static int read_in_child(void)
{
	const struct board *b;

	if (board_open(dir_fd, &b) < 0)
		return 1;
	if (b->loops_len != 3 || b->processes_len != 2 || b->state != BOARD_READY)
		return 2;
	if (strcmp(b->loops[2].name, "third") != 0 || b->loops[2].in != 7)
		return 3;
	return board_process((struct board *)b, 1)->pid == 4711 ? 0 : 4;
}

static void test_shared(void)
{
	struct board *b;
	const struct board *reader;
	struct stat st;
	bool zero = true;

	is_int(open_code(), -ENOENT, "there is no board before it is made");
	b = make(3, 2);
	is_u64(b->state, BOARD_STARTING, "a new board says that it starts");
	for (unsigned i = 0; i < 3; i++)
		zero = zero && !*b->loops[i].name && !b->loops[i].in;
	for (unsigned i = 0; i < 2; i++)
		zero = zero && !board_process(b, i)->pid;
	ok(zero, "and nothing else");
	must(fstatat(dir_fd, "status", &st, 0) == 0);
	is_int(st.st_mode & 0777, 0600, "nobody else may read it");
	is_u64((uint64_t)st.st_size,
	       (uint64_t)((char *)board_queue(b, b->queues_room) - (char *)b),
	       "the room for queues ends where the file ends");
	ok((char *)board_queue(b, 0) == (char *)board_process(b, b->processes_room),
	   "the queues stand behind the room for processes");
	ok((char *)board_process(b, 0) == (char *)(b->loops + b->loops_room),
	   "and these behind the room for loops");
	ok(st.st_blocks * 512 <= 16384, "what is not used is a hole");
	must(board_open(dir_fd, &reader) == 0);
	b->state = BOARD_READY;
	strcpy(b->loops[2].name, "third");
	board_add(&b->loops[2].in, 3);
	board_add(&b->loops[2].in, 4);
	board_process(b, 1)->pid = 4711;
	is_u64(reader->loops[2].in, 7, "a reader sees what is written later");
	is_int(in_child(read_in_child), 0, "so does another process");

	board_close(make(1, 1));
	is_u64(reader->loops[2].in, 7, "who has the old one mapped keeps it whole");
	board_close(reader);
	must(board_open(dir_fd, &reader) == 0);
	is_u64(reader->loops_len, 1, "a new one takes its place");
	board_close(reader);
	board_close(b);
	board_close(NULL);
}

static void test_refused(void)
{
	struct board *b;
	struct buf good, bad = {0};
	unsigned passed = 0, other;

	board_close(make(2, 1));
	good = dir_read("status");
	for (size_t size = 0; size < good.size; size++) {
		dir_write("status", good.data, size);
		passed += open_code() != -EPROTO;
	}
	is_u64(passed, 0, "a board cut off at any byte is refused");
	buf_add(&bad, good.data, good.size);
	buf_add_byte(&bad, '\0');
	dir_write("status", bad.data, bad.size);
	is_int(open_code(), -EPROTO, "so is one that is too long");
	bad.size = good.size;
	for (size_t i = other = 0; i < sizeof(struct board); i++) {
		if (i == offsetof(struct board, loops_len))
			i = offsetof(struct board, loops_room);
		bad.data[i] ^= (char)(1u << i % 8);
		dir_write("status", bad.data, bad.size);
		bad.data[i] ^= (char)(1u << i % 8);
		other += open_code() == -EPROTO;
	}
	is_u64(other,
	       offsetof(struct board, loops_len) + sizeof(struct board) -
		       offsetof(struct board, loops_room),
	       "every change to magic, version or room is refused");
	b = (struct board *)bad.data;
	b->loops_len = b->loops_room + 1;
	dir_write("status", bad.data, bad.size);
	is_int(open_code(), -EPROTO, "so are more loops than there is room for");
	b->loops_len = 2;
	b->version++;
	dir_write("status", bad.data, bad.size);
	is_int(open_code(), -EPROTO, "a board of the next version is refused");
	b->version--;
	b->loops_room = b->processes_room = UINT32_MAX;
	dir_write("status", bad.data, bad.size);
	is_int(open_code(), -EPROTO, "counts that no board has are refused");
	dir_write("status", good.data, good.size);
	is_int(open_code(), 0, "the board as it was is read again");
	unlinkat(dir_fd, "status", 0);
	must(symlinkat("elsewhere", dir_fd, "status") == 0);
	is_int(open_code(), -ELOOP, "a link is not followed");
	buf_done(&good);
	buf_done(&bad);
}

static void test_fails(void)
{
	struct board *b = NULL;
	int gone;

	board_close(make(0, 0));
	is_int(open_code(), 0, "a board without loops is a board");
	dir_write(".status.new", "left by a crash", 15);
	board_close(make(1, 1));
	is_int(open_code(), 0, "what a crash left does not stand in the way");
	must(mkdirat(dir_fd, "gone", 0700) == 0);
	gone = openat(dir_fd, "gone", O_RDONLY | O_DIRECTORY);
	must(gone >= 0 && unlinkat(dir_fd, "gone", AT_REMOVEDIR) == 0);
	dir_err.text[0] = '\0';
	is_int(board_create(gone, 1, 1, 0, &b, &dir_err), -ENOENT,
	       "a board that cannot be made is an error");
	ok(!b && strstr(dir_err.text, "cannot make the status board"),
	   "and the message says so");
	close(gone);
}

static void test_grows(void)
{
	struct board *b = make(2, 1);
	const struct board *reader;
	struct stat before, after;

	must(board_open(dir_fd, &reader) == 0);
	must(fstatat(dir_fd, "status", &before, 0) == 0);
	strcpy(b->loops[1].name, "old");
	is_int(board_grow(dir_fd, b, 300, 2, 2, &dir_err), 0, "it grows");
	strcpy(b->loops[299].name, "new");
	strcpy(board_process(b, 1)->name, "process");
	strcpy(board_queue(b, 1)->name, "queue");
	ok(reader->loops_len == 300 && strcmp(reader->loops[299].name, "new") == 0 &&
		   strcmp(board_process((struct board *)reader, 1)->name, "process") ==
			   0,
	   "who has it mapped sees what came");
	is_str(reader->loops[1].name, "old", "and what was there");
	is_str(reader->loops[100].name, "", "a place is nobody's until it has a name");
	must(fstatat(dir_fd, "status", &after, 0) == 0);
	ok(after.st_size == before.st_size && after.st_blocks > before.st_blocks,
	   "its file has the bytes, and is no larger");
	is_int(board_grow(dir_fd, b, b->loops_room + 1, 2, 2, &dir_err), -ENOSPC,
	       "it does not grow beyond its room");
	is_u64(b->loops_len, 300, "and then stays as it is");
	board_close(reader);
	board_close(b);
}

static void test_texts(void)
{
	is_str(board_state_text(BOARD_READY), "ready", "a state has a name");
	for (uint32_t s = BOARD_STARTING; s <= BOARD_FAILED; s++)
		ok(board_state_text(s) && *board_state_text(s) != '?',
		   "so has state %u", s);
	is_str(board_state_text(BOARD_FAILED + 1), "?", "a state of another version");
	is_str(board_state_text(UINT32_MAX), "?", "is shown as unknown");
}

int main(void)
{
	dir_begin();
	test_shared();
	test_refused();
	test_fails();
	test_grows();
	test_texts();
	dir_end();
	return done();
}
