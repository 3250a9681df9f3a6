/* intake_player: the real effreg-intake as a process, and clients that say to it whatever a test likes.
 *
 * Everything of a test is static here, for each program is one file. Waits are bounded by WAIT_MS and end at the event they
 * wait for. The intake runs under its own database role: what it may not do there, it may not do here. */
#ifndef EFFREG_INTAKE_PLAYER_H
#define EFFREG_INTAKE_PLAYER_H

#include "common/ambient.h"
#include "common/bus.h"
#include "common/crypto.h"
#include "common/db.h"
#include "common/push.h"
#include "common/token.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_MS     20000
#define SOCKETS_MAX 16
#define VORONEZH "20000000"
#define PETERSBURG "40000000"

extern char **environ;

struct player {
	char folder[64];
	const char *dsn;
	struct db *db;                   /* the test's own, as the owner of the database */
	struct bus *bus;
	struct bus_keypair server;
	struct arena *arena;
	struct bus_socket *sockets[SOCKETS_MAX];  /* open ones: a case that fails leaves them, and the bus would wait for ever */
};

struct process {
	pid_t pid;
	unsigned port;
	char endpoint[64];
};

/* One connection. */
struct client {
	struct player *player;
	struct bus_socket *socket;
	struct bus_message *message;
	struct arena *arena;             /* the last answer's texts */
	uint64_t credit_batches, credit_bytes;  /* granted since WELCOME; what is sent is not taken off */
};

/* ---- The player ---- */

static inline const char *player_file(struct player *player, const char *name)
{
	return arena_printf(player->arena, "%s/%s", player->folder, name);
}

static inline void player_init(struct player *player)
{
	struct fault fault = {.offset = -1};
	*player = (struct player){.folder = "/tmp/effreg-intake-XXXXXX", .dsn = getenv("EFFREG_TEST_DSN")};
	assert_non_null(player->dsn);
	assert_non_null(mkdtemp(player->folder));
	player->arena = arena_new((size_t)64 * 1024 * 1024);
	assert_int_equal(crypto_init(), STATUS_OK);
	assert_int_equal(db_connect(player->dsn, "test", &player->db, &fault), STATUS_OK);
	player->bus = bus_new();
	bus_keypair_new(&player->server);
	assert_int_equal(ambient_write_file(player_file(player, "server"), span_of_text(player->server.secret_key), 0600, &fault), STATUS_OK);
}

static inline void player_clear(struct player *player)
{
	for (size_t i = 0; i < SOCKETS_MAX; i++)
		bus_close(&player->sockets[i]);
	bus_destroy(&player->bus);
	db_disconnect(&player->db);
	unlink(player_file(player, "server"));
	rmdir(player->folder);
	arena_destroy(&player->arena);
}

static inline void player_sql(struct player *player, const char *sql)
{
	if (db_exec(player->db, sql) != STATUS_OK)
		fail_msg("%s: %s", sql, db_error(player->db));
}

/* The first column of the first row as a number. */
static inline int64_t player_count(struct player *player, const char *sql)
{
	struct db_rows *rows;
	if (db_query(player->db, sql, NULL, 0, &rows) != STATUS_OK)
		fail_msg("%s: %s", sql, db_error(player->db));
	assert_int_equal(db_rows_count(rows), 1);
	int64_t count = db_get_integer(rows, 0, 0);
	db_rows_destroy(&rows);
	return count;
}

static inline const char *player_text(struct player *player, const char *sql)
{
	struct db_rows *rows;
	if (db_query(player->db, sql, NULL, 0, &rows) != STATUS_OK)
		fail_msg("%s: %s", sql, db_error(player->db));
	const char *text = db_rows_count(rows) == 0 ? "(none)" : arena_text(player->arena, db_get_text(rows, 0, 0), db_get_len(rows, 0, 0));
	db_rows_destroy(&rows);
	return text;
}

/* An empty centre: no log, no quarantine; keys stay. */
static inline void player_wipe(struct player *player)
{
	player_sql(player, "TRUNCATE effreg.event, effreg.event_head, effreg.source, effreg.quarantine, effreg.quarantine_use");
}

/* region and sources ("{a,b}") may be NULL. */
static inline void player_add_key(struct player *player, struct bus_keypair *ret_keypair, const char *role, const char *region, const char *sources)
{
	static const char SQL[] = "INSERT INTO effreg.client_key (public_key, role, region_id, sources) VALUES ($1, $2, $3, $4::text[])";
	bus_keypair_new(ret_keypair);
	const struct db_param params[] = {db_text(ret_keypair->public_key), db_text(role), db_text(region), db_text(sources)};
	assert_int_equal(db_run(player->db, SQL, params, ARRAY_COUNT(params), NULL), STATUS_OK);
}

/* sources ("{a,b}") may be NULL. */
static inline void player_add_token(struct player *player, char ret_token[TOKEN_TEXT_SIZE], const char *region, const char *sources)
{
	static const char SQL[] = "INSERT INTO effreg.token (digest, region_id, sources) VALUES ($1, $2, $3::text[])";
	uint8_t random[TOKEN_RANDOM_BYTES];
	ambient_random(random, sizeof random);
	token_format(random, ret_token);
	const struct sha256 digest = token_digest(ret_token);
	const struct db_param params[] = {db_bytes(digest.bytes, SHA256_BYTES), db_text(region), db_text(sources)};
	assert_int_equal(db_run(player->db, SQL, params, ARRAY_COUNT(params), NULL), STATUS_OK);
}

static inline void player_revoke_token(struct player *player, const char *token)
{
	const struct sha256 digest = token_digest(token);
	const struct db_param params[] = {db_bytes(digest.bytes, SHA256_BYTES)};
	assert_int_equal(db_run(player->db, "UPDATE effreg.token SET revoked_time = pg_catalog.now() WHERE digest = $1", params, 1, NULL), STATUS_OK);
}

static inline void player_revoke(struct player *player, const struct bus_keypair *keypair)
{
	const struct db_param params[] = {db_text(keypair->public_key)};
	assert_int_equal(db_run(player->db, "UPDATE effreg.client_key SET revoked_time = pg_catalog.now() WHERE public_key = $1", params, 1, NULL),
	                 STATUS_OK);
}

/* ---- The process ---- */

static inline unsigned free_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t len = sizeof address;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0 && bind(fd, (const struct sockaddr *)&address, len) == 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	close(fd);
	return ntohs(address.sin_port);
}

/* build/tests/<this program> → build/bin/<name> */
static inline const char *program_path(struct player *player, const char *name)
{
	char self[400];
	ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
	assert_true(len > 0);
	self[len] = '\0';
	*strrchr(self, '/') = '\0';
	return arena_printf(player->arena, "%s/../bin/%s", self, name);
}

static inline const char *role_dsn(struct player *player, const char *role)
{
	const char *user = strstr(player->dsn, "user=");
	assert_non_null(user);
	const char *rest = user + strcspn(user, " ");
	return arena_printf(player->arena, "%.*suser=%s%s", (int)(user - player->dsn), player->dsn, role, rest);
}

static inline char *argument(struct player *player, const char *text)
{
	return arena_text(player->arena, text, strlen(text));
}

static inline void process_spawn(char *const *arguments, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	const char *log = getenv("EFFREG_TEST_INTAKE_LOG");
	assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
	assert_int_equal(posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log == NULL ? "/dev/null" : log, O_WRONLY | O_CREAT | O_APPEND, 0600), 0);
	assert_int_equal(posix_spawn(ret_pid, arguments[0], &actions, NULL, arguments, environ), 0);
	posix_spawn_file_actions_destroy(&actions);
}

static inline void process_start_at(struct player *player, struct process *ret_process, unsigned port, const char *quarantine_bytes_max)
{
	*ret_process = (struct process){.port = port};
	snprintf(ret_process->endpoint, sizeof ret_process->endpoint, "tcp://127.0.0.1:%u", port);
	char *arguments[] = {
		argument(player, program_path(player, "effreg-intake")),
		argument(player, "--dsn"), argument(player, role_dsn(player, "effreg_intake")),
		argument(player, "--push-endpoint"), ret_process->endpoint,
		argument(player, "--stream-endpoint"), argument(player, arena_printf(player->arena, "tcp://127.0.0.1:%u", free_port())),
		argument(player, "--server-key-file"), argument(player, player_file(player, "server")),
		argument(player, "--quarantine-bytes-max"), argument(player, quarantine_bytes_max), NULL};
	process_spawn(arguments, &ret_process->pid);
}

static inline void process_start(struct player *player, struct process *ret_process, const char *quarantine_bytes_max)
{
	process_start_at(player, ret_process, free_port(), quarantine_bytes_max);
}

static inline bool process_lives(const struct process *process)
{
	return waitpid(process->pid, NULL, WNOHANG) == 0;
}

/* It ends by itself when told, with exit code 0. */
static inline void process_stop(struct process *process)
{
	int how = 0;
	kill(process->pid, SIGTERM);
	assert_true(waitpid(process->pid, &how, 0) == process->pid);
	assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
}

/* Resident memory, in bytes. */
static inline size_t process_rss(const struct process *process)
{
	char path[64], line[128];
	long pages = 0;
	snprintf(path, sizeof path, "/proc/%d/statm", (int)process->pid);
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof line, file));
	fclose(file);
	assert_int_equal(sscanf(line, "%*s %ld", &pages), 1);
	return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* ---- The client ---- */

/* Puts `now` in the place of `was` among the open sockets; NULL is an empty place. */
static inline void player_note_socket(struct player *player, const struct bus_socket *was, struct bus_socket *now)
{
	for (size_t i = 0; i < SOCKETS_MAX; i++) {
		if (player->sockets[i] == was) {
			player->sockets[i] = now;
			return;
		}
	}
	fail_msg("more than %d connections", SOCKETS_MAX);
}

static inline void client_connect(struct client *client, struct player *player, const struct process *process, const struct bus_keypair *keypair)
{
	struct fault fault = {.offset = -1};
	*client = (struct client){.player = player, .message = bus_message_new(), .arena = arena_new(PUSH_ARENA_BYTES(PUSH_ANSWER_BYTES_MAX))};
	if (bus_connect(player->bus, BUS_DEALER, process->endpoint, player->server.public_key, keypair, &client->socket, &fault) != STATUS_OK)
		fail_msg("%s", fault.text);
	player_note_socket(player, NULL, client->socket);
}

static inline void client_close(struct client *client)
{
	player_note_socket(client->player, client->socket, NULL);
	bus_close(&client->socket);
	bus_message_destroy(&client->message);
	arena_destroy(&client->arena);
}

static inline void wait_a_little(struct client *client)
{
	struct bus_poll_item items[] = {{.socket = client->socket}};
	assert_int_equal(bus_poll(items, 1, 5), STATUS_OK);
}

/* Sends as soon as there is a connection. */
static inline void client_send(struct client *client, const struct span *frames, size_t count)
{
	int64_t until_ms = ambient_monotonic_ms() + WAIT_MS;
	while (bus_send(client->socket, frames, count) != STATUS_OK) {
		if (ambient_monotonic_ms() > until_ms)
			fail_msg("nothing can be sent");
		wait_a_little(client);
	}
}

static inline void client_say_text(struct client *client, const char *header, struct span body)
{
	const struct span frames[] = {span_of_text(header), body};
	client_send(client, frames, 2);
}

static inline void client_say(struct client *client, const struct push_message *message, struct span body)
{
	struct buf header;
	buf_init(&header, PUSH_ANSWER_BYTES_MAX);
	push_format(&header, message);
	const struct span frames[] = {buf_span(&header), body};
	client_send(client, frames, 2);
	buf_clear(&header);
}

/* The next message, whatever it is; false when there is none within timeout_ms. */
static inline bool client_hear_any(struct client *client, struct push_message *ret_message, int64_t timeout_ms)
{
	struct fault fault = {.offset = -1};
	int64_t until_ms = ambient_monotonic_ms() + timeout_ms;
	while (bus_receive(client->socket, client->message) != STATUS_OK) {
		if (ambient_monotonic_ms() > until_ms)
			return false;
		wait_a_little(client);
	}
	assert_int_equal(bus_message_frames(client->message), 2);
	assert_int_equal(bus_message_frame(client->message, 1).len, 0);
	struct span header = bus_message_frame(client->message, 0);
	arena_reset(client->arena);
	if (push_parse_answer(client->arena, header, ret_message, &fault) != STATUS_OK)
		fail_msg("no answer of the intake's: %.*s: %s", (int)(header.len > 500 ? 500 : header.len), header.at, fault.text);
	if (ret_message->type == PUSH_WELCOME || ret_message->type == PUSH_NACK)
		client->credit_batches = client->credit_bytes = 0;
	if (ret_message->type == PUSH_WELCOME || ret_message->type == PUSH_CREDIT) {
		client->credit_batches += ret_message->credit_batches;
		client->credit_bytes += ret_message->credit_bytes;
	}
	return true;
}

/* The next message but CREDIT, which may come at any time. */
static inline struct push_message client_hear(struct client *client)
{
	struct push_message message;
	do {
		if (!client_hear_any(client, &message, WAIT_MS))
			fail_msg("the intake says nothing");
	} while (message.type == PUSH_CREDIT);
	return message;
}

static inline struct push_message client_expect(struct client *client, enum push_type type)
{
	struct push_message message = client_hear(client);
	if (message.type != type)
		fail_msg("expected %s, heard %s %s: %s", push_type_name(type), push_type_name(message.type),
		         message.code == NULL ? "" : message.code, message.text == NULL ? "" : message.text);
	return message;
}

static inline void client_expect_bye(struct client *client, const char *code)
{
	struct push_message bye = client_expect(client, PUSH_BYE);
	assert_string_equal(bye.code, code);
	assert_non_null(bye.text);
}

static inline struct push_message client_expect_credit(struct client *client)
{
	struct push_message message;
	if (!client_hear_any(client, &message, WAIT_MS))
		fail_msg("no CREDIT comes");
	assert_int_equal(message.type, PUSH_CREDIT);
	return message;
}

/* Waits until this batch may be sent; every ACK was heard before. */
static inline void client_await_credit(struct client *client, uint64_t batch)
{
	while (client->credit_batches < batch)
		client_expect_credit(client);
}

/* Everything sent before was heard, and it lives. */
static inline void client_ping(struct client *client)
{
	client_say(client, &(struct push_message){.type = PUSH_PING}, span_of("", 0));
	client_expect(client, PUSH_PONG);
}

static inline struct push_message client_hello(struct client *client, const char *source)
{
	client_say(client, &(struct push_message){.type = PUSH_HELLO, .version = 1, .source = source}, span_of("", 0));
	return client_expect(client, PUSH_WELCOME);
}

/* ---- Events ---- */

struct body {
	char *at;
	size_t len, capacity;
	uint32_t sizes[PUSH_EVENTS_MAX];
	size_t count;
};

static inline void body_add(struct body *body, struct span event)
{
	assert_true(body->count < PUSH_EVENTS_MAX);
	if (body->len + event.len > body->capacity) {
		body->capacity = (body->len + event.len) * 2;
		body->at = realloc(body->at, body->capacity);
		assert_non_null(body->at);
	}
	memcpy(body->at + body->len, event.at, event.len);
	body->len += event.len;
	body->sizes[body->count++] = (uint32_t)event.len;
}

static inline void body_clear(struct body *body)
{
	free(body->at);
	*body = (struct body){0};
}

/* A valid event; sequence 0 leaves it out. */
static inline struct span event_of(struct player *player, const char *id, const char *region, const char *source, unsigned sequence)
{
	const char *numbered = sequence == 0 ? "" : arena_printf(player->arena, "\"sequence\":\"%u\",", sequence);
	return span_of_text(arena_printf(player->arena,
		"{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"%s\",\"type\":\"effreg.region.joined.v1\",\"subject\":\"%s\","
		"\"time\":\"2020-12-01T00:00:00Z\",\"datacontenttype\":\"application/json\",%s"
		"\"data\":{\"joined_on\":\"2020-12-01\",\"precision\":\"quarter\"}}", id, source, region, numbered));
}

static inline const char *fresh_id(struct player *player)
{
	char text[UUID_TEXT_SIZE];
	struct ident_uuid id = ambient_uuid();
	ident_uuid_format(&id, text);
	return arena_text(player->arena, text, strlen(text));
}

static inline struct span fresh_event(struct player *player, const char *region)
{
	return event_of(player, fresh_id(player), region, "ru-vor/portal", 0);
}

static inline void client_push(struct client *client, uint64_t batch, const struct body *body)
{
	client_say(client, &(struct push_message){.type = PUSH_PUSH, .batch = batch, .sizes = body->sizes, .count = body->count},
	           span_of(body->at, body->len));
}

/* A batch of one event, without waiting for its answer. */
static inline void client_push_one(struct client *client, uint64_t batch, struct span event)
{
	struct body body = {0};
	body_add(&body, event);
	client_push(client, batch, &body);
	body_clear(&body);
}

#endif
