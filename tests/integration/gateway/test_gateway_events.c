/* POST /api/v1/events and GET /api/v1/log over real sockets: the real effreg-gateway before the real effreg-intake and PostgreSQL.
 * There is no ranking service: it is not asked here. */
#include "tests/integration/intake/intake_player.h"

#include "common/json.h"

#include <poll.h>

#define PORTAL    "ru-vor/portal"
#define SINGLE    "application/cloudevents+json"
#define BATCH     "application/cloudevents-batch+json"
#define REPLY_MAX ((size_t)2 * 1024 * 1024)
#define ARRIVE_MS "1500"

static struct player player;
static struct process intake, tight, paced;           /* the second: 2048 bytes of events a day; the third: 2 events a second */
static struct process gateway, tight_gateway, paced_gateway;
static struct bus_keypair bearer_key;
static char token[TOKEN_TEXT_SIZE], petersburg_token[TOKEN_TEXT_SIZE], limited_token[TOKEN_TEXT_SIZE];
static char reply[REPLY_MAX];
static struct arena *arena;                           /* of one case */

/* ---- The client ---- */

static int connect_to(const struct process *process)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)process->port)};
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	close(fd);
	return -1;
}

static void send_all(int fd, const char *at, size_t len)
{
	while (len > 0) {
		ssize_t sent = send(fd, at, len, MSG_NOSIGNAL);
		assert_true(sent > 0);
		at += sent;
		len -= (size_t)sent;
	}
}

/* bearer NULL: no token; more: further header lines. */
static int open_post(const struct process *process, const char *bearer, const char *type, const char *more, struct span body)
{
	int fd = connect_to(process);
	assert_true(fd >= 0);
	const char *authorization = bearer == NULL ? "" : arena_printf(arena, "Authorization: Bearer %s\r\n", bearer);
	const char *head = arena_printf(arena, "POST /api/v1/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%sContent-Type: %s\r\n%sContent-Length: %zu\r\n\r\n",
	                                authorization, type, more, body.len);
	send_all(fd, head, strlen(head));
	send_all(fd, body.at, body.len);
	return fd;
}

static bool is_readable(int fd, int timeout_ms)
{
	struct pollfd item = {.fd = fd, .events = POLLIN};
	return poll(&item, 1, timeout_ms) == 1;
}

/* The whole reply, head and body, in reply; closes. */
static void read_reply(int fd)
{
	size_t len = 0;
	for (;;) {
		assert_true(is_readable(fd, WAIT_MS));
		ssize_t got = recv(fd, reply + len, sizeof reply - 1 - len, 0);
		assert_true(got >= 0);
		if (got == 0)
			break;
		len += (size_t)got;
	}
	reply[len] = '\0';
	close(fd);
}

static void post_to(const struct process *process, const char *bearer, const char *type, const char *more, struct span body)
{
	read_reply(open_post(process, bearer, type, more, body));
}

static void post(const char *bearer, const char *type, struct span body)
{
	post_to(&gateway, bearer, type, "", body);
}

static void get(const char *bearer, const char *target, const char *more)
{
	int fd = connect_to(&gateway);
	assert_true(fd >= 0);
	const char *head = arena_printf(arena, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer %s\r\n%s\r\n", target, bearer, more);
	send_all(fd, head, strlen(head));
	read_reply(fd);
}

static void assert_status(const char *code)
{
	if (strncmp(reply, "HTTP/1.1 ", 9) != 0 || strncmp(reply + 9, code, 3) != 0)
		fail_msg("expected %s in:\n%.2000s", code, reply);
}

static void assert_replied(const char *expected)
{
	if (strstr(reply, expected) == NULL)
		fail_msg("expected %s in:\n%.2000s", expected, reply);
}

static const struct json *body_of_reply(void)
{
	const struct json *json = NULL;
	const char *end = strstr(reply, "\r\n\r\n");
	assert_non_null(end);
	assert_int_equal(json_parse(arena, end + 4, strlen(end + 4), &JSON_LIMITS_DOCUMENT, &json, NULL), STATUS_OK);
	return json;
}

/* The status and the code of an error, which speaks both languages. */
static void assert_error(const char *status, const char *code)
{
	assert_status(status);
	const struct json *error = json_find(body_of_reply(), "error");
	assert_non_null(error);
	assert_string_equal(json_find_string(error, "code"), code);
	assert_true(strlen(json_find_string(error, "text")) > 10);
	const char *ru = json_find_string(error, "text_ru");
	assert_true(ru != NULL && ((unsigned char)ru[0] >= 0xC0 || strchr(ru, '\xD0') != NULL));
}

static void assert_error_at(const char *status, const char *code, const char *retry_after)
{
	assert_error(status, code);
	assert_replied(arena_printf(arena, "Retry-After: %s\r\n", retry_after));
}

static const struct json *result_at(size_t index)
{
	const struct json *result = json_first(json_find(body_of_reply(), "results"));
	while (index-- > 0 && result != NULL)
		result = json_next(result);
	assert_non_null(result);
	return result;
}

static int64_t number_in(const struct json *object, const char *name)
{
	int64_t number = -1;
	const struct json *member = json_find(object, name);
	return member != NULL && json_is(member, JSON_NUMBER) && json_integer(member, &number) ? number : -1;
}

/* The answer's head is the log's. */
static void assert_head_of(const char *region)
{
	const char *sql = arena_printf(arena, "SELECT pg_catalog.encode(hash, 'hex') FROM effreg.event_head WHERE region_id = '%s'", region);
	assert_string_equal(json_find_string(body_of_reply(), "head"), player_text(&player, sql));
	assert_int_equal(number_in(body_of_reply(), "last_seq"), player_count(&player, arena_printf(arena, "SELECT last_seq FROM effreg.event_head WHERE region_id = '%s'", region)));
}

static int64_t stored_events(void)
{
	return player_count(&player, "SELECT pg_catalog.count(*) FROM effreg.event");
}

/* A batch of the events. */
static struct span batch_of(const struct span *events, size_t count)
{
	struct buf text;
	buf_init(&text, REPLY_MAX);
	for (size_t i = 0; i < count; i++) {
		buf_text(&text, i == 0 ? "[" : ",\n ");
		buf_append(&text, events[i].at, events[i].len);
	}
	buf_text(&text, count == 0 ? "[]" : "]");
	struct span batch = span_of(arena_text(arena, text.at, text.len), text.len);
	buf_clear(&text);
	return batch;
}

/* ---- Processes ---- */

static void start_gateway(struct process *process, const struct process *behind)
{
	*process = (struct process){.port = free_port()};
	char *arguments[] = {
		argument(&player, program_path(&player, "effreg-gateway")),
		argument(&player, "--http"), argument(&player, arena_printf(player.arena, "127.0.0.1:%u", process->port)),
		argument(&player, "--query-endpoint"), argument(&player, arena_printf(player.arena, "tcp://127.0.0.1:%u", free_port())),
		argument(&player, "--query-server-key-file"), argument(&player, player_file(&player, "server.pub")),
		argument(&player, "--push-endpoint"), argument(&player, behind->endpoint),
		argument(&player, "--push-server-key-file"), argument(&player, player_file(&player, "server.pub")),
		argument(&player, "--http-arrive-ms"), argument(&player, ARRIVE_MS),
		argument(&player, "--key-file"), argument(&player, player_file(&player, "bearer")), NULL};
	process_spawn(arguments, &process->pid);
	int64_t until_ms = ambient_monotonic_ms() + WAIT_MS;
	int fd;
	while ((fd = connect_to(process)) < 0) {
		assert_true(ambient_monotonic_ms() < until_ms);
		assert_true(process_lives(process));
		poll(NULL, 0, 5);
	}
	close(fd);
}

static int set_up_all(void **state)
{
	(void)state;
	struct fault fault = {.offset = -1};
	player_init(&player);
	player_add_key(&player, &bearer_key, "bearer", NULL, NULL);
	assert_int_equal(ambient_write_file(player_file(&player, "server.pub"), span_of_text(player.server.public_key), 0600, &fault), STATUS_OK);
	assert_int_equal(ambient_write_file(player_file(&player, "bearer"), span_of_text(bearer_key.secret_key), 0600, &fault), STATUS_OK);
	player_add_token(&player, token, VORONEZH, NULL);
	player_add_token(&player, petersburg_token, PETERSBURG, NULL);
	player_add_token(&player, limited_token, VORONEZH, "{" PORTAL "}");
	process_start(&player, &intake, "67108864");
	setenv("EFFREG_REGION_BYTES_PER_DAY_MAX", "2048", 1);
	process_start(&player, &tight, "67108864");
	unsetenv("EFFREG_REGION_BYTES_PER_DAY_MAX");
	setenv("EFFREG_REGION_EVENTS_PER_S_MAX", "2", 1);
	process_start(&player, &paced, "67108864");
	unsetenv("EFFREG_REGION_EVENTS_PER_S_MAX");
	start_gateway(&gateway, &intake);
	start_gateway(&tight_gateway, &tight);
	start_gateway(&paced_gateway, &paced);
	return 0;
}

static int tear_down_all(void **state)
{
	(void)state;
	process_stop(&gateway);
	process_stop(&tight_gateway);
	process_stop(&paced_gateway);
	process_stop(&intake);
	process_stop(&tight);
	process_stop(&paced);
	unlink(player_file(&player, "server.pub"));
	unlink(player_file(&player, "bearer"));
	player_clear(&player);
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	arena = arena_new((size_t)64 * 1024 * 1024);
	player_wipe(&player);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_destroy(&arena);
	assert_true(process_lives(&intake));
	assert_true(process_lives(&gateway));
	return 0;
}

/* ---- What is taken ---- */

static void an_event_is_stored_and_its_repeat_is_a_duplicate(void **state)
{
	(void)state;
	struct span event = fresh_event(&player, VORONEZH);
	post(token, SINGLE, event);
	assert_status("200");
	assert_replied("Content-Type: application/json");
	assert_replied("Cache-Control: no-store");
	assert_int_equal(number_in(result_at(0), "stored"), 1);
	assert_head_of(VORONEZH);
	post(token, SINGLE "; charset=utf-8", event);
	assert_status("200");
	assert_int_equal(number_in(result_at(0), "duplicate"), 1);
	assert_int_equal(stored_events(), 1);
	assert_string_equal(player_text(&player, "SELECT body FROM effreg.event"), event.at);
}

/* The bytes are those that came, blanks at both ends among them: the digest is over them. */
static void a_single_event_keeps_every_byte(void **state)
{
	(void)state;
	const char *event = arena_printf(arena, " \n%s\n", fresh_event(&player, VORONEZH).at);
	post(token, SINGLE, span_of_text(event));
	assert_status("200");
	assert_string_equal(player_text(&player, "SELECT body FROM effreg.event"), event);
}

static void a_batch_is_answered_event_by_event_and_spares_the_good_ones(void **state)
{
	(void)state;
	struct span known = fresh_event(&player, VORONEZH);
	post(token, SINGLE, known);
	const struct span events[] = {fresh_event(&player, VORONEZH), known, fresh_event(&player, PETERSBURG), fresh_event(&player, VORONEZH)};
	post(token, BATCH, batch_of(events, ARRAY_COUNT(events)));
	assert_status("422");
	assert_int_equal(number_in(result_at(0), "stored"), 2);
	assert_int_equal(number_in(result_at(1), "duplicate"), 1);
	assert_string_equal(json_find_string(result_at(2), "rejected"), "forbidden_region");
	assert_string_equal(json_find_string(result_at(2), "pointer"), "/subject");
	assert_int_equal(number_in(result_at(3), "stored"), 3);
	assert_head_of(VORONEZH);
	assert_int_equal(player_count(&player, "SELECT pg_catalog.count(*) FROM effreg.quarantine WHERE region_id = '" VORONEZH "'"), 1);
}

static void binary_mode_and_an_empty_batch_are_taken(void **state)
{
	(void)state;
	const char *headers = arena_printf(arena, "ce-specversion: 1.0\r\nce-id: %s\r\nce-source: " PORTAL "\r\nce-type: effreg.region.joined.v1\r\n"
	                                          "ce-subject: " VORONEZH "\r\nce-time: 2020-12-01T00:00:00Z\r\n", fresh_id(&player));
	post_to(&gateway, token, "application/json", headers, span_of_text("{\"joined_on\":\"2020-12-01\",\"precision\":\"quarter\"}"));
	assert_status("200");
	assert_int_equal(number_in(result_at(0), "stored"), 1);
	post(token, BATCH, span_of_text("[ ]"));
	assert_status("200");
	assert_replied("\"results\":[]");
	assert_head_of(VORONEZH);
}

static void five_hundred_events_are_one_batch(void **state)
{
	(void)state;
	struct span events[PUSH_EVENTS_MAX + 1];
	for (size_t i = 0; i < ARRAY_COUNT(events); i++)
		events[i] = fresh_event(&player, VORONEZH);
	post(token, BATCH, batch_of(events, PUSH_EVENTS_MAX));
	assert_status("200");
	assert_int_equal(number_in(result_at(PUSH_EVENTS_MAX - 1), "stored"), PUSH_EVENTS_MAX);
	post(token, BATCH, batch_of(events, ARRAY_COUNT(events)));
	assert_error("413", "too_many");
	assert_int_equal(stored_events(), PUSH_EVENTS_MAX);
}

static void a_connection_that_is_kept_serves_one_request_after_another(void **state)
{
	(void)state;
	int fd = connect_to(&gateway);
	for (int i = 1; i <= 3; i++) {
		struct span event = fresh_event(&player, VORONEZH);
		const char *request = arena_printf(arena, "POST /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: " SINGLE
		                                          "\r\nContent-Length: %zu\r\n\r\n%s", token, event.len, event.at);
		send_all(fd, request, strlen(request));
		size_t len = 0;
		do {
			assert_true(is_readable(fd, WAIT_MS));
			ssize_t got = recv(fd, reply + len, sizeof reply - 1 - len, 0);
			assert_true(got > 0);
			len += (size_t)got;
			reply[len] = '\0';
		} while (strstr(reply, "\"}\n") == NULL);
		assert_replied(arena_printf(arena, "{\"stored\":%d}", i));
	}
	close(fd);
}

/* ---- Codes of a refused event ---- */

struct refusal {
	const char *code, *pointer;
	int64_t offset;   /* -1: none, -2: any */
	struct span event;
};

#define REFUSALS_MAX 12

static size_t make_refusals(const char *conflict_id, struct refusal rows[REFUSALS_MAX])
{
	static char large[EVENT_BYTES_MAX + 1];
	memset(large, ' ', sizeof large);
	memcpy(large, "{", 1);
	large[sizeof large - 1] = '}';
	const char *good = fresh_event(&player, VORONEZH).at;
	const char *itself = fresh_id(&player);
	size_t count = 0;
	rows[count++] = (struct refusal){"bad_utf8", "", 6, span_of_text("{\"a\":\"\xD0 \"}")};
	rows[count++] = (struct refusal){"bad_json", "", 5, span_of_text("{\"a\":01}")};
	rows[count++] = (struct refusal){"duplicate_key", "", 7, span_of_text("{\"a\":1,\"\\u0061\":2}")};
	rows[count++] = (struct refusal){"too_large", "", -2, span_of(large, sizeof large)};
	rows[count++] = (struct refusal){"unknown_type", "/type", -1, span_of_text("{\"type\":\"effreg.nothing.happened.v1\"}")};
	rows[count++] = (struct refusal){"schema", "/data/colour", -1, span_of_text(arena_printf(arena, "%.*s,\"colour\":1}}", (int)strlen(good) - 2, good))};
	rows[count++] = (struct refusal){"forbidden_region", "/subject", -1, event_of(&player, fresh_id(&player), PETERSBURG, PORTAL, 0)};
	rows[count++] = (struct refusal){"forbidden_source", "/source", -1, event_of(&player, fresh_id(&player), VORONEZH, "ru-vor/third", 0)};
	rows[count++] = (struct refusal){"forbidden_type", "/type", -1, span_of_text(arena_printf(arena,
		"{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"" PORTAL "\",\"type\":\"effreg.dispute.resolved.v1\",\"subject\":\"" VORONEZH
		"/dispute/d-1\",\"time\":\"2024-03-01T10:00:00+03:00\",\"datacontenttype\":\"application/json\","
		"\"data\":{\"dispute\":\"d-1\",\"outcome\":\"rejected\",\"resolved_on\":\"2024-03-01\"}}", fresh_id(&player)))};
	rows[count++] = (struct refusal){"conflict", "/id", -1, event_of(&player, conflict_id, VORONEZH, PORTAL, 7)};
	rows[count++] = (struct refusal){"not_a_correction_target", NULL, -1, span_of_text(arena_printf(arena,
		"{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"" PORTAL "\",\"type\":\"effreg.event.withdrawn.v1\",\"subject\":\"" VORONEZH
		"\",\"time\":\"2024-03-01T10:00:00+03:00\",\"datacontenttype\":\"application/json\",\"supersedes\":\"%s\","
		"\"data\":{\"target\":\"%s\",\"type\":\"effreg.region.joined.v1\",\"reason\":{\"ru\":\"Отправлено дважды\"}}}", itself, itself, itself))};
	return count;
}

static void assert_refused(const struct refusal *row, const struct json *result)
{
	const char *code = json_find_string(result, "rejected"), *ru = json_find_string(result, "text_ru");
	if (code == NULL || !text_equal(code, row->code))
		fail_msg("%s expected: %s %s", row->code, code == NULL ? "(stored)" : code, code == NULL ? "" : json_find_string(result, "text"));
	if (row->pointer != NULL)
		assert_string_equal(json_find_string(result, "pointer"), row->pointer);
	if (row->offset != -2)
		assert_int_equal(number_in(result, "offset"), row->offset);
	assert_true(strlen(json_find_string(result, "text")) > 10);
	assert_true(ru != NULL && strchr(ru, '\xD0') != NULL);
}

static void every_code_of_intake_comes_with_its_place_in_both_languages(void **state)
{
	(void)state;
	struct refusal rows[REFUSALS_MAX];
	const char *conflict_id = fresh_id(&player);
	post(token, SINGLE, event_of(&player, conflict_id, VORONEZH, PORTAL, 0));
	assert_status("200");
	size_t count = make_refusals(conflict_id, rows);
	for (size_t i = 0; i < count; i++) {
		post(limited_token, SINGLE, rows[i].event);
		assert_status("422");
		assert_refused(&rows[i], result_at(0));
	}
	assert_int_equal(stored_events(), 1);
	assert_int_equal(player_count(&player, "SELECT pg_catalog.count(*) FROM effreg.quarantine"), (int64_t)count);
}

static void five_hundred_refusals_each_have_their_words(void **state)
{
	(void)state;
	struct span events[PUSH_EVENTS_MAX];
	for (size_t i = 0; i < ARRAY_COUNT(events); i++)
		events[i] = span_of_text(arena_printf(arena, "{\"type\":\"effreg.region.joined.v1\",\"n\":%zu}", i));
	post(token, BATCH, batch_of(events, ARRAY_COUNT(events)));
	assert_status("422");
	size_t count = 0;
	for (const struct json *result = json_first(json_find(body_of_reply(), "results")); result != NULL; result = json_next(result), count++) {
		assert_string_equal(json_find_string(result, "rejected"), "schema");
		assert_non_null(json_find_string(result, "text"));
		assert_non_null(json_find_string(result, "text_ru"));
	}
	assert_int_equal(count, PUSH_EVENTS_MAX);
}

static void a_used_up_quota_is_a_429_until_midnight(void **state)
{
	(void)state;
	const struct span events[] = {fresh_event(&player, VORONEZH), fresh_event(&player, VORONEZH), fresh_event(&player, VORONEZH),
	                              fresh_event(&player, VORONEZH), fresh_event(&player, VORONEZH), fresh_event(&player, VORONEZH),
	                              fresh_event(&player, VORONEZH), fresh_event(&player, VORONEZH), fresh_event(&player, VORONEZH)};
	size_t stored = 0, over = 0;
	for (size_t i = 0; i < ARRAY_COUNT(events); i++) {
		post_to(&tight_gateway, token, SINGLE, "", events[i]);
		if (strncmp(reply, "HTTP/1.1 200", 12) == 0) {
			stored++;
			continue;
		}
		over++;
		assert_status("429");
		assert_string_equal(json_find_string(result_at(0), "rejected"), "over_quota");
		assert_replied("Retry-After: ");
		long retry_s = strtol(strstr(reply, "Retry-After: ") + 13, NULL, 10);
		assert_true(retry_s >= 1 && retry_s <= 86400);
	}
	assert_true(stored >= 1 && over >= 1);
	assert_int_equal(stored_events(), (int64_t)stored);
}

/* ---- Requests that are refused as a whole ---- */

static void without_a_valid_token_nothing_is_taken(void **state)
{
	(void)state;
	char unknown[TOKEN_TEXT_SIZE], revoked[TOKEN_TEXT_SIZE];
	struct span event = fresh_event(&player, VORONEZH);
	post(NULL, SINGLE, event);
	assert_error("401", "unauthorized");
	assert_replied("WWW-Authenticate: Bearer");
	post("secret", SINGLE, event);
	assert_error("401", "unauthorized");
	memcpy(unknown, token, sizeof unknown);
	unknown[TOKEN_TEXT_SIZE - 2] = unknown[TOKEN_TEXT_SIZE - 2] == '0' ? '1' : '0';
	post(unknown, SINGLE, event);
	assert_error("401", "bad_token");
	player_add_token(&player, revoked, VORONEZH, NULL);
	post(revoked, SINGLE, event);
	assert_status("200");
	player_revoke_token(&player, revoked);
	post(revoked, SINGLE, fresh_event(&player, VORONEZH));
	assert_error("401", "bad_token");
	get(unknown, "/api/v1/log", "");
	assert_error("401", "bad_token");
	assert_int_equal(stored_events(), 1);
}

static void what_cannot_be_read_as_events_has_its_code(void **state)
{
	(void)state;
	static char large[600 * 1024];
	struct span event = fresh_event(&player, VORONEZH), sixty[5];
	memset(large, 'a', sizeof large);
	post(token, "text/plain", event);
	assert_error("415", "unsupported_media_type");
	post(token, BATCH, event);
	assert_error("400", "bad_json");
	post(token, BATCH, span_of_text("[{\"a\":1},]"));
	assert_error("400", "bad_json");
	post(token, SINGLE, span_of_text(""));
	assert_error("400", "bad_json");
	for (size_t i = 0; i < ARRAY_COUNT(sixty); i++)
		sixty[i] = span_of_text(arena_printf(arena, "{\"a\":\"%.*s\"}", 60000, large));
	post(token, BATCH, batch_of(sixty, ARRAY_COUNT(sixty)));
	assert_error("413", "too_large");
	post(token, SINGLE, span_of(large, sizeof large));
	assert_error("413", "too_large");
	assert_int_equal(stored_events(), 0);
}

static void each_route_has_its_methods(void **state)
{
	(void)state;
	get(token, "/api/v1/events", "");
	assert_status("405");
	assert_replied("Allow: POST");
	assert_replied("\"code\":\"method_not_allowed\"");
	int fd = connect_to(&gateway);
	send_all(fd, "DELETE /api/v1/log HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 60);
	read_reply(fd);
	assert_status("405");
	assert_replied("Allow: GET, HEAD");
}

/* ---- The witness ---- */

static void a_log_tells_its_head_and_what_a_source_has_in_it(void **state)
{
	(void)state;
	get(token, "/api/v1/log?source=ru-vor/portal", "");
	assert_status("200");
	assert_int_equal(number_in(body_of_reply(), "last_seq"), 0);
	assert_int_equal(number_in(body_of_reply(), "source_sequence"), 0);
	const struct span events[] = {event_of(&player, fresh_id(&player), VORONEZH, PORTAL, 1), event_of(&player, fresh_id(&player), VORONEZH, PORTAL, 2)};
	post(token, BATCH, batch_of(events, ARRAY_COUNT(events)));
	assert_status("200");
	get(token, "/api/v1/log?source=ru-vor/portal", "");
	assert_string_equal(json_find_string(body_of_reply(), "region"), VORONEZH);
	assert_int_equal(number_in(body_of_reply(), "source_sequence"), 2);
	assert_string_equal(json_find_string(body_of_reply(), "witness"), "unknown");
	assert_head_of(VORONEZH);
	get(token, "/api/v1/log", "");
	assert_null(json_find(body_of_reply(), "source_sequence"));
	get(token, "/api/v1/log?source=a%20b", "");
	assert_error("400", "bad_source");
}

static void a_log_that_is_not_what_it_was_takes_nothing_from_its_witness(void **state)
{
	(void)state;
	post(token, SINGLE, fresh_event(&player, VORONEZH));
	const char *good = arena_printf(arena, "Effreg-Witness: 1 %s\r\n", json_find_string(body_of_reply(), "head"));
	char *wrong = arena_text(arena, good, strlen(good));
	wrong[20] = wrong[20] == '0' ? '1' : '0';
	post_to(&gateway, token, SINGLE, good, fresh_event(&player, VORONEZH));
	assert_status("200");
	get(token, "/api/v1/log", good);
	assert_string_equal(json_find_string(body_of_reply(), "witness"), "ok");
	post_to(&gateway, token, SINGLE, wrong, fresh_event(&player, VORONEZH));
	assert_error("409", "witness_mismatch");
	assert_string_equal(json_find_string(json_find(body_of_reply(), "log"), "witness"), "mismatch");
	post_to(&gateway, token, SINGLE, arena_printf(arena, "Effreg-Witness: 99 %.64s\r\n", good + 18), fresh_event(&player, VORONEZH));
	assert_error("409", "witness_mismatch");
	assert_string_equal(json_find_string(json_find(body_of_reply(), "log"), "witness"), "unknown");
	post_to(&gateway, token, SINGLE, "Effreg-Witness: 1\r\n", fresh_event(&player, VORONEZH));
	assert_error("400", "bad_witness");
	assert_int_equal(stored_events(), 2);
}

/* ---- Limits and independence ---- */

static void who_sends_too_fast_is_told_when_to_come_again(void **state)
{
	(void)state;
	const struct span three[] = {fresh_event(&player, VORONEZH), fresh_event(&player, VORONEZH), fresh_event(&player, VORONEZH)};
	post_to(&paced_gateway, token, BATCH, "", batch_of(three, 3));  /* leaves the second's worth in debt */
	assert_status("200");
	post_to(&paced_gateway, token, SINGLE, "", fresh_event(&player, VORONEZH));
	assert_error_at("429", "over_rate", "1");
	assert_int_equal(stored_events(), 3);
}

/* As many as fill the rest, while the first is held up by a lock on the head of its region's log. */
static void a_token_has_a_stated_number_of_requests_and_a_stuck_region_stops_no_other(void **state)
{
	(void)state;
	enum { WAITING = 32 };
	int fds[WAITING];
	post(token, SINGLE, fresh_event(&player, VORONEZH));
	player_sql(&player, "BEGIN; SELECT 1 FROM effreg.event_head WHERE region_id = '" VORONEZH "' FOR UPDATE");
	for (int i = 0; i < WAITING; i++)
		fds[i] = open_post(&gateway, token, SINGLE, "", fresh_event(&player, VORONEZH));
	do
		post(token, SINGLE, fresh_event(&player, VORONEZH));
	while (strstr(reply, "over_rate") == NULL);
	assert_error_at("429", "over_rate", "1");
	post(petersburg_token, SINGLE, event_of(&player, fresh_id(&player), PETERSBURG, "spb/portal", 0));
	assert_status("200");
	player_sql(&player, "ROLLBACK");
	for (int i = 0; i < WAITING; i++) {
		read_reply(fds[i]);
		if (strncmp(reply, "HTTP/1.1 200", 12) != 0)
			assert_error("503", "unavailable");
	}
}

static void invented_tokens_do_not_take_the_place_of_a_regions(void **state)
{
	(void)state;
	enum { INVENTED = 100 };
	int fds[INVENTED];
	post(token, SINGLE, fresh_event(&player, VORONEZH));  /* known from now on */
	for (int i = 0; i < INVENTED; i++) {
		char text[TOKEN_TEXT_SIZE];
		uint8_t random[TOKEN_RANDOM_BYTES];
		ambient_random(random, sizeof random);
		token_format(random, text);
		fds[i] = open_post(&gateway, text, SINGLE, "", fresh_event(&player, VORONEZH));
	}
	post(token, SINGLE, fresh_event(&player, VORONEZH));
	assert_status("200");
	for (int i = 0; i < INVENTED; i++) {
		read_reply(fds[i]);
		if (strncmp(reply, "HTTP/1.1 429", 12) == 0)
			assert_error_at("429", "over_rate", "1");
		else
			assert_error("401", "bad_token");
	}
	assert_int_equal(stored_events(), 2);
}

/* Every connection that the gateway takes trickles, each its byte now and then: they end, and others are served. */
static void slow_requests_end_and_others_are_served(void **state)
{
	(void)state;
	enum { SLOW = 200 };
	struct pollfd slow[SLOW];
	const char *head = arena_printf(arena, "POST /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: " SINGLE
	                                       "\r\nContent-Length: 4000\r\n\r\n", token);
	for (size_t i = 0; i < SLOW; i++) {
		slow[i] = (struct pollfd){.fd = connect_to(&gateway), .events = POLLIN};
		assert_true(slow[i].fd >= 0);
		if (i % 2 == 0)
			send_all(slow[i].fd, head, strlen(head));  /* these trickle in the body, the others in the head */
	}
	size_t open = SLOW;
	int64_t until_ms = ambient_monotonic_ms() + WAIT_MS;
	while (open > 0) {
		assert_true(ambient_monotonic_ms() < until_ms);
		for (size_t i = 0; i < SLOW; i++) {
			if (slow[i].fd >= 0 && send(slow[i].fd, "P", 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
				slow[i].events = POLLIN;
		}
		poll(slow, SLOW, 100);
		for (size_t i = 0; i < SLOW; i++) {
			char byte;
			if (slow[i].fd < 0 || slow[i].revents == 0 || recv(slow[i].fd, &byte, 1, MSG_DONTWAIT) > 0)
				continue;
			close(slow[i].fd);
			slow[i].fd = -1;
			open--;
		}
		post(token, SINGLE, fresh_event(&player, VORONEZH));
		assert_status("200");
	}
}

/* ---- What fails behind it ---- */

static void set_connections(const char *allowed)
{
	struct db *outside;
	struct fault fault = {.offset = -1};
	const char *name = player_text(&player, "SELECT pg_catalog.current_database()");
	assert_int_equal(db_connect(arena_printf(player.arena, "%s dbname=postgres", player.dsn), "test", &outside, &fault), STATUS_OK);
	assert_int_equal(db_exec(outside, arena_printf(player.arena, "ALTER DATABASE \"%s\" ALLOW_CONNECTIONS %s", name, allowed)), STATUS_OK);
	db_disconnect(&outside);
}

static void without_the_database_nothing_is_said_to_be_stored(void **state)
{
	(void)state;
	struct span event = fresh_event(&player, VORONEZH);
	post(token, SINGLE, fresh_event(&player, VORONEZH));
	assert_status("200");
	set_connections("false");
	player_text(&player, "SELECT pg_catalog.pg_terminate_backend(pid, 10000) FROM pg_catalog.pg_stat_activity"
	                     " WHERE application_name = 'effreg-intake' AND datname = pg_catalog.current_database()");
	post(token, SINGLE, event);
	assert_error("503", "unavailable");
	assert_replied("Retry-After: ");
	set_connections("true");
	do
		post(token, SINGLE, event);
	while (strncmp(reply, "HTTP/1.1 503", 12) == 0);
	assert_status("200");
	assert_int_equal(stored_events(), 2);
}

/* A request that is under way while intake dies has no receipt; the same one has, once intake is there again at the same place. */
static void a_killed_intake_is_a_503_and_the_next_one_answers(void **state)
{
	(void)state;
	struct span event = fresh_event(&player, VORONEZH);
	post_to(&tight_gateway, token, SINGLE, "", event);
	assert_status("200");
	kill(tight.pid, SIGSTOP);
	int fd = open_post(&tight_gateway, token, SINGLE, "", event);
	kill(tight.pid, SIGKILL);
	waitpid(tight.pid, NULL, 0);
	read_reply(fd);
	assert_error_at("503", "unavailable", "3");
	process_start_at(&player, &tight, tight.port, "67108864");
	do
		post_to(&tight_gateway, token, SINGLE, "", event);
	while (strncmp(reply, "HTTP/1.1 503", 12) == 0);
	assert_status("200");
	assert_int_equal(number_in(result_at(0), "duplicate"), 1);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(an_event_is_stored_and_its_repeat_is_a_duplicate),
		CASE(a_single_event_keeps_every_byte),
		CASE(a_batch_is_answered_event_by_event_and_spares_the_good_ones),
		CASE(binary_mode_and_an_empty_batch_are_taken),
		CASE(five_hundred_events_are_one_batch),
		CASE(a_connection_that_is_kept_serves_one_request_after_another),
		CASE(every_code_of_intake_comes_with_its_place_in_both_languages),
		CASE(five_hundred_refusals_each_have_their_words),
		CASE(a_used_up_quota_is_a_429_until_midnight),
		CASE(without_a_valid_token_nothing_is_taken),
		CASE(what_cannot_be_read_as_events_has_its_code),
		CASE(each_route_has_its_methods),
		CASE(a_log_tells_its_head_and_what_a_source_has_in_it),
		CASE(a_log_that_is_not_what_it_was_takes_nothing_from_its_witness),
		CASE(who_sends_too_fast_is_told_when_to_come_again),
		CASE(a_token_has_a_stated_number_of_requests_and_a_stuck_region_stops_no_other),
		CASE(invented_tokens_do_not_take_the_place_of_a_regions),
		CASE(slow_requests_end_and_others_are_served),
		CASE(without_the_database_nothing_is_said_to_be_stored),
		CASE(a_killed_intake_is_a_503_and_the_next_one_answers),
	};
	return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
