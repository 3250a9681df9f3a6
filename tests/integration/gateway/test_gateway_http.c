/* The real effreg-gateway between a client of HTTP and a ranking service that this program plays over real, authenticated
 * sockets. Its answers are chosen by the period that is asked for; 2018 gets none. */
#include "common/ambient.h"
#include "common/bus.h"
#include "common/json.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
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

#define DIGEST_A  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define DIGEST_B  "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define FINAL     "{\"period\":\"2021\",\"kind\":\"final\",\"revision\":1,\"result_digest\":\"" DIGEST_A "\",\"document_digest\":\"" DIGEST_B \
                  "\",\"rows\":[{\"region\":\"20000000\",\"iso\":\"RU-VOR\",\"name\":{\"ru\":\"Воронежская область\",\"en\":\"Voronezh Oblast\"}," \
                  "\"place\":5,\"previous_place\":18,\"score\":61.9,\"group\":\"leading\",\"reason\":null}]}"
#define LIVE      "{\"kind\":\"live\",\"result_digest\":\"" DIGEST_A "\",\"document_digest\":null,\"rows\":[]}"
#define WAIT_MS   10000
#define REPLY_MAX ((size_t)1024 * 1024)

extern char **environ;

static char folder[] = "/tmp/effreg-gateway-XXXXXX";
static struct bus *bus;
static struct bus_socket *ranking;
static struct bus_message *message;
static struct bus_keypair gateway_key;
static pid_t gateway;
static unsigned port;
static char reply[REPLY_MAX];

/* ---- The ranking service that is played ---- */

static enum status authorise(void *context, const char *domain, const char public_key[BUS_KEY_TEXT])
{
	(void)context;
	return text_equal(domain, "query") && text_equal(public_key, gateway_key.public_key) ? STATUS_OK : STATUS_FORBIDDEN;
}

static void send_answer(struct span peer, const char *id, const char *rest, const char *document)
{
	char header[256];
	snprintf(header, sizeof header, "{\"id\":\"%s\",%s}", id, rest);
	const struct span frames[] = {peer, span_of_text(header), span_of_text(document)};
	assert_int_equal(bus_send(ranking, frames, ARRAY_COUNT(frames)), STATUS_OK);
}

static void answer_question(void)
{
	struct arena *arena = arena_new((size_t)1024 * 1024);
	const struct json *json;
	struct span peer = bus_message_frame(message, 0), header = bus_message_frame(message, 1);
	assert_int_equal(json_parse(arena, header.at, header.len, &JSON_LIMITS_EVENT, &json, NULL), STATUS_OK);
	assert_string_equal(json_find_string(json, "method"), "rating.get");
	const char *id = json_find_string(json, "id");
	const char *period = json_find_string(json_find(json, "params"), "period");
	assert_non_null(period);
	if (text_equal(period, "2021"))
		send_answer(peer, id, "\"status\":\"ok\"", FINAL);
	else if (text_equal(period, "2022"))
		send_answer(peer, id, "\"status\":\"ok\"", LIVE);
	else if (text_equal(period, "2017"))
		send_answer(peer, id, "\"status\":\"ok\"", "nonsense");
	else if (!text_equal(period, "2018"))
		send_answer(peer, id, "\"status\":\"error\",\"code\":\"not_found\",\"text\":\"no rating\"", "");
	arena_destroy(&arena);
}

/* Plays the ranking until fd (-1 = none) is readable; false when timeout_ms passed first. */
static bool play_until(int fd, long timeout_ms)
{
	int64_t until_ms = ambient_monotonic_ms() + timeout_ms;
	while (ambient_monotonic_ms() < until_ms) {
		struct bus_poll_item items[] = {{.socket = bus_zap_socket(bus)}, {.socket = ranking}, {.fd = fd}};
		assert_int_equal(bus_poll(items, fd >= 0 ? 3 : 2, 50), STATUS_OK);
		bus_zap_serve(bus);
		while (bus_receive(ranking, message) == STATUS_OK)
			answer_question();
		if (fd >= 0 && items[2].ready)
			return true;
	}
	return false;
}

/* ---- The client ---- */

static int connect_to_gateway(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	close(fd);
	return -1;
}

static int open_request(const char *method, const char *target, const char *headers)
{
	char request[1024];
	int fd = connect_to_gateway();
	assert_true(fd >= 0);
	int len = snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n", method, target, headers);
	assert_true(send(fd, request, (size_t)len, MSG_NOSIGNAL) == len);
	return fd;
}

/* The whole reply, head and body, in reply. */
static void ask(const char *method, const char *target, const char *headers)
{
	int fd = open_request(method, target, headers);
	size_t len = 0;
	for (;;) {
		assert_true(play_until(fd, WAIT_MS));
		ssize_t got = recv(fd, reply + len, sizeof reply - 1 - len, 0);
		assert_true(got >= 0);
		if (got == 0)
			break;
		len += (size_t)got;
	}
	reply[len] = '\0';
	close(fd);
}

static void assert_replied(const char *expected)
{
	if (strstr(reply, expected) == NULL)
		fail_msg("expected %s in:\n%s", expected, reply);
}

static void assert_status(const char *code)
{
	char line[32];
	snprintf(line, sizeof line, "HTTP/1.1 %s ", code);
	if (strncmp(reply, line, strlen(line)) != 0)
		fail_msg("expected %s in:\n%s", line, reply);
}

static const char *body_of_reply(void)
{
	const char *end = strstr(reply, "\r\n\r\n");
	assert_non_null(end);
	return end + 4;
}

/* ---- Start and stop ---- */

static const char *in_folder(const char *name)
{
	static char path[256];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static void write_key(const char *name, const char *key)
{
	struct fault fault;
	assert_int_equal(ambient_write_file(in_folder(name), span_of_text(key), 0600, &fault), STATUS_OK);
}

static unsigned free_port(void)
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

static void start_gateway(void)
{
	static char program[512], http[64], endpoint[128], server_key[300], key[300];
	char self[400];
	ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
	assert_true(len > 0);
	self[len] = '\0';
	port = free_port();
	snprintf(program, sizeof program, "%s/../bin/effreg-gateway", dirname(self));
	snprintf(http, sizeof http, "127.0.0.1:%u", port);
	snprintf(endpoint, sizeof endpoint, "%s", bus_endpoint(ranking));
	snprintf(server_key, sizeof server_key, "%s", in_folder("server.pub"));
	snprintf(key, sizeof key, "%s", in_folder("key"));
	char *arguments[] = {program, (char[]){"--http"}, http, (char[]){"--query-endpoint"}, endpoint,
	                     (char[]){"--query-server-key-file"}, server_key, (char[]){"--key-file"}, key, NULL};
	posix_spawn_file_actions_t actions;
	assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
	assert_int_equal(posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0), 0);
	assert_int_equal(posix_spawn(&gateway, program, &actions, NULL, arguments, environ), 0);
	posix_spawn_file_actions_destroy(&actions);
}

static bool is_connected(void)
{
	int fd = connect_to_gateway();
	if (fd < 0)
		return false;
	close(fd);
	ask("GET", "/api/v1/ratings/2021", "");  /* the gateway is ready before the ranking answers */
	return strncmp(reply, "HTTP/1.1 200 ", 13) == 0;
}

static int set_up(void **state)
{
	(void)state;
	struct bus_keypair server;
	struct fault fault;
	assert_non_null(mkdtemp(folder));
	bus = bus_new();
	message = bus_message_new();
	bus_keypair_new(&server);
	bus_keypair_new(&gateway_key);
	write_key("server.pub", server.public_key);
	write_key("key", gateway_key.secret_key);
	assert_int_equal(bus_zap_start(bus, authorise, NULL, &fault), STATUS_OK);
	assert_int_equal(bus_bind(bus, BUS_ROUTER, "tcp://127.0.0.1:*", "query", &server, &ranking, &fault), STATUS_OK);
	start_gateway();
	int64_t until_ms = ambient_monotonic_ms() + WAIT_MS;
	while (!is_connected()) {
		assert_true(ambient_monotonic_ms() < until_ms);
		play_until(-1, 50);
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	int how = 0;
	kill(gateway, SIGTERM);
	assert_true(waitpid(gateway, &how, 0) == gateway);
	assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
	bus_close(&ranking);
	bus_message_destroy(&message);
	bus_destroy(&bus);
	unlink(in_folder("server.pub"));
	unlink(in_folder("key"));
	rmdir(folder);
	return 0;
}

/* ---- Cases ---- */

static void a_document_is_passed_on_byte_for_byte_with_its_tag(void **state)
{
	(void)state;
	ask("GET", "/api/v1/ratings/2021", "");
	assert_status("200");
	assert_replied("Content-Type: application/json");
	assert_replied("ETag: \"" DIGEST_B "\"");
	assert_replied("Cache-Control: no-cache");
	assert_replied("Content-Security-Policy: default-src 'self'");
	assert_string_equal(body_of_reply(), FINAL);
	ask("GET", "/api/v1/ratings/2021?kind=final&revision=1", "");
	assert_replied("Cache-Control: public, max-age=86400, immutable");
}

static void a_known_document_is_not_sent_again(void **state)
{
	(void)state;
	ask("GET", "/api/v1/ratings/2021", "If-None-Match: \"x\", \"" DIGEST_B "\"\r\n");
	assert_status("304");
	assert_string_equal(body_of_reply(), "");
	ask("GET", "/api/v1/ratings/2022", "If-None-Match: W/\"" DIGEST_A "\"\r\n");
	assert_status("304");
	ask("GET", "/api/v1/ratings/2021", "If-None-Match: \"" DIGEST_A "\"\r\n");
	assert_status("200");
}

static void head_has_the_head_alone(void **state)
{
	(void)state;
	ask("HEAD", "/api/v1/ratings/2021", "");
	assert_status("200");
	assert_replied("ETag: \"" DIGEST_B "\"");
	assert_string_equal(body_of_reply(), "");
}

static void what_is_not_there_or_badly_asked_has_its_code(void **state)
{
	(void)state;
	ask("GET", "/api/v1/ratings/2020", "");
	assert_status("404");
	assert_string_equal(body_of_reply(), "{\"error\":{\"code\":\"not_found\",\"text\":\"no rating\"}}\n");
	ask("GET", "/api/v1/ratings/20x0", "");
	assert_status("400");
	assert_replied("\"code\":\"bad_period\"");
	ask("GET", "/api/v1/nothing", "");
	assert_status("404");
	assert_replied("\"code\":\"not_found\"");
	ask("DELETE", "/api/v1/ratings/2021", "");
	assert_status("405");
	assert_replied("Allow: GET, HEAD");
	ask("GET", "/api/v1/ratings/2017", "");
	assert_status("502");
	assert_replied("\"code\":\"bad_answer\"");
}

static void a_body_over_the_limit_is_refused_before_it_is_read(void **state)
{
	(void)state;
	ask("POST", "/api/v1/ratings/2021", "Content-Length: 4194305\r\n");
	assert_status("413");
	ask("POST", "/api/v1/ratings/2021", "Content-Length: 524289\r\nExpect: 100-continue\r\n");
	assert_status("413");
}

static void a_silent_ranking_is_an_honest_503(void **state)
{
	(void)state;
	int64_t before_ms = ambient_monotonic_ms();
	ask("GET", "/api/v1/ratings/2018", "");
	int64_t took_ms = ambient_monotonic_ms() - before_ms;
	assert_status("503");
	assert_replied("Retry-After: 3");
	assert_replied("\"code\":\"unavailable\"");
	assert_true(took_ms >= 2500 && took_ms < 6000);
}

static void clients_that_go_away_leave_nothing_behind(void **state)
{
	(void)state;
	enum { ASKED = 250 };
	int fds[ASKED];
	for (int i = 0; i < ASKED; i++)
		fds[i] = open_request("GET", "/api/v1/ratings/2018", "");
	ask("GET", "/livez", "");
	assert_status("200");
	for (int i = 0; i < ASKED; i++)
		close(fds[i]);  /* the clients go away while their questions are open */
	play_until(-1, 4000);
	ask("GET", "/api/v1/ratings/2021", "");
	assert_status("200");
}

static void home_leads_to_the_newest_published_year(void **state)
{
	(void)state;
	ask("GET", "/", "");
	assert_status("302");
	assert_replied("Location: /ratings/2021\r\n");
	ask("GET", "/?lang=en", "");
	assert_replied("Location: /ratings/2021?lang=en\r\n");
}

static void the_page_speaks_the_readers_language(void **state)
{
	(void)state;
	ask("GET", "/ratings/2021", "");
	assert_status("200");
	assert_replied("Content-Type: text/html; charset=utf-8");
	assert_replied("Content-Language: ru");
	assert_replied("Vary: Accept-Language");
	assert_replied("<html lang=\"ru\">");
	assert_replied("Воронежская область");
	ask("GET", "/ratings/2021", "Accept-Language: en-GB, ru;q=0.5\r\n");
	assert_replied("Voronezh Oblast");
	ask("GET", "/ratings/2020?lang=en", "");
	assert_status("404");
	assert_replied("There is no such rating");
	ask("GET", "/ratings/never", "");
	assert_status("400");
	assert_replied("Период пишется так");
	ask("GET", "/static/console.css", "");
	assert_status("200");
	assert_replied("text/css");
}

static void the_public_port_says_it_lives_but_not_its_metrics(void **state)
{
	(void)state;
	ask("GET", "/livez", "");
	assert_status("200");
	ask("GET", "/readyz", "");
	assert_status("200");
	ask("GET", "/metrics", "");
	assert_status("404");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_document_is_passed_on_byte_for_byte_with_its_tag),
		cmocka_unit_test(a_known_document_is_not_sent_again),
		cmocka_unit_test(head_has_the_head_alone),
		cmocka_unit_test(what_is_not_there_or_badly_asked_has_its_code),
		cmocka_unit_test(a_body_over_the_limit_is_refused_before_it_is_read),
		cmocka_unit_test(a_silent_ranking_is_an_honest_503),
		cmocka_unit_test(clients_that_go_away_leave_nothing_behind),
		cmocka_unit_test(home_leads_to_the_newest_published_year),
		cmocka_unit_test(the_page_speaks_the_readers_language),
		cmocka_unit_test(the_public_port_says_it_lives_but_not_its_metrics),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
