/* SPDX-License-Identifier: MIT */
/*
 * Brokers with text or simple protocols, where they are installed: each is started for
 * a measurement, on a Unix socket or on loopback, and ended by its number. Producers
 * write several messages at once, as the clients of brokers do.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "load.h"

enum {
	TOGETHER = 64, /* messages a write */
	LOOKS = 1000, /* until it listens, 5 ms apart */
	FRAME = 64, /* bytes around a payload, at most */
};

/* Bytes that stand for themselves. */
#define BYTES(text)                    \
	{                              \
		text, sizeof(text) - 1 \
	}

struct bytes {
	const char *data;
	size_t size;
};

struct protocol {
	void (*serve)(void); /* becomes the broker */
	bool loopback; /* else a Unix socket */
	struct bytes hello, welcome; /* what a producer says, and waits for */
	struct bytes subscribe, subscribed; /* the same of a consumer */
	int (*head)(char *out, int size); /* what stands before a payload */
	int (*head_echo)(char *out, int size); /* the same at a consumer */
	struct bytes tail; /* what stands behind it */
	size_t reply; /* bytes that a producer gets for each message */
};

static const struct protocol *spoken;
static pid_t server;
static uint16_t port;

/* --- the broker --- */

static void serve_redis(void)
{
	execl("/usr/bin/redis-server", "redis-server", "--port", "0", "--unixsocket",
	      bench_path("broker"), "--save", "", "--appendonly", "no",
	      "--client-output-buffer-limit", "pubsub 0 0 0", NULL);
}

static void serve_nats(void)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", port);
	execl("/usr/sbin/nats-server", "nats-server", "-a", "127.0.0.1", "-p", text,
	      NULL);
}

static void serve_mosquitto(void)
{
	FILE *f = fopen(bench_path("broker.conf"), "w");

	load_must(f != NULL, "mosquitto's configuration");
	fprintf(f,
		"user root\nlistener 0 %s\nallow_anonymous true\n"
		"max_queued_messages 0\nmax_inflight_messages 0\n",
		bench_path("broker"));
	fclose(f);
	execl("/usr/sbin/mosquitto", "mosquitto", "-c", bench_path("broker.conf"),
	      NULL);
}

static int connect_loopback(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

static int connect_unix(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s",
		 bench_path("broker"));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

static int connect_once(void)
{
	return spoken->loopback ? connect_loopback() : connect_unix();
}

/* A port that nobody has at this moment. */
static void choose_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	load_must(bind(fd, (struct sockaddr *)&address, size) == 0 &&
			  getsockname(fd, (struct sockaddr *)&address, &size) == 0,
		  "a port");
	port = ntohs(address.sin_port);
	close(fd);
}

static void start_broker(const struct protocol *p)
{
	int fd = -1;

	spoken = p;
	choose_port();
	server = fork();
	load_must(server >= 0, "fork");
	if (server == 0) {
		int null = open("/dev/null", O_RDWR);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		p->serve();
		_exit(127);
	}
	for (int i = 0; fd < 0 && i < LOOKS; i++) {
		usleep(5000);
		fd = connect_once();
	}
	load_must(fd >= 0, "a broker does not listen");
	close(fd);
}

static void end(void)
{
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	unlink(bench_path("broker"));
}

/* --- its clients --- */

static void say(int fd, const char *data, size_t size)
{
	for (ssize_t n = 0; size; data += n, size -= (size_t)n) {
		n = write(fd, data, size);
		load_must(n > 0, "write to a broker");
	}
}

static void await(int fd, struct bytes wanted)
{
	char heard[8192];
	size_t size = 0;

	while (wanted.size &&
	       (size < wanted.size ||
		memcmp(heard + size - wanted.size, wanted.data, wanted.size) != 0)) {
		ssize_t n = read(fd, heard + size, sizeof(heard) - size);

		load_must(n > 0, "read from a broker");
		size += (size_t)n;
	}
}

static void skip(int fd, size_t size)
{
	static char out[65536];

	while (size) {
		ssize_t n = read(fd, out, size < sizeof(out) ? size : sizeof(out));

		load_must(n > 0, "read from a broker");
		size -= (size_t)n;
	}
}

static void produce(const struct load *l, unsigned index)
{
	const struct protocol *p = spoken;
	char *frames = malloc(TOGETHER * (l->size + FRAME));
	size_t size = 0;
	int fd = connect_once();

	(void)index;
	load_must(fd >= 0 && frames, "a broker");
	say(fd, p->hello.data, p->hello.size);
	await(fd, p->welcome);
	for (int i = 0; i < TOGETHER; i++) {
		size += (size_t)p->head(frames + size, (int)l->size);
		memcpy(frames + size, load_bytes, l->size);
		size += l->size;
		memcpy(frames + size, p->tail.data, p->tail.size);
		size += p->tail.size;
	}
	for (long n = 0; n < l->messages; n += TOGETHER) {
		say(fd, frames, size);
		skip(fd, TOGETHER * p->reply);
	}
	close(fd);
}

static void consume(const struct load *l, unsigned index)
{
	const struct protocol *p = spoken;
	int fd = connect_once();
	char frame[FRAME];
	size_t size =
		(size_t)p->head_echo(frame, (int)l->size) + l->size + p->tail.size;

	(void)index;
	load_must(fd >= 0, "a broker");
	say(fd, p->subscribe.data, p->subscribe.size);
	await(fd, p->subscribed);
	load_greet();
	skip(fd, size * (size_t)l->messages * l->producers);
}

/* --- what they speak --- */

static int head_redis(char *out, int size)
{
	return sprintf(out, "*3\r\n$7\r\nPUBLISH\r\n$1\r\nc\r\n$%d\r\n", size);
}

static int head_redis_echo(char *out, int size)
{
	return sprintf(out, "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$%d\r\n", size);
}

static const struct protocol redis = {
	.serve = serve_redis,
	.subscribe = BYTES("SUBSCRIBE c\r\n"),
	.subscribed = BYTES(":1\r\n"),
	.head = head_redis,
	.head_echo = head_redis_echo,
	.tail = BYTES("\r\n"),
	.reply = 4,
};

static int head_nats(char *out, int size)
{
	return sprintf(out, "PUB c %d\r\n", size);
}

static int head_nats_echo(char *out, int size)
{
	return sprintf(out, "MSG c 1 %d\r\n", size);
}

static const struct protocol nats = {
	.serve = serve_nats,
	.loopback = true,
	.hello = BYTES("CONNECT {\"verbose\":false}\r\nPING\r\n"),
	.welcome = BYTES("PONG\r\n"),
	.subscribe = BYTES("CONNECT {\"verbose\":false}\r\nSUB c 1\r\nPING\r\n"),
	.subscribed = BYTES("PONG\r\n"),
	.head = head_nats,
	.head_echo = head_nats_echo,
	.tail = BYTES("\r\n"),
};

/* MQTT 3.1.1: PUBLISH of quality 0, for payloads of less than 125 bytes. */
static int head_mqtt(char *out, int size)
{
	return sprintf(out, "\x30%c%c\x01%c", size + 3, 0, 'c');
}

#define MQTT_CONNECT "\x10\x0c\0\4MQTT\4\2\0\0\0\0"

static const struct protocol mqtt = {
	.serve = serve_mosquitto,
	.hello = BYTES(MQTT_CONNECT),
	.welcome = BYTES("\x20\2\0\0"),
	.subscribe = BYTES(MQTT_CONNECT "\x82\6\0\1\0\1c\0"),
	.subscribed = BYTES("\x90\3\0\1\0"),
	.head = head_mqtt,
	.head_echo = head_mqtt,
};

/* --- the anchors --- */

static void begin_redis(const struct load *l)
{
	(void)l;
	start_broker(&redis);
}

static void begin_nats(const struct load *l)
{
	(void)l;
	start_broker(&nats);
}

static void begin_mosquitto(const struct load *l)
{
	(void)l;
	start_broker(&mqtt);
}

#define BROKER(word, title, package, path, times) \
	const struct anchor anchor_##word = {     \
		.name = title,                    \
		.needs = package,                 \
		.file = path,                     \
		.slow = times,                    \
		.greets = true,                   \
		.begin = begin_##word,            \
		.produce = produce,               \
		.consume = consume,               \
		.end = end,                       \
	}

BROKER(redis, "redis pub/sub, 64 a write", "redis-server", "/usr/bin/redis-server", 1);
BROKER(nats, "NATS core, 64 a write", "nats-server", "/usr/sbin/nats-server", 1);
BROKER(mosquitto, "mosquitto, 64 a write", "mosquitto", "/usr/sbin/mosquitto", 20);
