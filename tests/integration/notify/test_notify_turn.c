/* The notify service over a real PostgreSQL, with the rights of its own role, and over a real feed socket: which changes get
 * a notice, that a repeated turn has one effect, and that nothing is lost between commit and sending. */
#include "common/ambient.h"
#include "common/json.h"
#include "services/notify/notify_handlers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#define WAIT_MS 10000

static struct world {
	struct db *admin;  /* the owner: makes the fixture */
	struct arena *arena;
	struct bus *bus;
	struct bus_socket *subscriber;
	struct bus_message *message;
	struct notify_handlers handlers;
	struct stream_consumer *consumer;
} world;

/* ---- The fixture ---- */

static void admin_run(const char *sql)
{
	if (db_exec(world.admin, sql) != STATUS_OK)
		fail_msg("%s: %s", sql, db_error(world.admin));
}

static void insert_row(const char *period, int revision, const char *region, const char *place, const char *previous)
{
	const char *reason = text_equal(place, "NULL") ? "'no_data'" : "NULL";
	admin_run(arena_printf(world.arena,
		"INSERT INTO effreg.rating_row (cohort, period, kind, revision, region_id, place, previous_place, reason, inputs, nodes)"
		" VALUES ('all', '%s', 'final', %d, '%s', %s, %s, %s, '{}', '{}')", period, revision, region, place, previous, reason));
}

static void insert_run(const char *period, int revision)
{
	admin_run(arena_printf(world.arena,
		"INSERT INTO effreg.rating_run (cohort, period, kind, revision, methodology_code, methodology_version, methodology,"
		" result_digest, document_digest, document, seqs, notes, published_time, published_by)"
		" VALUES ('all', '%s', 'final', %d, 'm', 1, '{}', 'a', 'b', '{}', '{}', '{}', '2024-02-01 09:00:00+00', 'k')",
		period, revision));
}

static void write_record(const char *body)
{
	uint64_t seq;
	assert_int_equal(db_begin(world.admin), STATUS_OK);
	assert_int_equal(stream_write(world.admin, &STREAM_RATING, "all", span_of_text(body), world.arena, &seq), STATUS_OK);
	assert_int_equal(db_commit(world.admin), STATUS_OK);
}

static void publish(const char *period, int revision)
{
	write_record(arena_printf(world.arena,
		"{\"period\":\"%s\",\"cohort\":\"all\",\"kind\":\"final\",\"revision\":%d,\"result_digest\":\"a\"}", period, revision));
}

static void follow(void)
{
	unsigned turns = 1;
	while (turns > 0) {
		if (stream_consumer_work(world.consumer, true, 16, &turns) != STATUS_OK)
			fail_msg("%s", db_error(world.handlers.db));
	}
}

/* One text out of the database, "" for none. */
static const char *ask(const char *sql)
{
	struct db_rows *rows;
	if (db_query(world.admin, sql, NULL, 0, &rows) != STATUS_OK)
		fail_msg("%s: %s", sql, db_error(world.admin));
	const char *text = db_rows_count(rows) > 0 ? db_get_text(rows, 0, 0) : "";
	text = arena_text(world.arena, text, strlen(text));
	db_rows_destroy(&rows);
	return text;
}

/* "region:place<previous" of a revision's notices. */
static const char *notices_of(int revision)
{
	return ask(arena_printf(world.arena,
		"SELECT pg_catalog.string_agg(region_id || ':' || COALESCE(place::text, '-') || '<' ||"
		" COALESCE(previous_place::text, '-'), ' ' ORDER BY region_id) FROM effreg.notice WHERE kind = 'place_changed' AND revision = %d", revision));
}

static void send_all(size_t expected)
{
	size_t sent = 0;
	if (notify_handlers_send(&world.handlers, &sent) != STATUS_OK)
		fail_msg("%s", db_error(world.handlers.db));
	assert_int_equal(sent, expected);
}

/* ---- The feed ---- */

static enum status let_in(void *context, const char *domain, const char public_key[BUS_KEY_TEXT])
{
	(void)context;
	(void)public_key;
	return text_equal(domain, "feed") ? STATUS_OK : STATUS_FORBIDDEN;
}

static bool receive(void)
{
	int64_t until_ms = ambient_monotonic_ms() + WAIT_MS;
	while (ambient_monotonic_ms() < until_ms) {
		struct bus_poll_item items[] = {{.socket = bus_zap_socket(world.bus)}, {.socket = world.subscriber}};
		assert_int_equal(bus_poll(items, ARRAY_COUNT(items), 50), STATUS_OK);
		bus_zap_serve(world.bus);
		if (bus_receive(world.subscriber, world.message) == STATUS_OK)
			return true;
	}
	return false;
}

/* A subscription reaches the publisher some time after the handshake: it is there when a message comes through. */
static void await_subscription(void)
{
	const struct span frames[] = {span_of_text("notice.20000000"), span_of_text("hello")};
	int64_t until_ms = ambient_monotonic_ms() + WAIT_MS;
	enum status status = STATUS_NOT_FOUND;
	while (status != STATUS_OK && ambient_monotonic_ms() < until_ms) {
		struct bus_poll_item items[] = {{.socket = bus_zap_socket(world.bus)}, {.socket = world.subscriber}};
		assert_int_equal(bus_send(world.handlers.feed, frames, ARRAY_COUNT(frames)), STATUS_OK);
		assert_int_equal(bus_poll(items, ARRAY_COUNT(items), 20), STATUS_OK);
		bus_zap_serve(world.bus);
		status = bus_receive(world.subscriber, world.message);
	}
	assert_int_equal(status, STATUS_OK);
	while (bus_receive(world.subscriber, world.message) == STATUS_OK)
		;
}

static void open_feed(void)
{
	struct bus_keypair server, client;
	struct fault fault;
	world.bus = bus_new();
	world.message = bus_message_new();
	bus_keypair_new(&server);
	bus_keypair_new(&client);
	assert_int_equal(bus_zap_start(world.bus, let_in, NULL, &fault), STATUS_OK);
	assert_int_equal(bus_bind(world.bus, BUS_PUB, "tcp://127.0.0.1:*", "feed", &server, &world.handlers.feed, &fault), STATUS_OK);
	assert_int_equal(bus_connect(world.bus, BUS_SUB, bus_endpoint(world.handlers.feed), server.public_key, &client,
	                             &world.subscriber, &fault), STATUS_OK);
	bus_subscribe(world.subscriber, "notice.20000000");
}

/* ---- Start and stop ---- */

static void fill_database(void)
{
	admin_run("TRUNCATE effreg.entity, effreg.event_head, effreg.notice, effreg.rating_row, effreg.rating_run, effreg.rating, effreg.rating_head,"
	          " effreg.cursor, effreg.attempt");
	admin_run("INSERT INTO effreg.region (region_id, iso, kind, name_ru, name_en, federal_district_ru, federal_district_en)"
	          " VALUES ('20000000', 'RU-VOR', 'oblast', 'Воронежская область', 'Voronezh Oblast', 'Ц', 'C'),"
	          " ('27000000', 'RU-KGD', 'oblast', 'Калининградская область', 'Kaliningrad Oblast', 'С', 'N'),"
	          " ('40000000', 'RU-SPE', 'city', 'Санкт-Петербург', 'Saint Petersburg', 'С', 'N'),"
	          " ('45000000', 'RU-MOW', 'city', 'Москва', 'Moscow', 'Ц', 'C') ON CONFLICT DO NOTHING");
	insert_run("2023", 1);
	insert_row("2023", 1, "20000000", "5", "18");
	insert_row("2023", 1, "27000000", "7", "7");
	insert_row("2023", 1, "40000000", "3", "NULL");
	insert_row("2023", 1, "45000000", "NULL", "2");
}

static int set_up(void **state)
{
	(void)state;
	struct fault fault = {0};
	const char *dsn = getenv("EFFREG_TEST_DSN");
	if (dsn == NULL)
		return 0;
	world = (struct world){.arena = arena_new((size_t)4 * 1024 * 1024)};
	world.handlers.arena = arena_new((size_t)64 * 1024 * 1024);
	world.handlers.silent_days = 45;
	world.handlers.warn_days = 5;
	if (db_connect(dsn, "test-admin", &world.admin, &fault) != STATUS_OK
	    || db_connect(dsn, "test-notify", &world.handlers.db, &fault) != STATUS_OK)
		fail_msg("%s", fault.text);
	assert_int_equal(db_exec(world.handlers.db, "SET ROLE effreg_notify"), STATUS_OK);
	open_feed();
	fill_database();
	world.consumer = stream_consumer_new(world.handlers.db, &(struct stream_consumer_options){
		.consumer = NOTIFY_CONSUMER, .stream = &STREAM_RATING, .poison = STREAM_PARK, .apply = notify_handlers_apply,
		.context = &world.handlers});
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	if (getenv("EFFREG_TEST_DSN") == NULL)
		return 0;
	stream_consumer_destroy(&world.consumer);
	bus_close(&world.subscriber);
	bus_close(&world.handlers.feed);
	bus_message_destroy(&world.message);
	bus_destroy(&world.bus);
	db_disconnect(&world.handlers.db);
	db_disconnect(&world.admin);
	arena_destroy(&world.handlers.arena);
	arena_destroy(&world.arena);
	return 0;
}

static void need_database(void)
{
	if (getenv("EFFREG_TEST_DSN") == NULL) {
		print_message("# skip: EFFREG_TEST_DSN is not set\n");
		skip();
	}
}

/* ---- Cases ---- */

static void every_changed_place_gets_a_notice_and_no_other(void **state)
{
	(void)state;
	need_database();
	publish("2023", 1);
	follow();
	assert_string_equal(notices_of(1), "20000000:5<18 40000000:3<- 45000000:-<2");
}

static void a_repeated_turn_has_one_effect(void **state)
{
	(void)state;
	need_database();
	publish("2023", 1);
	follow();
	const char *ids = ask("SELECT pg_catalog.string_agg(id::text, ' ' ORDER BY region_id) FROM effreg.notice");
	admin_run("UPDATE effreg.cursor SET seq = 0");
	follow();
	assert_string_equal(ask("SELECT pg_catalog.string_agg(id::text, ' ' ORDER BY region_id) FROM effreg.notice"), ids);
	assert_string_equal(ask("SELECT seq FROM effreg.cursor WHERE consumer = 'notify'"), "1");
}

static void the_id_is_made_from_what_the_notice_is_about(void **state)
{
	(void)state;
	need_database();
	publish("2023", 1);
	follow();
	struct sha256 digest = sha256_of("all|2023|final|1|20000000", 25);
	struct ident_uuid uuid;
	char text[UUID_TEXT_SIZE];
	memcpy(uuid.bytes, digest.bytes, sizeof uuid.bytes);
	uuid.bytes[6] = (uint8_t)(0x80 | (uuid.bytes[6] & 0x0f));
	uuid.bytes[8] = (uint8_t)(0x80 | (uuid.bytes[8] & 0x0f));
	ident_uuid_format(&uuid, text);
	assert_string_equal(ask("SELECT id FROM effreg.notice WHERE region_id = '20000000'"), text);
}

static void a_correction_tells_only_what_differs_from_the_revision_before(void **state)
{
	(void)state;
	need_database();
	insert_run("2023", 2);
	insert_row("2023", 2, "20000000", "18", "18");  /* back where it was: those who were told 5 must hear it */
	insert_row("2023", 2, "27000000", "6", "7");
	insert_row("2023", 2, "40000000", "3", "NULL");
	insert_row("2023", 2, "45000000", "NULL", "2");
	publish("2023", 1);
	publish("2023", 2);
	follow();
	assert_string_equal(notices_of(2), "20000000:18<18 27000000:6<7");
}

static void a_notice_goes_out_once_under_its_regions_topic(void **state)
{
	(void)state;
	need_database();
	await_subscription();
	publish("2023", 1);
	follow();
	send_all(4);
	assert_true(receive());
	assert_int_equal(bus_message_frames(world.message), 2);
	assert_true(span_equal(bus_message_frame(world.message, 0), span_of_text("notice.20000000")));
	const struct json *body;
	struct span text = bus_message_frame(world.message, 1);
	assert_int_equal(json_parse(world.arena, text.at, text.len, &JSON_LIMITS_EVENT, &body, NULL), STATUS_OK);
	assert_string_equal(json_find_string(body, "id"), ask("SELECT id FROM effreg.notice WHERE region_id = '20000000'"));
	assert_string_equal(json_find_string(json_find(body, "text"), "ru"),
	                    "Воронежская область: 5-е место за 2023 год, было 18-е (▲13)");
	assert_string_equal(json_find_string(body, "published_time"), "2024-02-01T09:00:00Z");
	assert_string_equal(ask("SELECT pg_catalog.count(*) FROM effreg.notice WHERE sent_time IS NULL"), "0");
	send_all(0);
	assert_int_equal(bus_receive(world.subscriber, world.message), STATUS_NOT_FOUND);
}

static void what_was_committed_but_not_sent_goes_out_later(void **state)
{
	(void)state;
	need_database();
	await_subscription();
	publish("2023", 1);
	follow();  /* here the process dies; the next one starts with sending */
	send_all(4);
	assert_true(receive());
}

static void a_broken_record_is_parked_and_the_next_one_is_served(void **state)
{
	(void)state;
	need_database();
	write_record("{\"period\":\"2023\"}");
	publish("2023", 1);
	follow();
	assert_string_equal(ask("SELECT seq FROM effreg.attempt WHERE consumer = 'notify' AND parked_time IS NOT NULL"), "1");
	assert_string_equal(notices_of(1), "20000000:5<18 40000000:3<- 45000000:-<2");
}

/* ---- News ---- */

#define NOW_US INT64_C(1784707200000000)  /* 2026-07-22T08:00:00Z */
#define DAY_US INT64_C(86400000000)

static void entity(const char *region, const char *kind, const char *id, const char *attributes)
{
	admin_run(arena_printf(world.arena, "INSERT INTO effreg.entity (region_id, kind, entity, seqs, attributes) VALUES ('%s', '%s', '%s', '{1}', '%s')"
	                       " ON CONFLICT (region_id, kind, entity) DO UPDATE SET attributes = EXCLUDED.attributes", region, kind, id, attributes));
}

static void watch(int64_t now_us)
{
	if (notify_handlers_watch(&world.handlers, now_us) != STATUS_OK)
		fail_msg("%s", db_error(world.handlers.db));
}

/* "kind region what" of all notices, in order. */
static const char *told(void)
{
	return ask("SELECT pg_catalog.string_agg(kind || ' ' || region_id || ' ' || COALESCE(details->>'instruction', details->>'source',"
	           " details->>'dispute', details->>'verification', details->>'until', details->>'cohort'), '; ' ORDER BY kind, region_id, details::text)"
	           " FROM effreg.notice");
}

static void an_instruction_is_told_once_when_it_is_overdue(void **state)
{
	(void)state;
	need_database();
	entity("20000000", "instruction", "I-1", "{\"title\":{\"ru\":\"Замеры\"},\"due_on\":\"2026-07-21\"}");
	entity("20000000", "instruction", "I-2", "{\"title\":{\"ru\":\"Сегодня ещё срок\"},\"due_on\":\"2026-07-22\"}");
	entity("27000000", "instruction", "I-1", "{\"title\":{\"ru\":\"В срок\"},\"due_on\":\"2026-07-10\",\"fulfilled_on\":\"2026-07-09\"}");
	entity("27000000", "instruction", "I-3", "{\"title\":{\"ru\":\"Давно\"},\"due_on\":\"2026-06-01\"}");
	entity("27000000", "instruction", "I-4", "{}");  /* withdrawn */
	watch(NOW_US);
	watch(NOW_US);
	assert_string_equal(told(), "instruction_overdue 20000000 I-1");
	watch(NOW_US + DAY_US);
	assert_string_equal(told(), "instruction_overdue 20000000 I-1; instruction_overdue 20000000 I-2");
	/* Another date: other news. */
	entity("20000000", "instruction", "I-1", "{\"title\":{\"ru\":\"Замеры\"},\"due_on\":\"2026-07-20\"}");
	watch(NOW_US + DAY_US);
	assert_string_equal(ask("SELECT pg_catalog.count(*) FROM effreg.notice WHERE details->>'instruction' = 'I-1'"), "2");
}

static void a_source_is_told_each_time_it_falls_silent(void **state)
{
	(void)state;
	need_database();
	entity("20000000", "source", "ru-vor/portal", "{\"last_time\":\"2026-06-07T07:59:59Z\"}");  /* 45 days and a second ago */
	entity("27000000", "source", "ru-kgd/portal", "{\"last_time\":\"2026-06-07T08:00:01Z\"}");
	entity("40000000", "source", "ru-spe/old", "{\"last_time\":\"2025-01-01T00:00:00Z\"}");     /* history */
	watch(NOW_US);
	assert_string_equal(told(), "source_silent 20000000 ru-vor/portal");
	entity("20000000", "source", "ru-vor/portal", "{\"last_time\":\"2026-07-22T08:00:00Z\"}");
	watch(NOW_US + DAY_US);
	assert_string_equal(told(), "source_silent 20000000 ru-vor/portal; source_silent 27000000 ru-kgd/portal");
	watch(NOW_US + 46 * DAY_US);
	assert_string_equal(ask("SELECT pg_catalog.count(*) FROM effreg.notice WHERE details->>'source' = 'ru-vor/portal'"), "2");
}

static void disputes_and_verified_effects_are_told(void **state)
{
	(void)state;
	need_database();
	entity("20000000", "dispute", "D-1", "{\"title\":{\"ru\":\"Замер\"},\"project\":\"P-1\",\"opened_on\":\"2026-07-20\"}");
	entity("27000000", "dispute", "D-2", "{\"title\":{\"ru\":\"Давно\"},\"opened_on\":\"2026-01-20\",\"resolved_on\":\"2026-07-15\",\"outcome\":\"upheld\"}");
	entity("40000000", "verification", "V-1", "{\"project\":\"P-2\",\"verdict\":\"refused\",\"verified_on\":\"2026-07-21\"}");
	entity("40000000", "verification", "V-0", "{\"project\":\"P-2\",\"verdict\":\"confirmed\",\"verified_on\":\"2026-06-22\"}");
	watch(NOW_US);
	assert_string_equal(told(), "dispute_opened 20000000 D-1; dispute_resolved 27000000 D-2; effect_verified 40000000 V-1");
}

static void a_cut_off_is_told_to_regions_that_send(void **state)
{
	(void)state;
	need_database();
	static const char CALENDAR[] = "{\"cut_offs\":{\"month\":{\"months_after\":1,\"day\":20},\"quarter\":{\"months_after\":1,\"day\":25},"
	                               "\"half\":{\"months_after\":1,\"day\":25},\"year\":{\"months_after\":2,\"day\":20}},\"exceptions\":[]}";
	const struct json *json;
	struct calendar *calendar;
	assert_int_equal(json_parse(world.arena, CALENDAR, strlen(CALENDAR), &JSON_LIMITS_DOCUMENT, &json, NULL), STATUS_OK);
	assert_int_equal(calendar_new(json, &calendar, NULL), STATUS_OK);
	world.handlers.calendar = calendar;
	admin_run("INSERT INTO effreg.event_head (region_id, last_seq) VALUES ('20000000', 7), ('27000000', 0)");
	watch(NOW_US - DAY_US);   /* the 21st: the 25th is the fifth day */
	watch(NOW_US);
	assert_string_equal(told(), "cut_off_near 20000000 2026-07-25");
	assert_string_equal(ask("SELECT details::text FROM effreg.notice"), "{\"until\":\"2026-07-25\",\"periods\":[\"2026-Q2\",\"2026-H1\"]}");
	world.handlers.calendar = NULL;
	calendar_destroy(&calendar);
}

static void news_goes_out_on_the_feed(void **state)
{
	(void)state;
	need_database();
	const struct json *body;
	await_subscription();
	entity("20000000", "instruction", "I-1", "{\"title\":{\"ru\":\"Замеры\",\"en\":\"Measurements\"},\"due_on\":\"2026-07-21\",\"authority\":\"health\"}");
	watch(NOW_US);
	send_all(1);
	assert_true(receive());
	assert_true(span_equal(bus_message_frame(world.message, 0), span_of_text("notice.20000000")));
	struct span text = bus_message_frame(world.message, 1);
	assert_int_equal(json_parse(world.arena, text.at, text.len, &JSON_LIMITS_EVENT, &body, NULL), STATUS_OK);
	assert_string_equal(json_find_string(body, "kind"), "instruction_overdue");
	assert_string_equal(json_find_string(json_find(body, "text"), "ru"), "Воронежская область: просрочено поручение «Замеры», срок 21.07.2026");
	assert_string_equal(json_find_string(json_find(body, "text"), "en"), "Voronezh Oblast: overdue instruction “Measurements”, due 2026-07-21");
	assert_string_equal(json_find_string(json_find(body, "details"), "authority"), "health");
	assert_null(json_find(body, "place"));
	send_all(0);
}

static void the_federal_side_is_told_of_a_published_rating(void **state)
{
	(void)state;
	need_database();
	const struct json *body;
	await_subscription();
	bus_subscribe(world.subscriber, "rating.all");
	publish("2023", 1);
	follow();
	do {  /* until the second subscription has reached the publisher */
		admin_run("UPDATE effreg.notice SET sent_time = NULL WHERE kind = 'rating_published'");
		size_t sent;
		assert_int_equal(notify_handlers_send(&world.handlers, &sent), STATUS_OK);
		assert_true(receive());
	} while (!span_equal(bus_message_frame(world.message, 0), span_of_text("rating.all")));
	struct span text = bus_message_frame(world.message, 1);
	assert_int_equal(json_parse(world.arena, text.at, text.len, &JSON_LIMITS_EVENT, &body, NULL), STATUS_OK);
	assert_string_equal(json_find_string(body, "region"), NOTIFY_FEDERAL);
	assert_string_equal(json_find_string(json_find(body, "text"), "ru"),
	                    "опубликован рейтинг за 2023 год (all): итоговый, редакция 1; изменилось мест: 3 из 4");
}

static void relay(size_t expected)
{
	size_t sent;
	assert_int_equal(notify_handlers_relay(&world.handlers, &sent), STATUS_OK);
	assert_int_equal(sent, expected);
}

static void what_another_instance_sent_is_sent_on_once(void **state)
{
	(void)state;
	need_database();
	await_subscription();
	publish("2023", 1);
	follow();
	admin_run("UPDATE effreg.notice SET sent_time = pg_catalog.clock_timestamp()");
	relay(4);  /* three regions and the federal side */
	assert_true(receive());
	assert_true(span_equal(bus_message_frame(world.message, 0), span_of_text("notice.20000000")));
	relay(0);
}

static void what_was_sent_here_or_long_ago_is_not_sent_on(void **state)
{
	(void)state;
	need_database();
	publish("2023", 1);
	follow();
	send_all(4);
	relay(0);
	memset(world.handlers.known, 0, sizeof world.handlers.known);
	world.handlers.known_count = 0;
	admin_run("UPDATE effreg.notice SET sent_time = pg_catalog.clock_timestamp() - INTERVAL '11 seconds'");
	relay(0);
	admin_run("UPDATE effreg.notice SET sent_time = pg_catalog.clock_timestamp()");
	world.handlers.since_us = INT64_MAX / 2;  /* before this process began */
	relay(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_changed_place_gets_a_notice_and_no_other, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_repeated_turn_has_one_effect, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_id_is_made_from_what_the_notice_is_about, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_correction_tells_only_what_differs_from_the_revision_before, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_notice_goes_out_once_under_its_regions_topic, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_was_committed_but_not_sent_goes_out_later, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_instruction_is_told_once_when_it_is_overdue, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_source_is_told_each_time_it_falls_silent, set_up, tear_down),
		cmocka_unit_test_setup_teardown(disputes_and_verified_effects_are_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_cut_off_is_told_to_regions_that_send, set_up, tear_down),
		cmocka_unit_test_setup_teardown(news_goes_out_on_the_feed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_federal_side_is_told_of_a_published_rating, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_another_instance_sent_is_sent_on_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_was_sent_here_or_long_ago_is_not_sent_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_broken_record_is_parked_and_the_next_one_is_served, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
