/* Of the server's protocol only this is known: the first message of a client has no type, every other is a type, a length
 * and a body; Q (a text), S (the end of a parameterised statement), c and f (the end of a COPY, and its refusal) each ask for an answer, which
 * ends with Z, or with G when the server waits for a COPY. What a client sends is held back until such a message is whole. */
#include "tests/harness/db_proxy.h"

#include "common/buf.h"

#include <endian.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LINES_MAX      32
#define HELD_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define TEXT_SIZE      128
#define ANSWER_MS      10000

struct line {
	int client;         /* -1 = free */
	int server;
	struct buf held;    /* from the client, not sent on yet */
	size_t looked;      /* of held: whole messages seen */
	bool greeted;       /* the first message has passed */
	bool said;          /* a statement of the message under way is the chosen text */
};

struct db_proxy {
	pthread_t thread;
	pthread_mutex_t lock;      /* for what follows, up to the blank line */
	unsigned cut_at;           /* statements from now, 0 = never */
	char cut_on[TEXT_SIZE];    /* "" = any */
	enum db_proxy_moment moment;
	void (*call)(void *context);  /* instead of a cut; may be NULL */
	void *context;
	pid_t victim;
	bool has_cut;

	int stop[2];               /* a pipe: a byte ends the thread */
	int listener;
	struct sockaddr_storage upstream;
	socklen_t upstream_len;
	char folder[64];
	char conninfo[512];
	struct line lines[LINES_MAX];
};

/* ---- Bytes ---- */

static bool send_all(int to, const char *at, size_t len)
{
	while (len > 0) {
		ssize_t sent = send(to, at, len, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return false;
		at += sent;
		len -= (size_t)sent;
	}
	return true;
}

static bool receive_all(int from, char *at, size_t len)
{
	while (len > 0) {
		struct pollfd item = {.fd = from, .events = POLLIN};
		ssize_t got = poll(&item, 1, ANSWER_MS) == 1 ? recv(from, at, len, 0) : 0;
		if (got <= 0)
			return false;
		at += got;
		len -= (size_t)got;
	}
	return true;
}

static uint32_t length_at(const char *at)
{
	uint32_t wire;
	memcpy(&wire, at, sizeof wire);
	return be32toh(wire);
}

/* Reads and drops what the server says until it has answered, or gone. */
static void swallow_answer(int server)
{
	char head[5], body[4096];
	bool more = true;
	while (more && receive_all(server, head, sizeof head)) {
		size_t left = length_at(head + 1) - 4;
		more = head[0] != 'Z' && head[0] != 'G';
		while (left > 0) {
			size_t part = left < sizeof body ? left : sizeof body;
			if (!receive_all(server, body, part))
				return;
			left -= part;
		}
	}
}

/* ---- Lines ---- */

static void close_line(struct line *line)
{
	close(line->client);
	close(line->server);
	buf_clear(&line->held);
	line->client = -1;
}

static void accept_line(struct db_proxy *proxy)
{
	int client = accept(proxy->listener, NULL, NULL);
	int server = socket(proxy->upstream.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	for (size_t i = 0; i < LINES_MAX && client >= 0 && server >= 0; i++) {
		struct line *line = &proxy->lines[i];
		if (line->client >= 0)
			continue;
		if (connect(server, (const struct sockaddr *)&proxy->upstream, proxy->upstream_len) != 0)
			break;
		*line = (struct line){.client = client, .server = server};
		buf_init(&line->held, HELD_BYTES_MAX);
		return;
	}
	close(client);
	close(server);
}

/* A parameterised statement: its text comes in Parse, after its name, and Sync ends the message. */
static void note_said(struct db_proxy *proxy, struct line *line, const char *message)
{
	if (message[0] != 'P')
		return;
	pthread_mutex_lock(&proxy->lock);
	if (text_equal(message + 5 + strlen(message + 5) + 1, proxy->cut_on))
		line->said = true;
	pthread_mutex_unlock(&proxy->lock);
}

static bool is_chosen(struct db_proxy *proxy, struct line *line, const char *message, size_t len)
{
	bool chosen = false;
	pthread_mutex_lock(&proxy->lock);
	bool wanted = proxy->cut_on[0] == '\0' || (message[0] == 'S' && line->said) ||
	              (message[0] == 'Q' && len == strlen(proxy->cut_on) + 6 && text_equal(message + 5, proxy->cut_on));
	line->said = false;
	if (proxy->cut_at > 0 && wanted)
		chosen = --proxy->cut_at == 0;
	pthread_mutex_unlock(&proxy->lock);
	return chosen;
}

static void note_cut(struct db_proxy *proxy)
{
	pthread_mutex_lock(&proxy->lock);
	proxy->has_cut = true;
	pthread_mutex_unlock(&proxy->lock);
}

/* The chosen statement has come: held ends with it. */
static void cut(struct db_proxy *proxy, struct line *line)
{
	if (proxy->moment == DB_PROXY_AFTER && send_all(line->server, line->held.at, line->looked))
		swallow_answer(line->server);
	note_cut(proxy);
	if (proxy->victim > 0)
		kill(proxy->victim, SIGKILL);
	close_line(line);
}

/* Steps over the next whole message of held; NULL when there is none. */
static const char *next_message(struct line *line, size_t *ret_len)
{
	size_t type_len = line->greeted ? 1 : 0;
	const char *at = line->held.at + line->looked;
	if (line->held.len < line->looked + type_len + 4 || line->held.len < line->looked + type_len + length_at(at + type_len))
		return NULL;
	*ret_len = type_len + length_at(at + type_len);
	line->looked += *ret_len;
	return at;
}

static bool asks(char type)
{
	return type == 'Q' || type == 'S' || type == 'c' || type == 'f';
}

static void pass_held(struct line *line)
{
	struct buf rest;
	bool passed = send_all(line->server, line->held.at, line->looked);
	buf_init(&rest, HELD_BYTES_MAX);
	buf_append(&rest, line->held.at + line->looked, line->held.len - line->looked);
	buf_clear(&line->held);
	line->held = rest;
	line->looked = 0;
	if (!passed)
		close_line(line);
}

static void take_from_client(struct db_proxy *proxy, struct line *line)
{
	char bytes[65536];
	size_t len;
	ssize_t got = recv(line->client, bytes, sizeof bytes, 0);
	if (got <= 0) {
		close_line(line);
		return;
	}
	buf_append(&line->held, bytes, (size_t)got);
	for (const char *message = next_message(line, &len); message != NULL; message = next_message(line, &len)) {
		bool statement = line->greeted && asks(message[0]);
		if (line->greeted)
			note_said(proxy, line, message);
		bool chosen = statement && is_chosen(proxy, line, message, len);
		if (chosen && proxy->call == NULL) {
			cut(proxy, line);
			return;
		}
		if (chosen) {
			proxy->call(proxy->context);
			note_cut(proxy);
		}
		/* 'p' is an answer of the login, for which the server waits. */
		if (statement || !line->greeted || message[0] == 'X' || message[0] == 'p') {
			line->greeted = true;
			pass_held(line);
		}
		if (line->client < 0)
			return;
	}
}

static void take_from_server(struct line *line)
{
	char bytes[65536];
	ssize_t got = recv(line->server, bytes, sizeof bytes, 0);
	if (got <= 0 || !send_all(line->client, bytes, (size_t)got))
		close_line(line);
}

/* ---- The thread ---- */

static void serve_once(struct db_proxy *proxy, const struct pollfd *items)
{
	if (items[1].revents != 0)
		accept_line(proxy);
	for (size_t i = 0; i < LINES_MAX; i++) {
		struct line *line = &proxy->lines[i];
		if (items[2 + 2 * i + 1].revents != 0 && line->client >= 0)
			take_from_server(line);
		if (items[2 + 2 * i].revents != 0 && line->client >= 0)
			take_from_client(proxy, line);
	}
}

static void *serve(void *context)
{
	struct db_proxy *proxy = context;
	struct pollfd items[2 + 2 * LINES_MAX];
	do {
		items[0] = (struct pollfd){.fd = proxy->stop[0], .events = POLLIN};
		items[1] = (struct pollfd){.fd = proxy->listener, .events = POLLIN};
		for (size_t i = 0; i < LINES_MAX; i++) {
			bool used = proxy->lines[i].client >= 0;
			items[2 + 2 * i] = (struct pollfd){.fd = used ? proxy->lines[i].client : -1, .events = POLLIN};
			items[2 + 2 * i + 1] = (struct pollfd){.fd = used ? proxy->lines[i].server : -1, .events = POLLIN};
		}
		if (poll(items, 2 + 2 * LINES_MAX, -1) > 0 && items[0].revents == 0)
			serve_once(proxy, items);
	} while (items[0].revents == 0);
	return NULL;
}

/* ---- Start and stop ---- */

/* The word after "name=" in a conninfo without quotes. */
static bool find_word(const char *conninfo, const char *name, char *word, size_t size)
{
	const char *at = strstr(conninfo, name);
	if (at == NULL)
		return false;
	at += strlen(name);
	size_t len = strcspn(at, " ");
	return (size_t)snprintf(word, size, "%.*s", (int)len, at) < size;
}

static bool find_upstream(struct db_proxy *proxy, const char *host, const char *port)
{
	struct addrinfo *found, hints = {.ai_socktype = SOCK_STREAM};
	if (host[0] == '/') {
		struct sockaddr_un *address = (struct sockaddr_un *)&proxy->upstream;
		address->sun_family = AF_UNIX;
		proxy->upstream_len = sizeof *address;
		return (size_t)snprintf(address->sun_path, sizeof address->sun_path, "%s/.s.PGSQL.%s", host, port) < sizeof address->sun_path;
	}
	if (getaddrinfo(host, port, &hints, &found) != 0)
		return false;
	memcpy(&proxy->upstream, found->ai_addr, found->ai_addrlen);
	proxy->upstream_len = found->ai_addrlen;
	freeaddrinfo(found);
	return true;
}

static bool open_listener(struct db_proxy *proxy, const char *conninfo)
{
	char host[80], port[8] = "5432";
	struct sockaddr_un own = {.sun_family = AF_UNIX};
	(void)find_word(conninfo, "port=", port, sizeof port);
	if (!find_word(conninfo, "host=", host, sizeof host) || !find_upstream(proxy, host, port))
		return false;
	snprintf(proxy->folder, sizeof proxy->folder, "/tmp/effreg-proxy.XXXXXX");
	if (mkdtemp(proxy->folder) == NULL)
		return false;
	snprintf(own.sun_path, sizeof own.sun_path, "%s/.s.PGSQL.5432", proxy->folder);
	/* The last value of a name holds. */
	snprintf(proxy->conninfo, sizeof proxy->conninfo, "%s host=%s port=5432", conninfo, proxy->folder);
	proxy->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return proxy->listener >= 0 && bind(proxy->listener, (const struct sockaddr *)&own, sizeof own) == 0 &&
	       listen(proxy->listener, LINES_MAX) == 0 && pipe(proxy->stop) == 0;
}

struct db_proxy *db_proxy_start(const char *conninfo)
{
	struct db_proxy *proxy = calloc(1, sizeof *proxy);
	ASSERT(proxy != NULL);
	for (size_t i = 0; i < LINES_MAX; i++)
		proxy->lines[i].client = -1;
	pthread_mutex_init(&proxy->lock, NULL);
	if (!open_listener(proxy, conninfo) || pthread_create(&proxy->thread, NULL, serve, proxy) != 0) {
		free(proxy);
		return NULL;
	}
	return proxy;
}

void db_proxy_stop(struct db_proxy **proxy)
{
	struct db_proxy *gone = *proxy;
	char path[sizeof gone->folder + 20];
	if (gone == NULL)
		return;
	if (write(gone->stop[1], "", 1) == 1)
		pthread_join(gone->thread, NULL);
	for (size_t i = 0; i < LINES_MAX; i++) {
		if (gone->lines[i].client >= 0)
			close_line(&gone->lines[i]);
	}
	close(gone->listener);
	close(gone->stop[0]);
	close(gone->stop[1]);
	snprintf(path, sizeof path, "%s/.s.PGSQL.5432", gone->folder);
	unlink(path);
	rmdir(gone->folder);
	free(gone);
	*proxy = NULL;
}

const char *db_proxy_conninfo(const struct db_proxy *proxy)
{
	return proxy->conninfo;
}

static void choose(struct db_proxy *proxy, unsigned number, const char *text, enum db_proxy_moment moment,
                   void (*call)(void *context), void *context)
{
	pthread_mutex_lock(&proxy->lock);
	proxy->call = call;
	proxy->context = context;
	proxy->cut_at = number;
	snprintf(proxy->cut_on, sizeof proxy->cut_on, "%s", text);
	proxy->moment = moment;
	proxy->has_cut = false;
	pthread_mutex_unlock(&proxy->lock);
}

void db_proxy_cut_at(struct db_proxy *proxy, unsigned number, enum db_proxy_moment moment)
{
	choose(proxy, number, "", moment, NULL, NULL);
}

void db_proxy_cut_on(struct db_proxy *proxy, const char *text, enum db_proxy_moment moment)
{
	choose(proxy, 1, text, moment, NULL, NULL);
}

void db_proxy_call_on(struct db_proxy *proxy, const char *text, unsigned number, void (*call)(void *context), void *context)
{
	choose(proxy, number, text, DB_PROXY_BEFORE, call, context);
}

void db_proxy_set_victim(struct db_proxy *proxy, pid_t victim)
{
	pthread_mutex_lock(&proxy->lock);
	proxy->victim = victim;
	pthread_mutex_unlock(&proxy->lock);
}

bool db_proxy_has_cut(struct db_proxy *proxy)
{
	pthread_mutex_lock(&proxy->lock);
	bool has_cut = proxy->has_cut;
	pthread_mutex_unlock(&proxy->lock);
	return has_cut;
}
