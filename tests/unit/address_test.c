/* SPDX-License-Identifier: MIT */
/*
 * Addresses: how they are taken apart, and which instance they mean, in a runtime
 * directory where some instances live (a child holds their lock) and others are dead.
 */
#include "api/instance.h"
#include "dir_host.h"
#include "route/build.h"
#include "state/lock.h"

static struct address parsed;

static int parse(const char *text)
{
	dir_err.text[0] = '\0';
	return address_parse(text, &parsed, &dir_err);
}

static bool told(const char *part)
{
	return strstr(dir_err.text, part) != NULL;
}

static void test_parts(void)
{
	static const struct {
		const char *text, *instance, *name, *member;
	} good[] = {
		{"orders", "", "orders", ""},
		{"orders.new", "", "orders", "new"},
		{"shop/orders", "shop", "orders", ""},
		{"shop/orders.new", "shop", "orders", "new"},
		{"_a/b-1.C_2", "_a", "b-1", "C_2"},
	};
	char longest[63 + 1 + 63 + 1 + 63 + 1];

	for (unsigned i = 0; i < ARRAY_LEN(good); i++)
		ok(parse(good[i].text) == 0 &&
			   strcmp(parsed.instance, good[i].instance) == 0 &&
			   strcmp(parsed.name, good[i].name) == 0 &&
			   strcmp(parsed.member, good[i].member) == 0,
		   "%s has the parts that it names", good[i].text);
	memset(longest, 'x', sizeof(longest));
	longest[63] = '/';
	longest[127] = '.';
	longest[191] = '\0';
	is_int(parse(longest), 0, "names may have 63 letters");
	ok(strlen(parsed.instance) == 63 && strlen(parsed.name) == 63 &&
		   strlen(parsed.member) == 63,
	   "and keep them");
	longest[63] = 'x';
	is_int(parse(longest), -EINVAL, "names of more letters are refused");
}

static void test_bad(void)
{
	static const char *const bad[] = {
		"",	 "/",	  ".",		 "a/",	   "/a", "a.",	".a",	 "a/.b",
		"a/b/c", "a.b.c", "a b",	 "a.b/c",  "1a", "-a",	"a/1.x", "../a",
		"a/..",	 "a\n",	  "caf\303\251", "a/b.c ", "*",	 "a.*",
	};

	for (unsigned i = 0; i < ARRAY_LEN(bad); i++)
		is_int(parse(bad[i]), -EINVAL, "what is no address is refused (%u)", i);
	parse("shop/or ders.new");
	ok(told("'or ders' is not a name") && told("[INSTANCE/]NAME[.MEMBER]"),
	   "the message says which part is wrong, and what the form is");
}

/* What the owners of an instance are; the first ones have a slot `in`. */
struct made {
	const char *name;
	const char *owners[4];
};

static void publish(int dir, const char *const *owners, struct routes **r)
{
	struct route_build b;

	must(route_build_start(&b, *r) == 0);
	for (unsigned i = 0; i < 4 && owners[i]; i++) {
		char own[32];

		snprintf(own, sizeof(own), "%s_done", owners[i]);
		must(route_build_name(&b, ROUTE_SIGNAL, owners[i], own, "any", 0) > 0);
		must(route_build_name(&b, ROUTE_OBJECT, owners[i], "", "any", 0) > 0);
		must(route_build_name(&b, ROUTE_SLOT, owners[i], "in", "any", 0) > 0);
		must(route_build_name(&b, ROUTE_SIGNAL, owners[i], "changed", "any",
				      ROUTE_NOWHERE) > 0);
	}
	must(route_build_write(&b, dir, &dir_err) == 0);
	route_build_done(&b);
	routes_close(*r);
	*r = NULL;
	must(routes_open(dir, r, &dir_err) == 0);
}

static int make(const struct made *m)
{
	static const char *const before[] = {"retired", NULL};
	struct routes *r = NULL;
	int dir;

	must(mkdirat(dir_fd, m->name, 0700) == 0);
	dir = openat(dir_fd, m->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(dir >= 0);
	if (m->owners[0]) {
		publish(dir, before, &r);
		publish(dir, m->owners, &r);
	}
	routes_close(r);
	return dir;
}

/* Makes the instances; a child is the supervisor of those that live. */
static pid_t make_all(void)
{
	static const struct made all[] = {
		{"shop", {"orders", "pool", "front", NULL}},
		{"lab", {"orders", "tests", NULL}},
		{"fresh", {NULL}},
		{"dead", {"stats", "pool", NULL}},
	};
	int dirs[ARRAY_LEN(all)], ready[2];
	pid_t pid;
	char c;

	for (unsigned i = 0; i < ARRAY_LEN(all); i++)
		dirs[i] = make(&all[i]);
	must(pipe2(ready, O_CLOEXEC) == 0);
	pid = fork();
	must(pid >= 0);
	if (!pid) {
		alarm(60);
		for (unsigned i = 0; i < 3; i++)
			if (lock_take(dirs[i], all[i].name, NULL) < 0)
				_exit(1);
		if (write(ready[1], "x", 1) == 1)
			pause();
		_exit(0);
	}
	close(ready[1]);
	must(read(ready[0], &c, 1) == 1);
	close(ready[0]);
	for (unsigned i = 0; i < ARRAY_LEN(all); i++)
		close(dirs[i]);
	return pid;
}

/* The name of the instance that an address means, or "" with *ret_code. */
static const char *find(const char *text, int *ret_code)
{
	static char name[64];
	struct instance in = {.dir = -1};

	must(parse(text) == 0);
	name[0] = '\0';
	*ret_code = instance_find(&parsed, &in, &dir_err);
	if (*ret_code == 0) {
		must(in.routes && in.dir >= 0);
		strcpy(name, in.name);
		instance_done(&in);
	}
	return name;
}

static void test_find(pid_t supervisor)
{
	struct instance in;
	int code;

	must(instance_open("shop", &in, &dir_err) == 0);
	is_int(in.supervisor, supervisor, "a live instance knows its supervisor");
	instance_done(&in);
	must(instance_open("dead", &in, &dir_err) == 0);
	is_int(in.supervisor, 0, "a dead instance has none");
	instance_done(&in);

	is_str(find("shop/orders", &code), "shop", "an instance is found by its name");
	is_str(find("shop/nothing", &code), "shop", "whatever it has");
	is_str(find("dead/stats", &code), "dead", "also a dead one");
	is_str(find("tests.in", &code), "lab", "else the only live one that has it");
	is_str(find("pool", &code), "shop", "a dead one that has it does not count");
	find("orders.changed", &code);
	is_int(code, -EINVAL, "what several live ones have is not guessed");
	ok(told("lab, shop") && told("INSTANCE/orders"), "the message names them");
	find("fresh/x", &code);
	is_int(code, -ENXIO, "one that has no routes yet is not there yet");
	ok(told("has not started yet"), "and the message says so");

	setenv("SIGSLOT_INSTANCE", "lab", 1);
	is_str(find("orders", &code), "lab", "inside an instance it is that one");
	is_str(find("shop/orders", &code), "shop", "unless another one is named");
	setenv("SIGSLOT_INSTANCE", "", 1);
	is_str(find("front", &code), "shop", "an empty variable is not set");
	setenv("SIGSLOT_INSTANCE", "shop/../lab", 1);
	find("orders", &code);
	is_int(code, -ENXIO, "a path is no instance");
	unsetenv("SIGSLOT_INSTANCE");
}

static void test_guess(void)
{
	int code;

	find("shpo/orders", &code);
	ok(code == -ENXIO && told("no instance 'shpo': did you mean 'shop'?"),
	   "a mistyped instance is guessed");
	find("quite-another/orders", &code);
	ok(code == -ENXIO && told("'sigslot ps' lists them"),
	   "one like no other is not guessed");
	find("frnot", &code);
	ok(code == -ENXIO && told("did you mean 'front'?"),
	   "a mistyped name is guessed from all that live");
	find("shpo", &code);
	ok(told("did you mean 'shop'?"), "also from the names of instances");
	find("stat", &code);
	ok(code == -ENXIO && !told("stats"), "but not from what is dead");
	find("retird", &code);
	ok(code == -ENXIO && !told("retired"), "nor from what is gone");
	unlinkat(dir_fd, "file", 0);
	dir_write("file", "", 0);
	find("front", &code);
	is_int(code, 0, "a stray file in the runtime directory does no harm");
}

static const char *no_name(const struct instance *in, const char *text)
{
	must(parse(text) == 0);
	must(instance_no_name(in, &parsed, &dir_err) == -ENXIO);
	return dir_err.text;
}

static void test_no_name(void)
{
	struct instance in;

	must(instance_open("shop", &in, &dir_err) == 0);
	must(instance_routes(&in, &dir_err) == 0);
	is_str(no_name(&in, "ordres"),
	       "instance 'shop' has no 'ordres': did you mean "
	       "'orders'?",
	       "a name that it has not, and the one that may be meant");
	is_str(no_name(&in, "nothing-like-it"),
	       "instance 'shop' has no "
	       "'nothing-like-it'",
	       "a name like no other");
	is_str(no_name(&in, "retird"), "instance 'shop' has no 'retird'",
	       "what is gone is not guessed");
	is_str(no_name(&in, "orders.chnaged"),
	       "'orders' of instance 'shop' has no signal or slot 'chnaged': did you "
	       "mean 'changed'?",
	       "a member that it has not, and the one that may be meant");
	is_str(no_name(&in, "orders.pool_done"),
	       "'orders' of instance 'shop' has no signal or slot 'pool_done'",
	       "a member of another object is not guessed");
	ok(strstr(no_name(&in, "orders"), "as orders.MEMBER"),
	   "an owner without the default members wants one to be named");
	instance_done(&in);
}

static void test_nowhere(void)
{
	int code;

	setenv("SIGSLOT_RUNTIME_DIR", dir_sub("absent"), 1);
	find("orders", &code);
	ok(code == -ENXIO && told("'sigslot ps' lists what runs"),
	   "without a runtime directory nothing runs");
	find("shop/orders", &code);
	is_int(code, -ENXIO, "and there is no instance");
	must(mkdirat(dir_fd, "unsafe", 0700) == 0 &&
	     fchmodat(dir_fd, "unsafe", 0777, 0) == 0);
	setenv("SIGSLOT_RUNTIME_DIR", dir_sub("unsafe"), 1);
	find("orders", &code);
	is_int(code, -EPERM, "an unsafe runtime directory is not looked into");
}

int main(void)
{
	pid_t supervisor;

	dir_begin();
	setenv("SIGSLOT_RUNTIME_DIR", dir_path, 1);
	unsetenv("SIGSLOT_INSTANCE");
	test_parts();
	test_bad();
	supervisor = make_all();
	test_find(supervisor);
	test_guess();
	test_no_name();
	kill(supervisor, SIGKILL);
	waitpid(supervisor, NULL, 0);
	test_nowhere();
	dir_end();
	return done();
}
