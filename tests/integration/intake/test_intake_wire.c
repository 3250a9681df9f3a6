/* The push channel against the real effreg-intake over real, authenticated sockets: keys, every answer of proto/README.md that
 * can be provoked, quarantine, credit, and a database that goes away. */
#include "tests/integration/intake/intake_player.h"

#define PORTAL "ru-vor/portal"

static struct player player;
static struct process intake, small;              /* small: a quarantine of 4096 bytes */
static struct process tight;                      /* 2048 bytes of events a day */
static struct process paced;                      /* 2 events a second */
static struct process measured;                   /* one HELLO a second, after the first 32 of a key */
static struct bus_keypair region_key, other_key, limited_key, gateway_key, bearer_key, reader_key;
static struct client client;

/* ---- Start and stop ---- */

static int set_up_all(void **state)
{
	(void)state;
	player_init(&player);
	player_add_key(&player, &region_key, "region", VORONEZH, NULL);
	player_add_key(&player, &other_key, "region", PETERSBURG, NULL);
	player_add_key(&player, &limited_key, "region", VORONEZH, "{" PORTAL ",ru-vor/second}");
	player_add_key(&player, &gateway_key, "gateway", NULL, NULL);
	player_add_key(&player, &bearer_key, "bearer", NULL, NULL);
	player_add_key(&player, &reader_key, "reader", NULL, NULL);
	process_start(&player, &intake, "67108864");
	process_start(&player, &small, "4096");
	setenv("EFFREG_REGION_BYTES_PER_DAY_MAX", "2048", 1);
	process_start(&player, &tight, "67108864");
	unsetenv("EFFREG_REGION_BYTES_PER_DAY_MAX");
	setenv("EFFREG_REGION_EVENTS_PER_S_MAX", "2", 1);
	process_start(&player, &paced, "67108864");
	unsetenv("EFFREG_REGION_EVENTS_PER_S_MAX");
	setenv("EFFREG_KEY_HELLOS_PER_S_MAX", "1", 1);
	process_start(&player, &measured, "67108864");
	unsetenv("EFFREG_KEY_HELLOS_PER_S_MAX");
	return 0;
}

static int tear_down_all(void **state)
{
	(void)state;
	process_stop(&intake);
	process_stop(&small);
	process_stop(&tight);
	process_stop(&paced);
	process_stop(&measured);
	player_clear(&player);
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	player_wipe(&player);
	client_connect(&client, &player, &intake, &region_key);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	client_close(&client);
	assert_true(process_lives(&intake));
	assert_true(process_lives(&small));
	return 0;
}

static const char *head_hex(void)
{
	return player_text(&player, "SELECT pg_catalog.encode(hash, 'hex') FROM effreg.event_head WHERE region_id = '" VORONEZH "'");
}

static void assert_head(const struct push_message *message, const char *hex)
{
	char text[SHA256_HEX_SIZE];
	sha256_hex(&message->head, text);
	assert_string_equal(text, hex);
}

/* ---- Keys ---- */

static void expect_no_session(const struct bus_keypair *keypair)
{
	struct client stranger;
	unsigned refused = 0;
	int64_t until_ms = ambient_monotonic_ms() + WAIT_MS;
	client_connect(&stranger, &player, &intake, keypair);
	while (refused == 0 && ambient_monotonic_ms() < until_ms) {
		struct bus_link link = bus_link_state(stranger.socket);
		assert_false(link.connected);
		refused = link.handshakes_refused;
		wait_a_little(&stranger);
	}
	assert_true(refused > 0);
	client_close(&stranger);
}

static void an_unknown_key_gets_no_session_and_sees_it(void **state)
{
	(void)state;
	struct bus_keypair stranger;
	client_ping(&client);  /* it is up: a refusal is a refusal */
	bus_keypair_new(&stranger);
	expect_no_session(&stranger);
}

static void a_key_of_another_role_gets_no_session(void **state)
{
	(void)state;
	client_ping(&client);
	expect_no_session(&reader_key);
}

static void a_revoked_key_gets_no_session(void **state)
{
	(void)state;
	struct bus_keypair key;
	client_ping(&client);
	player_add_key(&player, &key, "region", VORONEZH, NULL);
	player_revoke(&player, &key);
	expect_no_session(&key);
}

static void revoking_a_key_ends_its_session_with_the_next_batch(void **state)
{
	(void)state;
	struct bus_keypair key;
	struct client doomed;
	player_add_key(&player, &key, "region", VORONEZH, NULL);
	client_connect(&doomed, &player, &intake, &key);
	client_hello(&doomed, PORTAL);
	client_push_one(&doomed, 1, fresh_event(&player, VORONEZH));
	client_expect(&doomed, PUSH_ACK);
	player_revoke(&player, &key);
	client_push_one(&doomed, 2, fresh_event(&player, VORONEZH));
	client_expect_bye(&doomed, "revoked");
	client_say(&doomed, &(struct push_message){.type = PUSH_HELLO, .version = 1, .source = PORTAL}, span_of("", 0));
	client_expect_bye(&doomed, "revoked");
	assert_int_equal(player_count(&player, "SELECT pg_catalog.count(*) FROM effreg.event"), 1);
	client_close(&doomed);
}

/* Pushes a batch that waits for the head's lock while `sql` changes what the key ($1) may do, so that only a check inside the
 * transaction can see it. */
static void push_while_rights_change(struct client *sender, const struct bus_keypair *key, uint64_t batch, struct span event, const char *sql)
{
	const struct db_param params[] = {db_text(key->public_key)};
	int64_t until_ms = ambient_monotonic_ms() + WAIT_MS;
	assert_int_equal(db_begin(player.db), STATUS_OK);
	player_sql(&player, "SELECT 1 FROM effreg.event_head WHERE region_id = '" VORONEZH "' FOR UPDATE");
	client_push_one(sender, batch, event);
	while (player_count(&player, "SELECT pg_catalog.count(*) FROM pg_catalog.pg_locks WHERE NOT granted") == 0) {
		assert_true(ambient_monotonic_ms() < until_ms);
		wait_a_little(sender);
	}
	assert_int_equal(db_run(player.db, sql, params, 1, NULL), STATUS_OK);
	assert_int_equal(db_commit(player.db), STATUS_OK);
}

static void rights_are_judged_inside_the_transaction_that_stores(void **state)
{
	(void)state;
	struct bus_keypair key;
	struct client racer;
	struct span event = fresh_event(&player, VORONEZH);
	player_add_key(&player, &key, "region", VORONEZH, NULL);
	client_connect(&racer, &player, &intake, &key);
	client_hello(&racer, PORTAL);
	client_push_one(&racer, 1, fresh_event(&player, VORONEZH));
	client_expect(&racer, PUSH_ACK);
	client_await_credit(&racer, PUSH_CREDIT_BATCHES + 1);
	push_while_rights_change(&racer, &key, 2, event, "UPDATE effreg.client_key SET sources = '{x}' WHERE public_key = $1");
	assert_string_equal(client_expect(&racer, PUSH_ACK).results[0].code, "forbidden_source");
	client_await_credit(&racer, PUSH_CREDIT_BATCHES + 2);
	push_while_rights_change(&racer, &key, 3, event, "UPDATE effreg.client_key SET revoked_time = pg_catalog.now() WHERE public_key = $1");
	client_expect_bye(&racer, "revoked");
	assert_int_equal(player_count(&player, "SELECT pg_catalog.count(*) FROM effreg.event"), 1);
	client_close(&racer);
}

static void a_gateway_names_its_region(void **state)
{
	(void)state;
	struct client gateway;
	client_connect(&gateway, &player, &intake, &gateway_key);
	client_say_text(&gateway, "{\"type\":\"HELLO\",\"version\":1,\"source\":\"gw\"}", span_of("", 0));
	client_expect_bye(&gateway, "forbidden_region");
	client_say_text(&gateway, "{\"type\":\"HELLO\",\"version\":1,\"source\":\"gw\",\"region\":\"99999999\"}", span_of("", 0));
	client_expect_bye(&gateway, "forbidden_region");
	client_say_text(&gateway, "{\"type\":\"HELLO\",\"version\":1,\"source\":\"gw\",\"region\":\"" PETERSBURG "\"}", span_of("", 0));
	assert_string_equal(client_expect(&gateway, PUSH_WELCOME).region, PETERSBURG);
	client_push_one(&gateway, 1, fresh_event(&player, PETERSBURG));
	assert_int_equal(client_expect(&gateway, PUSH_ACK).results[0].outcome, PUSH_STORED);
	client_push_one(&gateway, 2, fresh_event(&player, VORONEZH));
	assert_string_equal(client_expect(&gateway, PUSH_ACK).results[0].code, "forbidden_region");
	client_close(&gateway);
}

static void hello_with_token(struct client *bearer, const char *token)
{
	client_say(bearer, &(struct push_message){.type = PUSH_HELLO, .version = 1, .source = "gw", .token = token}, span_of("", 0));
}

static void a_bearer_writes_for_the_region_of_its_token_only(void **state)
{
	(void)state;
	struct client bearer;
	char token[TOKEN_TEXT_SIZE], other[TOKEN_TEXT_SIZE], unknown[TOKEN_TEXT_SIZE];
	player_add_token(&player, token, VORONEZH, NULL);
	player_add_token(&player, other, PETERSBURG, "{spb/portal}");
	memcpy(unknown, token, sizeof unknown);
	unknown[TOKEN_TEXT_SIZE - 2] = unknown[TOKEN_TEXT_SIZE - 2] == '0' ? '1' : '0';
	client_connect(&bearer, &player, &intake, &bearer_key);
	client_say_text(&bearer, "{\"type\":\"HELLO\",\"version\":1,\"source\":\"gw\",\"region\":\"" VORONEZH "\"}", span_of("", 0));
	client_expect_bye(&bearer, "bad_token");
	hello_with_token(&bearer, unknown);
	client_expect_bye(&bearer, "bad_token");
	hello_with_token(&bearer, token);
	assert_string_equal(client_expect(&bearer, PUSH_WELCOME).region, VORONEZH);
	client_push_one(&bearer, 1, fresh_event(&player, VORONEZH));
	assert_int_equal(client_expect(&bearer, PUSH_ACK).results[0].outcome, PUSH_STORED);
	client_push_one(&bearer, 2, fresh_event(&player, PETERSBURG));
	assert_string_equal(client_expect(&bearer, PUSH_ACK).results[0].code, "forbidden_region");
	hello_with_token(&bearer, other);
	assert_string_equal(client_expect(&bearer, PUSH_WELCOME).region, PETERSBURG);
	client_push_one(&bearer, 1, fresh_event(&player, PETERSBURG));
	assert_string_equal(client_expect(&bearer, PUSH_ACK).results[0].code, "forbidden_source");
	client_close(&bearer);
}

static void a_revoked_token_ends_its_session_with_the_next_batch(void **state)
{
	(void)state;
	struct client bearer;
	char token[TOKEN_TEXT_SIZE];
	player_add_token(&player, token, VORONEZH, NULL);
	client_connect(&bearer, &player, &intake, &bearer_key);
	hello_with_token(&bearer, token);
	client_expect(&bearer, PUSH_WELCOME);
	player_revoke_token(&player, token);
	client_push_one(&bearer, 1, fresh_event(&player, VORONEZH));
	client_expect_bye(&bearer, "revoked");
	assert_int_equal(player_count(&player, "SELECT pg_catalog.count(*) FROM effreg.event"), 0);
	hello_with_token(&bearer, token);
	client_expect_bye(&bearer, "bad_token");
	client_close(&bearer);
}

/* A token is no right by itself: it adds nothing to a key that is not a bearer's. */
static void a_token_adds_nothing_to_another_role(void **state)
{
	(void)state;
	char token[TOKEN_TEXT_SIZE];
	player_add_token(&player, token, PETERSBURG, NULL);
	hello_with_token(&client, token);
	assert_string_equal(client_expect(&client, PUSH_WELCOME).region, VORONEZH);
	client_push_one(&client, 1, fresh_event(&player, PETERSBURG));
	assert_string_equal(client_expect(&client, PUSH_ACK).results[0].code, "forbidden_region");
}

static void a_region_may_name_itself_and_nobody_else(void **state)
{
	(void)state;
	client_say_text(&client, "{\"type\":\"HELLO\",\"version\":1,\"source\":\"a\",\"region\":\"" PETERSBURG "\"}", span_of("", 0));
	client_expect_bye(&client, "forbidden_region");
	client_say_text(&client, "{\"type\":\"HELLO\",\"version\":1,\"source\":\"a\",\"region\":\"" VORONEZH "\"}", span_of("", 0));
	assert_string_equal(client_expect(&client, PUSH_WELCOME).region, VORONEZH);
}

/* ---- Codes of a rejected event ---- */

struct refusal_row {
	const char *code;
	const char *pointer;
	int64_t offset;                  /* -1: none */
	struct span event;
};

#define REFUSALS_MAX 9

/* conflict_id is stored with other bytes already. */
static size_t make_refusals(const char *conflict_id, struct refusal_row rows[REFUSALS_MAX])
{
	static char large[EVENT_BYTES_MAX + 1];
	memset(large, ' ', sizeof large);
	memcpy(large, "{}", 2);
	struct arena *arena = player.arena;
	const char *good = fresh_event(&player, VORONEZH).at;
	size_t count = 0;
	rows[count++] = (struct refusal_row){"bad_utf8", "", 6, span_of_text("{\"a\":\"\xD0 \"}")};
	rows[count++] = (struct refusal_row){"bad_json", "", 5, span_of_text("{\"a\":01}")};
	rows[count++] = (struct refusal_row){"duplicate_key", "", 7, span_of_text("{\"a\":1,\"\\u0061\":2}")};
	rows[count++] = (struct refusal_row){"too_large", "", -2, span_of(large, sizeof large)};
	rows[count++] = (struct refusal_row){"unknown_type", "/type", -1, span_of_text("{\"type\":\"effreg.nothing.happened.v1\"}")};
	rows[count++] = (struct refusal_row){"schema", "/data/colour", -1,
		span_of_text(arena_printf(arena, "%.*s,\"colour\":1}}", (int)strlen(good) - 2, good))};
	rows[count++] = (struct refusal_row){"forbidden_region", "/subject", -1, event_of(&player, fresh_id(&player), PETERSBURG, PORTAL, 0)};
	rows[count++] = (struct refusal_row){"forbidden_source", "/source", -1, event_of(&player, fresh_id(&player), VORONEZH, "ru-vor/third", 0)};
	rows[count++] = (struct refusal_row){"conflict", "/id", -1, event_of(&player, conflict_id, VORONEZH, "ru-vor/second", 0)};
	return count;
}

static void assert_refused(const struct refusal_row *row, const struct push_result *result)
{
	assert_int_equal(result->outcome, PUSH_REJECTED);
	assert_string_equal(result->code, row->code);
	assert_string_equal(result->pointer, row->pointer);
	if (row->offset != -2)
		assert_int_equal(result->offset, row->offset);
	assert_non_null(result->text);
	assert_true(strlen(result->text) > 10);
}

static void assert_in_quarantine(const struct refusal_row *row, int64_t count)
{
	static const char SQL[] =
		"SELECT code, pointer, count, digest = pg_catalog.sha256(body), stored_digest IS NOT NULL FROM effreg.quarantine"
		" WHERE region_id = '" VORONEZH "' AND body = $1::bytea";
	const struct db_param params[] = {db_bytes(row->event.at, row->event.len)};
	struct db_rows *rows;
	assert_int_equal(db_query(player.db, SQL, params, 1, &rows), STATUS_OK);
	assert_int_equal(db_rows_count(rows), 1);
	assert_string_equal(db_get_text(rows, 0, 0), row->code);
	assert_string_equal(db_get_text(rows, 0, 1), row->pointer);
	assert_int_equal(db_get_integer(rows, 0, 2), count);
	assert_true(db_get_bool(rows, 0, 3));
	assert_int_equal(db_get_bool(rows, 0, 4), text_equal(row->code, "conflict"));
	db_rows_destroy(&rows);
}

/* Good and bad events in turn. */
static void push_mixed(struct client *sender, uint64_t batch, const struct refusal_row *rows, size_t count, const struct span *good)
{
	struct body body = {0};
	for (size_t i = 0; i < count; i++) {
		body_add(&body, good[i]);
		body_add(&body, rows[i].event);
	}
	client_push(sender, batch, &body);
	body_clear(&body);
}

static void every_code_spares_the_rest_of_the_batch_and_leaves_a_row(void **state)
{
	(void)state;
	struct refusal_row rows[REFUSALS_MAX];
	struct span good[REFUSALS_MAX];
	struct client limited;
	const char *taken_id = fresh_id(&player);
	client_connect(&limited, &player, &intake, &limited_key);
	client_hello(&limited, PORTAL);
	client_push_one(&limited, 1, event_of(&player, taken_id, VORONEZH, PORTAL, 0));
	assert_int_equal(client_expect(&limited, PUSH_ACK).results[0].seq, 1);
	size_t count = make_refusals(taken_id, rows);
	assert_int_equal(count, REFUSALS_MAX);
	for (size_t i = 0; i < count; i++)
		good[i] = fresh_event(&player, VORONEZH);
	push_mixed(&limited, 2, rows, count, good);
	struct push_message ack = client_expect(&limited, PUSH_ACK);
	assert_int_equal(ack.batch, 2);
	assert_int_equal(ack.count, 2 * count);
	assert_int_equal(ack.last_seq, 1 + count);
	assert_head(&ack, head_hex());
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(ack.results[2 * i].outcome, PUSH_STORED);
		assert_int_equal(ack.results[2 * i].seq, 2 + i);
		assert_refused(&rows[i], &ack.results[2 * i + 1]);
		assert_in_quarantine(&rows[i], 1);
	}
	push_mixed(&limited, 3, rows, count, good);
	ack = client_expect(&limited, PUSH_ACK);
	assert_int_equal(ack.last_seq, 1 + count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(ack.results[2 * i].outcome, PUSH_DUPLICATE);
		assert_int_equal(ack.results[2 * i].seq, 2 + i);
		assert_in_quarantine(&rows[i], 2);
	}
	assert_int_equal(player_count(&player, "SELECT pg_catalog.count(*) FROM effreg.quarantine"), (int64_t)count);
	client_close(&limited);
}

static void the_same_bytes_twice_in_a_batch_are_one_row_counted_twice(void **state)
{
	(void)state;
	const struct refusal_row row = {"bad_json", "", 0, span_of_text("not json")};
	struct body body = {0};
	client_hello(&client, PORTAL);
	body_add(&body, row.event);
	body_add(&body, row.event);
	client_push(&client, 1, &body);
	body_clear(&body);
	assert_int_equal(client_expect(&client, PUSH_ACK).count, 2);
	assert_in_quarantine(&row, 2);
	assert_int_equal(player_count(&player, "SELECT body_bytes FROM effreg.quarantine_use WHERE region_id = '" VORONEZH "'"), 8);
}

static void a_refused_id_stays_free(void **state)
{
	(void)state;
	const char *id = fresh_id(&player);
	struct span good = event_of(&player, id, VORONEZH, PORTAL, 0);
	const char *broken = arena_printf(player.arena, "%.*s,\"x\":1}", (int)good.len - 1, good.at);
	client_hello(&client, PORTAL);
	client_push_one(&client, 1, span_of_text(broken));
	assert_string_equal(client_expect(&client, PUSH_ACK).results[0].code, "schema");
	assert_string_equal(player_text(&player, "SELECT event_id FROM effreg.quarantine"), id);
	client_push_one(&client, 2, good);
	assert_int_equal(client_expect(&client, PUSH_ACK).results[0].outcome, PUSH_STORED);
}

static void narrowed_rights_hold_for_the_next_batch(void **state)
{
	(void)state;
	struct bus_keypair key;
	struct client narrowed;
	player_add_key(&player, &key, "region", VORONEZH, NULL);
	client_connect(&narrowed, &player, &intake, &key);
	client_hello(&narrowed, PORTAL);
	client_push_one(&narrowed, 1, fresh_event(&player, VORONEZH));
	assert_int_equal(client_expect(&narrowed, PUSH_ACK).results[0].outcome, PUSH_STORED);
	const struct db_param params[] = {db_text(key.public_key)};
	assert_int_equal(db_run(player.db, "UPDATE effreg.client_key SET sources = '{x}' WHERE public_key = $1", params, 1, NULL), STATUS_OK);
	client_push_one(&narrowed, 2, fresh_event(&player, VORONEZH));
	assert_string_equal(client_expect(&narrowed, PUSH_ACK).results[0].code, "forbidden_source");
	client_close(&narrowed);
}

static void five_hundred_refusals_are_answered_and_kept(void **state)
{
	(void)state;
	struct body body = {0};
	client_hello(&client, PORTAL);
	for (unsigned i = 0; i < PUSH_EVENTS_MAX; i++)
		body_add(&body, span_of_text(arena_printf(player.arena, "{\"n%u\":\"%0400d\"", i, 0)));
	client_push(&client, 1, &body);
	body_clear(&body);
	struct push_message ack = client_expect(&client, PUSH_ACK);
	assert_int_equal(ack.count, PUSH_EVENTS_MAX);
	assert_true(bus_message_frame(client.message, 0).len <= PUSH_ANSWER_BYTES_MAX);
	for (size_t i = 0; i < ack.count; i++)
		assert_string_equal(ack.results[i].code, "bad_json");
	assert_int_equal(player_count(&player, "SELECT pg_catalog.count(*) FROM effreg.quarantine"), PUSH_EVENTS_MAX);
	assert_int_equal(player_count(&player, "SELECT u.body_bytes - (SELECT pg_catalog.sum(pg_catalog.octet_length(body)) FROM effreg.quarantine)"
	                                       " FROM effreg.quarantine_use u"), 0);
}

/* An example of proto/examples/valid, an event of Voronezh. */
static struct span example(const char *name)
{
	struct fault fault = {.offset = -1};
	struct span text;
	const char *path = arena_printf(player.arena, EFFREG_SOURCE_DIR "/proto/examples/valid/%s.json", name);
	assert_int_equal(ambient_read_file(player.arena, path, EVENT_BYTES_MAX, &text, &fault), STATUS_OK);
	return text;
}

static void the_coordinators_types_are_for_the_coordinators_key_and_for_no_other(void **state)
{
	(void)state;
	struct bus_keypair coordinator_key;
	struct client coordinator;
	struct push_message hello = {.type = PUSH_HELLO, .version = PUSH_VERSION, .source = "coordinator/office", .region = VORONEZH};
	struct span verification = example("verification.recorded.v1.refused");
	player_add_key(&player, &coordinator_key, "coordinator", NULL, NULL);
	client_hello(&client, PORTAL);
	client_push_one(&client, 1, verification);
	struct push_message ack = client_expect(&client, PUSH_ACK);
	assert_string_equal(ack.results[0].code, "forbidden_type");
	assert_string_equal(ack.results[0].pointer, "/type");
	client_connect(&coordinator, &player, &intake, &coordinator_key);
	client_say(&coordinator, &hello, span_of("", 0));
	client_expect(&coordinator, PUSH_WELCOME);
	client_push_one(&coordinator, 1, verification);
	assert_int_equal(client_expect(&coordinator, PUSH_ACK).results[0].outcome, PUSH_STORED);
	client_await_credit(&coordinator, 1);
	client_push_one(&coordinator, 2, fresh_event(&player, VORONEZH));
	assert_string_equal(client_expect(&coordinator, PUSH_ACK).results[0].code, "forbidden_type");
	client_close(&coordinator);
}

static void a_withdrawal_of_itself_is_refused(void **state)
{
	(void)state;
	static const char EVENT[] =
		"{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"" PORTAL "\",\"type\":\"effreg.event.withdrawn.v1\","
		"\"subject\":\"" VORONEZH "\",\"time\":\"2024-03-14T08:30:00Z\",\"datacontenttype\":\"application/json\","
		"\"supersedes\":\"%s\",\"data\":{\"target\":\"%s\","
		"\"type\":\"effreg.project.opened.v1\",\"reason\":{\"ru\":\"Ошибка\"}}}";
	client_hello(&client, PORTAL);
	const char *id = fresh_id(&player);
	client_push_one(&client, 1, span_of_text(arena_printf(player.arena, EVENT, id, id, id)));
	struct push_message ack = client_expect(&client, PUSH_ACK);
	assert_int_equal(ack.results[0].outcome, PUSH_REJECTED);
	assert_string_equal(ack.results[0].code, "not_a_correction_target");
}

static void a_region_over_its_quota_is_told_and_nothing_else_is_touched(void **state)
{
	(void)state;
	struct client sender;
	struct body body = {0};
	struct span first = fresh_event(&player, VORONEZH);
	client_connect(&sender, &player, &tight, &region_key);
	client_hello(&sender, PORTAL);
	client_push_one(&sender, 1, first);
	assert_int_equal(client_expect(&sender, PUSH_ACK).results[0].outcome, PUSH_STORED);
	body_add(&body, first);
	for (size_t bytes = 0; bytes < 4096; bytes += first.len)
		body_add(&body, fresh_event(&player, VORONEZH));
	client_await_credit(&sender, 1);
	client_push(&sender, 2, &body);
	struct push_message ack = client_expect(&sender, PUSH_ACK);
	assert_int_equal(ack.results[0].outcome, PUSH_DUPLICATE);  /* what is there already costs nothing */
	assert_int_equal(ack.results[1].outcome, PUSH_STORED);
	assert_string_equal(ack.results[ack.count - 1].code, "over_quota");
	assert_true(player_count(&player, "SELECT day_bytes FROM effreg.event_head WHERE region_id = '" VORONEZH "'") <= 2048);
	assert_int_equal(player_count(&player, "SELECT pg_catalog.sum(pg_catalog.octet_length(body::text)) FROM effreg.event"),
	                 player_count(&player, "SELECT day_bytes FROM effreg.event_head WHERE region_id = '" VORONEZH "'"));
	assert_int_equal(player_count(&player, "SELECT pg_catalog.count(*) FROM effreg.quarantine"), 0);
	body_clear(&body);
	client_close(&sender);
}

static void a_full_quarantine_counts_what_it_cannot_keep(void **state)
{
	(void)state;
	struct client flooder;
	const struct refusal_row kept = {"bad_json", "", -1, span_of_text("[1, 2")};
	client_connect(&flooder, &player, &small, &region_key);
	client_hello(&flooder, PORTAL);
	client_push_one(&flooder, 1, kept.event);
	client_expect(&flooder, PUSH_ACK);
	for (uint64_t batch = 2; batch <= 4; batch++) {
		struct body body = {0};
		body_add(&body, span_of_text(arena_printf(player.arena, "%0*d", 3000 + (int)batch, 0)));
		body_add(&body, fresh_event(&player, VORONEZH));
		client_push(&flooder, batch, &body);
		body_clear(&body);
		struct push_message ack = client_expect(&flooder, PUSH_ACK);
		assert_string_equal(ack.results[0].code, "bad_json");
		assert_int_equal(ack.results[1].outcome, PUSH_STORED);
	}
	assert_int_equal(player_count(&player, "SELECT pg_catalog.count(*) FROM effreg.quarantine"), 2);
	assert_int_equal(player_count(&player, "SELECT body_bytes FROM effreg.quarantine_use"), 5 + 3002);
	assert_int_equal(player_count(&player, "SELECT lost_count FROM effreg.quarantine_use WHERE lost_time IS NOT NULL"), 2);
	client_await_credit(&flooder, 5);
	client_push_one(&flooder, 5, kept.event);  /* known bytes are counted however full it is */
	client_expect(&flooder, PUSH_ACK);
	assert_int_equal(player_count(&player, "SELECT count FROM effreg.quarantine WHERE body = '[1, 2'"), 2);
	client_close(&flooder);
}

/* ---- WELCOME ---- */

static void welcome_tells_where_the_log_and_the_source_stand(void **state)
{
	(void)state;
	struct body body = {0};
	struct push_message welcome = client_hello(&client, PORTAL);
	assert_int_equal(welcome.version, 1);
	assert_string_equal(welcome.region, VORONEZH);
	assert_int_equal(welcome.last_seq, 0);
	assert_int_equal(welcome.source_sequence, 0);
	assert_int_equal(welcome.credit_batches, PUSH_CREDIT_BATCHES);
	assert_int_equal(welcome.credit_bytes, PUSH_CREDIT_BYTES);
	static const unsigned SEQUENCES[] = {2, 1, 3, 5};  /* 4 never came */
	for (size_t i = 0; i < ARRAY_COUNT(SEQUENCES); i++)
		body_add(&body, event_of(&player, fresh_id(&player), VORONEZH, PORTAL, SEQUENCES[i]));
	client_push(&client, 1, &body);
	body_clear(&body);
	client_expect(&client, PUSH_ACK);
	welcome = client_hello(&client, PORTAL);
	assert_int_equal(welcome.source_sequence, 3);
	assert_int_equal(welcome.last_seq, 4);
	assert_head(&welcome, head_hex());
	assert_int_equal(client_hello(&client, "ru-vor/other").source_sequence, 0);
}

static void a_witness_is_ok_unknown_or_a_mismatch(void **state)
{
	(void)state;
	client_hello(&client, PORTAL);
	client_push_one(&client, 1, fresh_event(&player, VORONEZH));
	struct push_message ack = client_expect(&client, PUSH_ACK);
	struct push_message hello = {.type = PUSH_HELLO, .version = 1, .source = PORTAL};
	const struct sha256 head = ack.head;
	client_say(&client, &hello, span_of("", 0));
	assert_int_equal(client_expect(&client, PUSH_WELCOME).witness, PUSH_WITNESS_UNKNOWN);
	hello.has_witness = true;
	hello.last_seq = 1;
	hello.head = head;
	client_say(&client, &hello, span_of("", 0));
	assert_int_equal(client_expect(&client, PUSH_WELCOME).witness, PUSH_WITNESS_OK);
	hello.head.bytes[31] ^= 1;
	client_say(&client, &hello, span_of("", 0));
	assert_int_equal(client_expect(&client, PUSH_WELCOME).witness, PUSH_WITNESS_MISMATCH);
	hello.last_seq = 2;
	client_say(&client, &hello, span_of("", 0));
	assert_int_equal(client_expect(&client, PUSH_WELCOME).witness, PUSH_WITNESS_UNKNOWN);
}

/* ---- What breaks the protocol ---- */

static void any_number_of_frames_but_two_is_bad_frames(void **state)
{
	(void)state;
	static const size_t COUNTS[] = {1, 3, 5, 8, 12};
	struct span frames[12];
	for (size_t i = 0; i < ARRAY_COUNT(frames); i++)
		frames[i] = span_of_text("{\"type\":\"PING\"}");
	for (size_t i = 0; i < ARRAY_COUNT(COUNTS); i++) {
		client_hello(&client, PORTAL);
		client_send(&client, frames, COUNTS[i]);
		client_expect_bye(&client, "bad_frames");
		client_push_one(&client, 1, fresh_event(&player, VORONEZH));
	}
	client_ping(&client);  /* the pushes without a session got no answer: the BYE said it */
	assert_int_equal(player_count(&player, "SELECT pg_catalog.count(*) FROM effreg.event"), 0);
}

static void a_body_that_is_not_what_the_sizes_say_is_bad_frames(void **state)
{
	(void)state;
	static char large[PUSH_BODY_BYTES_MAX + 1];
	client_hello(&client, PORTAL);
	client_say_text(&client, "{\"type\":\"PUSH\",\"batch\":1,\"sizes\":[3]}", span_of_text("{}"));
	client_expect_bye(&client, "bad_frames");
	client_hello(&client, PORTAL);
	client_say_text(&client, "{\"type\":\"PUSH\",\"batch\":1,\"sizes\":[1]}", span_of_text("{}"));
	client_expect_bye(&client, "bad_frames");
	client_hello(&client, PORTAL);
	client_say_text(&client, "{\"type\":\"PUSH\",\"batch\":1,\"sizes\":[262144,1]}", span_of(large, sizeof large));
	client_expect_bye(&client, "bad_frames");
	assert_int_equal(player_count(&player, "SELECT pg_catalog.count(*) FROM effreg.quarantine"), 0);
}

static void a_header_that_is_no_message_is_bad_header(void **state)
{
	(void)state;
	static const char *const HEADERS[] = {
		"", "x", "{}", "{\"type\":\"NOTHING\"}", "{\"type\":\"WELCOME\"}", "{\"type\":\"PONG\"}",
		"{\"type\":\"PUSH\",\"batch\":0,\"sizes\":[1]}", "{\"type\":\"HELLO\",\"version\":\"1\",\"source\":\"a\"}"};
	static char large[PUSH_REQUEST_BYTES_MAX + 2];
	memset(large, ' ', sizeof large - 1);
	memcpy(large, "{\"type\":\"PING\"}", 15);
	for (size_t i = 0; i < ARRAY_COUNT(HEADERS); i++) {
		client_hello(&client, PORTAL);
		client_say_text(&client, HEADERS[i], span_of("", 0));
		client_expect_bye(&client, "bad_header");
	}
	client_hello(&client, PORTAL);
	client_say_text(&client, large, span_of("", 0));
	client_expect_bye(&client, "bad_header");
	large[PUSH_REQUEST_BYTES_MAX] = '\0';
	client_say_text(&client, large, span_of("", 0));
	client_expect(&client, PUSH_PONG);
}

static void batches_out_of_order_are_bad_batch(void **state)
{
	(void)state;
	static const uint64_t FIRST[] = {2, 4, 5, UINT64_C(9007199254740991)};
	for (size_t i = 0; i < ARRAY_COUNT(FIRST); i++) {
		client_hello(&client, PORTAL);
		client_push_one(&client, FIRST[i], fresh_event(&player, VORONEZH));
		client_expect_bye(&client, "bad_batch");
	}
	client_hello(&client, PORTAL);
	client_push_one(&client, 1, fresh_event(&player, VORONEZH));
	client_expect(&client, PUSH_ACK);
	client_push_one(&client, 1, fresh_event(&player, VORONEZH));
	client_expect_bye(&client, "bad_batch");
	assert_int_equal(player_count(&player, "SELECT pg_catalog.count(*) FROM effreg.event"), 1);
}

static void a_push_without_a_session_is_no_session(void **state)
{
	(void)state;
	client_push_one(&client, 1, fresh_event(&player, VORONEZH));
	client_expect_bye(&client, "no_session");
	client_hello(&client, PORTAL);
	client_say(&client, &(struct push_message){.type = PUSH_BYE}, span_of("", 0));
	client_push_one(&client, 1, fresh_event(&player, VORONEZH));
	client_expect_bye(&client, "no_session");
}

/* Whatever comes after a BYE, but for HELLO and PING: to answer a flood would be to join in it. */
static void who_was_told_that_it_has_no_session_is_not_told_again(void **state)
{
	(void)state;
	client_push_one(&client, 1, fresh_event(&player, VORONEZH));
	client_expect_bye(&client, "no_session");
	for (uint64_t batch = 1; batch <= 3; batch++)
		client_push_one(&client, batch, fresh_event(&player, VORONEZH));
	client_say_text(&client, "{}", span_of("", 0));
	client_say(&client, &(struct push_message){.type = PUSH_BYE}, span_of("", 0));
	client_push_one(&client, 1, fresh_event(&player, VORONEZH));
	client_ping(&client);
	client_say(&client, &(struct push_message){.type = PUSH_HELLO, .version = 2, .source = PORTAL}, span_of("", 0));
	client_expect_bye(&client, "bad_version");
	client_push_one(&client, 1, fresh_event(&player, VORONEZH));
	client_hello(&client, PORTAL);
	client_push_one(&client, 1, fresh_event(&player, VORONEZH));
	client_expect(&client, PUSH_ACK);
	assert_int_equal(player_count(&player, "SELECT pg_catalog.count(*) FROM effreg.event"), 1);
}

static void another_version_is_bad_version(void **state)
{
	(void)state;
	client_say(&client, &(struct push_message){.type = PUSH_HELLO, .version = 2, .source = PORTAL}, span_of("", 0));
	client_expect_bye(&client, "bad_version");
	client_say(&client, &(struct push_message){.type = PUSH_HELLO, .version = 0, .source = PORTAL}, span_of("", 0));
	client_expect_bye(&client, "bad_version");
}

static void ping_is_answered_with_and_without_a_session(void **state)
{
	(void)state;
	client_ping(&client);
	client_hello(&client, PORTAL);
	client_ping(&client);
	client_push_one(&client, 1, fresh_event(&player, VORONEZH));
	client_expect(&client, PUSH_ACK);
}

/* ---- Credit ---- */

static void credit_comes_back_for_what_was_acknowledged(void **state)
{
	(void)state;
	uint64_t bytes = 0;
	client_hello(&client, PORTAL);
	for (uint64_t batch = 1; batch <= PUSH_CREDIT_BATCHES; batch++) {
		struct span event = fresh_event(&player, VORONEZH);
		client_push_one(&client, batch, event);
		bytes += event.len;
	}
	for (uint64_t batch = 1; batch <= PUSH_CREDIT_BATCHES; batch++)
		assert_int_equal(client_expect(&client, PUSH_ACK).batch, batch);
	while (client.credit_batches < 2 * PUSH_CREDIT_BATCHES)
		client_expect_credit(&client);
	assert_int_equal(client.credit_batches, 2 * PUSH_CREDIT_BATCHES);
	assert_int_equal(client.credit_bytes, PUSH_CREDIT_BYTES + bytes);
}

/* A flood: every batch is sent at once. What came within the credit is stored, the first beyond it ends the session. */
static void sending_beyond_the_credit_is_over_credit(void **state)
{
	(void)state;
	uint64_t acknowledged = 0;
	struct push_message message;
	client_hello(&client, PORTAL);
	for (uint64_t batch = 1; batch <= 60 * PUSH_CREDIT_BATCHES; batch++)
		client_push_one(&client, batch, fresh_event(&player, VORONEZH));
	while ((message = client_hear(&client)).type == PUSH_ACK)
		assert_int_equal(message.batch, ++acknowledged);
	assert_int_equal(message.type, PUSH_BYE);
	assert_string_equal(message.code, "over_credit");
	assert_true(acknowledged >= PUSH_CREDIT_BATCHES);
	assert_int_equal(player_count(&player, "SELECT pg_catalog.count(*) FROM effreg.event"), (int64_t)acknowledged);
	client_hello(&client, PORTAL);  /* what came after that batch got no answer */
}

static void say_hellos(struct client *sender, const char *token, size_t count)
{
	for (size_t i = 0; i < count; i++)
		client_say(sender, &(struct push_message){.type = PUSH_HELLO, .version = 1, .source = PORTAL, .token = token}, span_of("", 0));
}

/* `measured` lets a key say one HELLO a second after the first 32. */
static void a_key_that_says_hello_too_often_waits_and_nobody_else_does(void **state)
{
	(void)state;
	struct client hasty, late, other;
	client_connect(&hasty, &player, &measured, &region_key);
	client_connect(&late, &player, &measured, &region_key);
	client_connect(&other, &player, &measured, &other_key);
	int64_t began_ms = ambient_monotonic_ms();
	say_hellos(&hasty, NULL, PUSH_KEY_HELLOS + 3);
	for (size_t i = 0; i < PUSH_KEY_HELLOS; i++)
		client_expect(&hasty, PUSH_WELCOME);
	say_hellos(&late, NULL, 1);
	client_hello(&other, PORTAL);
	client_expect(&late, PUSH_WELCOME);  /* in turn with those of the same key that wait longer */
	for (size_t i = 0; i < 3; i++)
		client_expect(&hasty, PUSH_WELCOME);
	assert_true(ambient_monotonic_ms() - began_ms >= 3500);  /* four of them waited, a second each */
	client_push_one(&hasty, 1, fresh_event(&player, VORONEZH));
	client_expect(&hasty, PUSH_ACK);
	client_close(&hasty);
	client_close(&late);
	client_close(&other);
}

/* A client that repeats its HELLO, for the answer is slow, hears two WELCOMEs, and sends behind the first. */
static void what_is_sent_behind_a_hello_said_again_is_stored(void **state)
{
	(void)state;
	struct bus_keypair key;
	struct client slow;
	player_add_key(&player, &key, "region", VORONEZH, NULL);
	client_connect(&slow, &player, &measured, &key);
	say_hellos(&slow, NULL, PUSH_KEY_HELLOS);
	for (size_t i = 0; i < PUSH_KEY_HELLOS; i++)
		client_expect(&slow, PUSH_WELCOME);
	say_hellos(&slow, NULL, 1);
	for (uint64_t batch = 1; batch <= PUSH_CREDIT_BATCHES; batch++)
		client_push_one(&slow, batch, fresh_event(&player, VORONEZH));
	client_expect(&slow, PUSH_WELCOME);
	for (uint64_t batch = 1; batch <= PUSH_CREDIT_BATCHES; batch++)
		assert_int_equal(client_expect(&slow, PUSH_ACK).batch, batch);
	client_close(&slow);
}

/* It says one for each request: if it waited as others do, this would take a minute, which no client waits. */
static void the_centres_own_gateway_says_hello_as_often_as_it_needs(void **state)
{
	(void)state;
	struct client gateway;
	char token[TOKEN_TEXT_SIZE];
	int64_t until_ms = ambient_monotonic_ms() + WAIT_MS;
	player_add_token(&player, token, VORONEZH, NULL);
	client_connect(&gateway, &player, &measured, &bearer_key);
	say_hellos(&gateway, token, 1);
	client_expect(&gateway, PUSH_WELCOME);
	say_hellos(&gateway, token, PUSH_KEY_HELLOS + 60);
	for (size_t i = 0; i < PUSH_KEY_HELLOS + 60; i++)
		client_expect(&gateway, PUSH_WELCOME);
	assert_true(ambient_monotonic_ms() < until_ms);
	client_close(&gateway);
}

static void push_two(struct client *sender, uint64_t batch)
{
	struct body body = {0};
	body_add(&body, fresh_event(&player, VORONEZH));
	body_add(&body, fresh_event(&player, VORONEZH));
	client_push(sender, batch, &body);
	body_clear(&body);
}

static void a_region_over_its_rate_is_told_when_to_come_again(void **state)
{
	(void)state;
	struct client hasty;
	client_connect(&hasty, &player, &paced, &region_key);
	client_hello(&hasty, PORTAL);
	push_two(&hasty, 1);
	push_two(&hasty, 2);
	assert_int_equal(client_expect(&hasty, PUSH_ACK).batch, 1);
	struct push_message nack = client_expect(&hasty, PUSH_NACK);
	assert_int_equal(nack.batch, 2);
	assert_string_equal(nack.code, "over_rate");
	assert_in_range(nack.retry_ms, 1, 1000);
	client_expect_credit(&hasty);
	push_two(&hasty, 2);
	assert_int_equal(client_expect(&hasty, PUSH_ACK).batch, 2);
	assert_int_equal(player_count(&player, "SELECT pg_catalog.count(*) FROM effreg.event"), 4);
	client_close(&hasty);
}

/* Nothing is wrong with the batch, and nothing will change by sending it again at once: a table's right was forgotten. */
static void a_mistake_of_ours_that_lasts_is_tried_ever_more_rarely(void **state)
{
	(void)state;
	struct span event = fresh_event(&player, VORONEZH);
	uint64_t last_ms = 0;
	client_hello(&client, PORTAL);
	player_sql(&player, "REVOKE INSERT ON effreg.event FROM effreg_intake");
	for (int attempt = 0; attempt < 3; attempt++) {
		client_push_one(&client, 1, event);
		struct push_message nack = client_expect(&client, PUSH_NACK);
		assert_true(nack.retry_ms > last_ms);
		last_ms = nack.retry_ms;
		client_ping(&client);
		client_expect_credit(&client);
	}
	player_sql(&player, "GRANT INSERT ON effreg.event TO effreg_intake");
	client_push_one(&client, 1, event);
	assert_int_equal(client_expect(&client, PUSH_ACK).results[0].seq, 1);
}

#define SIDE_BY_SIDE 6

static void the_sessions_of_a_region_share_its_credit(void **state)
{
	(void)state;
	static const uint64_t SHARES[SIDE_BY_SIDE] = {4, 4, 4, 4, 3, 2};
	struct client many[SIDE_BY_SIDE];
	struct bus_keypair key;
	player_add_key(&player, &key, "region", "45000000", NULL);
	for (size_t i = 0; i < SIDE_BY_SIDE; i++) {
		client_connect(&many[i], &player, &intake, &key);
		assert_int_equal(client_hello(&many[i], PORTAL).credit_batches, SHARES[i]);
	}
	/* Who is gone without a word has no share any more. */
	for (size_t i = 1; i < SIDE_BY_SIDE; i++)
		client_close(&many[i]);
	int64_t until_ms = ambient_monotonic_ms() + WAIT_MS;
	while (client_hello(&many[0], PORTAL).credit_batches < PUSH_CREDIT_BATCHES)
		assert_true(ambient_monotonic_ms() < until_ms);
	client_close(&many[0]);
}

/* ---- Two intakes on one database ---- */

static void two_intakes_write_one_log(void **state)
{
	(void)state;
	struct client second;
	struct span both = fresh_event(&player, VORONEZH);
	client_connect(&second, &player, &small, &region_key);
	client_hello(&client, PORTAL);
	client_hello(&second, PORTAL);
	for (uint64_t batch = 1; batch <= 20; batch++) {
		client_await_credit(&client, batch);
		client_await_credit(&second, batch);
		client_push_one(&client, batch, batch == 10 ? both : fresh_event(&player, VORONEZH));
		client_push_one(&second, batch, batch == 10 ? both : fresh_event(&player, VORONEZH));
		uint64_t a = client_expect(&client, PUSH_ACK).results[0].seq;
		uint64_t b = client_expect(&second, PUSH_ACK).results[0].seq;
		assert_int_equal(a == b, batch == 10);
	}
	assert_int_equal(player_count(&player, "SELECT pg_catalog.count(*) FROM effreg.event"), 39);
	assert_int_equal(player_count(&player, "SELECT pg_catalog.max(seq) FROM effreg.event"), 39);
	assert_int_equal(player_count(&player, "SELECT last_seq FROM effreg.event_head"), 39);
	client_close(&second);
}

static void a_key_revoked_is_refused_by_every_intake(void **state)
{
	(void)state;
	struct bus_keypair key;
	struct client ends[2];
	player_add_key(&player, &key, "region", VORONEZH, NULL);
	for (size_t i = 0; i < 2; i++) {
		client_connect(&ends[i], &player, i == 0 ? &intake : &small, &key);
		client_hello(&ends[i], PORTAL);
	}
	player_revoke(&player, &key);
	for (size_t i = 0; i < 2; i++) {
		client_push_one(&ends[i], 1, fresh_event(&player, VORONEZH));
		client_expect_bye(&ends[i], "revoked");
		client_close(&ends[i]);
	}
}

/* ---- The database goes away ---- */

/* Another database of the same server: a database cannot be closed from within. */
static void set_connections(const char *allowed)
{
	struct db *outside;
	struct fault fault = {.offset = -1};
	const char *name = player_text(&player, "SELECT pg_catalog.current_database()");
	assert_int_equal(db_connect(arena_printf(player.arena, "%s dbname=postgres", player.dsn), "test", &outside, &fault), STATUS_OK);
	assert_int_equal(db_exec(outside, arena_printf(player.arena, "ALTER DATABASE \"%s\" ALLOW_CONNECTIONS %s", name, allowed)), STATUS_OK);
	db_disconnect(&outside);
}

static void end_backends(void)
{
	player_text(&player, "SELECT pg_catalog.pg_terminate_backend(pid, 10000) FROM pg_catalog.pg_stat_activity"
	                     " WHERE application_name = 'effreg-intake' AND datname = pg_catalog.current_database()");
}

/* Every connection of the intake died since its last append: each is made anew, and nobody is sent back for it. */
static void connections_that_died_unnoticed_cost_nobody_anything(void **state)
{
	(void)state;
	client_hello(&client, PORTAL);
	end_backends();
	for (uint64_t batch = 1; batch <= 8; batch++) {
		client_await_credit(&client, batch);
		client_push_one(&client, batch, fresh_event(&player, VORONEZH));
		assert_int_equal(client_expect(&client, PUSH_ACK).results[0].seq, batch);
	}
}

static void while_the_database_is_gone_pings_are_answered_and_nothing_else(void **state)
{
	(void)state;
	struct span events[3];
	struct client late;
	client_connect(&late, &player, &intake, &region_key);
	client_ping(&late);
	client_hello(&client, PORTAL);
	for (size_t i = 0; i < 3; i++)
		events[i] = fresh_event(&player, VORONEZH);
	set_connections("false");
	end_backends();
	for (uint64_t batch = 1; batch <= 3; batch++)
		client_push_one(&client, batch, events[batch - 1]);
	assert_int_equal(client_expect(&client, PUSH_NACK).batch, 1);
	client_ping(&client);
	client_ping(&client);
	assert_int_equal(client.credit_batches, 0);
	client_say(&late, &(struct push_message){.type = PUSH_HELLO, .version = 1, .source = PORTAL}, span_of("", 0));
	client_expect_bye(&late, "retry");
	set_connections("true");
	assert_int_equal(client_expect_credit(&client).credit_batches, PUSH_CREDIT_BATCHES);
	for (uint64_t batch = 1; batch <= 3; batch++)
		client_push_one(&client, batch, events[batch - 1]);
	for (uint64_t batch = 1; batch <= 3; batch++)
		assert_int_equal(client_expect(&client, PUSH_ACK).results[0].seq, batch);
	client_hello(&late, PORTAL);
	client_close(&late);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(an_unknown_key_gets_no_session_and_sees_it),
		CASE(a_key_of_another_role_gets_no_session),
		CASE(a_revoked_key_gets_no_session),
		CASE(revoking_a_key_ends_its_session_with_the_next_batch),
		CASE(rights_are_judged_inside_the_transaction_that_stores),
		CASE(a_gateway_names_its_region),
		CASE(a_bearer_writes_for_the_region_of_its_token_only),
		CASE(a_revoked_token_ends_its_session_with_the_next_batch),
		CASE(a_token_adds_nothing_to_another_role),
		CASE(a_region_may_name_itself_and_nobody_else),
		CASE(every_code_spares_the_rest_of_the_batch_and_leaves_a_row),
		CASE(the_same_bytes_twice_in_a_batch_are_one_row_counted_twice),
		CASE(a_refused_id_stays_free),
		CASE(narrowed_rights_hold_for_the_next_batch),
		CASE(five_hundred_refusals_are_answered_and_kept),
		CASE(the_coordinators_types_are_for_the_coordinators_key_and_for_no_other),
		CASE(a_withdrawal_of_itself_is_refused),
		CASE(a_region_over_its_quota_is_told_and_nothing_else_is_touched),
		CASE(a_full_quarantine_counts_what_it_cannot_keep),
		CASE(welcome_tells_where_the_log_and_the_source_stand),
		CASE(a_witness_is_ok_unknown_or_a_mismatch),
		CASE(any_number_of_frames_but_two_is_bad_frames),
		CASE(a_body_that_is_not_what_the_sizes_say_is_bad_frames),
		CASE(a_header_that_is_no_message_is_bad_header),
		CASE(batches_out_of_order_are_bad_batch),
		CASE(a_push_without_a_session_is_no_session),
		CASE(who_was_told_that_it_has_no_session_is_not_told_again),
		CASE(another_version_is_bad_version),
		CASE(ping_is_answered_with_and_without_a_session),
		CASE(credit_comes_back_for_what_was_acknowledged),
		CASE(sending_beyond_the_credit_is_over_credit),
		CASE(a_key_that_says_hello_too_often_waits_and_nobody_else_does),
		CASE(what_is_sent_behind_a_hello_said_again_is_stored),
		CASE(the_centres_own_gateway_says_hello_as_often_as_it_needs),
		CASE(a_region_over_its_rate_is_told_when_to_come_again),
		CASE(a_mistake_of_ours_that_lasts_is_tried_ever_more_rarely),
		CASE(the_sessions_of_a_region_share_its_credit),
		CASE(two_intakes_write_one_log),
		CASE(a_key_revoked_is_refused_by_every_intake),
		CASE(connections_that_died_unnoticed_cost_nobody_anything),
		CASE(while_the_database_is_gone_pings_are_answered_and_nothing_else),
	};
	return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
