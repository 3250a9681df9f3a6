/* The ranking service over a real PostgreSQL, with the rights of its own role: turns, live ratings, publications, and
 * the answers on the query socket. Only the sockets themselves are left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "services/ranking/ranking_difference.h"
#include "services/ranking/ranking_query.h"
#include "services/ranking/ranking_seal.h"

#define ARENA_BYTES  ((size_t)64 * 1024 * 1024)
#define ANSWER_BYTES ((size_t)1024 * 1024)
#define NOW_US       INT64_C(1708387200000000) /* 2024-02-20T00:00:00Z */

#define COORDINATOR "coordinator.............................."
#define READER      "reader..................................."
#define STRANGER    "stranger................................."

#define SPB "40000000"
#define VOR "20000000"
#define KGD "27000000"

struct world {
	struct db *admin;      /* the owner: makes the fixture */
	struct db *db;         /* the service, as effreg_ranking */
	struct arena *arena;   /* one test */
	struct ranking_handlers *handlers;
	struct ranking_query query;
	struct stream_consumer *consumer;
	struct buf header;
	struct buf body;
	uint64_t hinted_seq;   /* of the last hint on the rating stream */
	const char *hinted_cohort;
};

static struct world world;

/* ---- the fixture ---- */

static void admin_run(const char *sql)
{
	if (db_exec(world.admin, sql) != STATUS_OK)
		fail_msg("%s: %s", sql, db_error(world.admin));
}

static const char *key_text(const char *key)
{
	return arena_text(world.arena, key, 40);  /* as long as a CURVE key in Z85 */
}

static void note_hint(void *context, const char *cohort, uint64_t seq)
{
	(void)context;
	world.hinted_cohort = arena_text(world.arena, cohort, strlen(cohort));
	world.hinted_seq = seq;
}

static void set_value(const char *region, const char *period, const char *code, const char *value)
{
	admin_run(arena_printf(world.arena,
		"INSERT INTO effreg.figures AS kept (region_id, subject, period, figures) VALUES ('%s', '', '%s',"
		" pg_catalog.jsonb_build_object('%s', pg_catalog.concat_ws(' ', 1, 1, 1, %s))) ON CONFLICT (region_id, subject, period)"
		" DO UPDATE SET figures = kept.figures || EXCLUDED.figures",
		region, period, code, value));
}

static void set_region(const char *region, const char *period, const char *reduction)
{
	set_value(region, period, "joined", "1");
	set_value(region, period, "measured", "9");
	set_value(region, period, "lead_time_reduction", reduction);
	set_value(region, period, "completed_per_authority", "2.5");
	set_value(region, period, "trained_per_1000", "10");
	set_value(region, period, "practices_published", "3");
}

/* A turn of metrics in which a figure changed: a record on the stream of the region. */
static void write_change(const char *region, const char *period, const char *code)
{
	uint64_t seq;
	const char *body = arena_printf(world.arena,
		"{\"event_seq\":1,\"changed\":[{\"period\":\"%s\",\"codes\":[\"%s\"]}]}", period, code);
	assert_int_equal(db_begin(world.admin), STATUS_OK);
	assert_int_equal(stream_write(world.admin, &STREAM_METRIC, region, span_of_text(body), world.arena, &seq), STATUS_OK);
	assert_int_equal(db_commit(world.admin), STATUS_OK);
}

static void write_metric(const char *region, const char *period)
{
	write_change(region, period, "measured");
}

static void follow(void)
{
	unsigned turns;
	enum status status = stream_consumer_work(world.consumer, true, 100, &turns);
	if (status != STATUS_OK)
		fail_msg("%s", db_error(world.db));
}

static bool recompute(void)
{
	bool computed = false;
	arena_reset(world.handlers->arena);
	enum status status = ranking_handlers_recompute(world.handlers, NULL, &computed);
	if (status != STATUS_OK)
		fail_msg("%s: %s", status_name(status), db_error(world.db));
	return computed;
}

static void settle(void)
{
	follow();
	while (recompute())
		;
}

static int64_t count_of(const char *table)
{
	struct db_rows *rows;
	const char *sql = arena_printf(world.arena, "SELECT pg_catalog.count(*) FROM effreg.%s", table);
	assert_int_equal(db_query(world.admin, sql, NULL, 0, &rows), STATUS_OK);
	int64_t count = db_get_integer(rows, 0, 0);
	db_rows_destroy(&rows);
	return count;
}

static void open_service(const char *dsn)
{
	struct fault fault = {0};
	if (db_connect(dsn, "test-admin", &world.admin, &fault) != STATUS_OK ||
	    db_connect(dsn, "test-ranking", &world.db, &fault) != STATUS_OK)
		fail_msg("%s", fault.text);
	assert_int_equal(db_exec(world.db, "SET ROLE effreg_ranking"), STATUS_OK);
	if (ranking_handlers_new(world.db, EFFREG_SOURCE_DIR "/deploy/config/methodology.json",
	                         EFFREG_SOURCE_DIR "/deploy/config/cohorts.json", &world.handlers, &fault) != STATUS_OK)
		fail_msg("%s %s", fault.pointer, fault.text);
	world.query = (struct ranking_query){.handlers = world.handlers, .published = note_hint};
	world.consumer = stream_consumer_new(world.db, &(struct stream_consumer_options){
		.consumer = RANKING_CONSUMER, .stream = &STREAM_METRIC, .apply = ranking_handlers_apply,
		.context = world.handlers});
}

static void fill_database(void)
{
	admin_run("TRUNCATE effreg.rating_row, effreg.rating_run, effreg.rating_live, effreg.rating_due, effreg.rating,"
	          " effreg.rating_head, effreg.metric, effreg.metric_head, effreg.figures, effreg.cursor,"
	          " effreg.event, effreg.event_head, effreg.client_key");
	admin_run("INSERT INTO effreg.region (region_id, iso, kind, name_ru, name_en, federal_district_ru,"
	          " federal_district_en) VALUES"
	          " ('40000000', 'RU-SPE', 'city', 'Санкт-Петербург', 'Saint Petersburg', 'С', 'Northwestern Federal District'),"
	          " ('20000000', 'RU-VOR', 'oblast', 'Воронежская область', 'Voronezh Oblast', 'Ц', 'Central Federal District'),"
	          " ('27000000', 'RU-KGD', 'oblast', 'Калининградская область', 'Kaliningrad Oblast', 'С', 'Northwestern Federal District')"
	          " ON CONFLICT DO NOTHING");
	admin_run(arena_printf(world.arena, "INSERT INTO effreg.client_key (public_key, role) VALUES ('%s', 'coordinator'),"
	                                    " ('%s', 'reader')", key_text(COORDINATOR), key_text(READER)));
	admin_run("INSERT INTO effreg.event_head (region_id, last_seq) VALUES ('20000000', 1)");
	admin_run("INSERT INTO effreg.event (region_id, seq, id, recorded_time, hash, body) VALUES"
	          " ('20000000', 1, '00000000-0000-4000-8000-000000000001', pg_catalog.now(), '\\xabcd', '{}')");
	admin_run("INSERT INTO effreg.cursor (consumer, stream, key, seq) VALUES ('metrics', 'event', '20000000', 1)");
	set_region(SPB, "2022", "50");
	set_region(VOR, "2022", "30");
	set_region(SPB, "2023", "40");
	set_region(VOR, "2023", "57.1428571428571");
	write_metric(SPB, "2022");
	write_metric(VOR, "2022");
	write_metric(SPB, "2023");
	write_metric(VOR, "2023");
}

static int set_up(void **state)
{
	(void)state;
	const char *dsn = getenv("EFFREG_TEST_DSN");
	if (dsn == NULL)
		return 0;
	world = (struct world){.arena = arena_new(ARENA_BYTES)};
	buf_init(&world.header, ANSWER_BYTES);
	buf_init(&world.body, ANSWER_BYTES);
	open_service(dsn);
	fill_database();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	stream_consumer_destroy(&world.consumer);
	ranking_handlers_destroy(&world.handlers);
	db_disconnect(&world.db);
	db_disconnect(&world.admin);
	buf_clear(&world.header);
	buf_clear(&world.body);
	arena_destroy(&world.arena);
	return 0;
}

static void need_database(void)
{
	if (getenv("EFFREG_TEST_DSN") == NULL) {
		print_message("skipped: EFFREG_TEST_DSN is not set\n");
		skip();
	}
}

/* ---- asking ---- */

static const struct json *parse(const struct buf *text)
{
	const struct json *json = NULL;
	struct fault fault;
	if (json_parse(world.arena, text->at, text->len, &JSON_LIMITS_DOCUMENT, &json, &fault) != STATUS_OK)
		fail_msg("%s: %s", fault.text, text->at);
	return json;
}

/* Returns the header; the body is world.body. */
static const struct json *ask(const char *key, const char *method, const char *params)
{
	const char *request =
		arena_printf(world.arena, "{\"id\":\"q1\",\"method\":\"%s\",\"params\":%s}", method, params);
	buf_reset(&world.header);
	buf_reset(&world.body);
	ranking_query_answer(&world.query, key_text(key), span_of_text(request), NOW_US, &world.header, &world.body);
	const struct json *header = parse(&world.header);
	assert_string_equal(json_find_string(header, "id"), "q1");
	return header;
}

static const struct json *ask_ok(const char *key, const char *method, const char *params)
{
	const struct json *header = ask(key, method, params);
	if (!text_equal(json_find_string(header, "status"), "ok"))
		fail_msg("%s %s: %s", method, params, world.header.at);
	return parse(&world.body);
}

static void ask_refused(const char *key, const char *method, const char *params, const char *code)
{
	const struct json *header = ask(key, method, params);
	if (json_find_string(header, "code") == NULL || !text_equal(json_find_string(header, "code"), code))
		fail_msg("%s %s: %s, not %s", method, params, world.header.at, code);
	assert_int_equal(world.body.len, 0);
}

static const struct json *publish(const char *period, const char *kind)
{
	return ask_ok(COORDINATOR, "rating.publish",
	              arena_printf(world.arena, "{\"period\":\"%s\",\"kind\":\"%s\"}", period, kind));
}

static const struct json *row_of(const struct json *document, const char *region)
{
	for (const struct json *row = json_first(json_find(document, "rows")); row != NULL; row = json_next(row)) {
		if (text_equal(json_find_string(row, "region"), region))
			return row;
	}
	fail_msg("no row of %s", region);
	return NULL;
}

static int64_t integer_of(const struct json *object, const char *name)
{
	int64_t integer = -1;
	const struct json *value = json_find(object, name);
	if (!json_is(value, JSON_NUMBER) || !json_integer(value, &integer))
		return -1;
	return integer;
}

/* ---- the cases ---- */

static void a_turn_marks_periods_and_the_live_rating_follows(void **state)
{
	(void)state;
	need_database();
	follow();
	assert_int_equal(count_of("rating_due"), 2);
	assert_true(recompute());
	assert_true(recompute());
	assert_false(recompute());
	const struct json *document = ask_ok(READER, "rating.get", "{\"period\":\"2023\"}");
	assert_string_equal(json_find_string(document, "kind"), "live");
	assert_int_equal(integer_of(document, "revision"), 0);
	assert_true(json_is(json_find(document, "document_digest"), JSON_NULL));
	assert_int_equal(integer_of(row_of(document, VOR), "place"), 1);
	assert_int_equal(integer_of(row_of(document, SPB), "place"), 2);
	assert_string_equal(json_find_string(row_of(document, KGD), "reason"), "not_joined");
	assert_string_equal(json_find_string(row_of(document, VOR), "iso"), "RU-VOR");
}

static void publishing_the_same_result_twice_changes_nothing(void **state)
{
	(void)state;
	need_database();
	settle();
	const struct json *first = publish("2023", "final");
	assert_int_equal(integer_of(first, "revision"), 1);
	assert_false(json_bool(json_find(first, "unchanged")));
	assert_int_equal(world.hinted_seq, 1);
	assert_string_equal(world.hinted_cohort, "all");
	const struct json *second = publish("2023", "final");
	assert_true(json_bool(json_find(second, "unchanged")));
	assert_string_equal(json_find_string(first, "document_digest"), json_find_string(second, "document_digest"));
	assert_int_equal(count_of("rating"), 1);
	assert_int_equal(count_of("rating_run"), 1);
	assert_int_equal(count_of("rating_row"), count_of("region"));
}

static void another_result_becomes_the_next_revision(void **state)
{
	(void)state;
	need_database();
	settle();
	publish("2023", "final");
	set_value(SPB, "2023", "lead_time_reduction", "90");
	write_metric(SPB, "2023");
	follow();
	const struct json *second = publish("2023", "final");
	assert_int_equal(integer_of(second, "revision"), 2);
	assert_int_equal(world.hinted_seq, 2);
	const struct json *newest = ask_ok(READER, "rating.get", "{\"period\":\"2023\"}");
	assert_int_equal(integer_of(row_of(newest, SPB), "place"), 1);
	const struct json *older = ask_ok(READER, "rating.get", "{\"period\":\"2023\",\"kind\":\"final\",\"revision\":1}");
	assert_int_equal(integer_of(row_of(older, SPB), "place"), 2);
}

static void the_final_run_stands_before_the_interim_one(void **state)
{
	(void)state;
	need_database();
	settle();
	publish("2023", "interim");
	const struct json *document = ask_ok(READER, "rating.get", "{\"period\":\"2023\"}");
	assert_string_equal(json_find_string(document, "kind"), "interim");
	publish("2023", "final");
	document = ask_ok(READER, "rating.get", "{\"period\":\"2023\"}");
	assert_string_equal(json_find_string(document, "kind"), "final");
	document = ask_ok(READER, "rating.get", "{\"period\":\"2023\",\"kind\":\"live\"}");
	assert_string_equal(json_find_string(document, "kind"), "live");
}

static void the_previous_place_is_the_published_one_of_the_year_before(void **state)
{
	(void)state;
	need_database();
	settle();
	const struct json *before = ask_ok(READER, "rating.get", "{\"period\":\"2023\"}");
	assert_int_equal(integer_of(row_of(before, VOR), "previous_place"), -1);
	publish("2022", "final");
	settle();
	const struct json *after = ask_ok(READER, "rating.get", "{\"period\":\"2023\"}");
	assert_int_equal(integer_of(row_of(after, VOR), "previous_place"), 2);
	assert_int_equal(integer_of(row_of(after, VOR), "change"), 1);
	assert_string_equal(json_find_string(before, "result_digest"), json_find_string(after, "result_digest"));
}

static void nothing_is_published_while_a_region_is_behind(void **state)
{
	(void)state;
	need_database();
	settle();
	admin_run("UPDATE effreg.event_head SET last_seq = 2 WHERE region_id = '" VOR "'");
	ask_refused(COORDINATOR, "rating.publish", "{\"period\":\"2023\",\"kind\":\"final\"}", "not_settled");
	admin_run("UPDATE effreg.cursor SET seq = 2 WHERE consumer = 'metrics'");
	write_metric(VOR, "2023");
	ask_refused(COORDINATOR, "rating.publish", "{\"period\":\"2023\",\"kind\":\"final\"}", "not_settled");
	follow();
	publish("2023", "final");
}

static void a_digest_named_must_be_the_one_computed(void **state)
{
	(void)state;
	need_database();
	settle();
	const struct json *live = ask_ok(READER, "rating.get", "{\"period\":\"2023\"}");
	ask_refused(COORDINATOR, "rating.publish", "{\"period\":\"2023\",\"kind\":\"final\",\"digest\":\"00\"}",
	            "digest_mismatch");
	assert_int_equal(count_of("rating_run"), 0);
	ask_ok(COORDINATOR, "rating.publish",
	       arena_printf(world.arena, "{\"period\":\"2023\",\"kind\":\"final\",\"digest\":\"%s\"}",
	                    json_find_string(live, "result_digest")));
}

static void only_the_coordinator_publishes(void **state)
{
	(void)state;
	need_database();
	settle();
	ask_refused(READER, "rating.publish", "{\"period\":\"2023\",\"kind\":\"final\"}", "forbidden");
	ask_refused(STRANGER, "rating.get", "{\"period\":\"2023\"}", "forbidden");
	admin_run("UPDATE effreg.client_key SET revoked_time = pg_catalog.now()");
	ask_refused(COORDINATOR, "rating.publish", "{\"period\":\"2023\",\"kind\":\"final\"}", "forbidden");
	assert_int_equal(count_of("rating_run"), 0);
}

static void what_cannot_be_answered_is_refused_with_its_code(void **state)
{
	(void)state;
	static const struct {
		const char *method;
		const char *params;
		const char *code;
	} CASES[] = {
		{"rating.explain", "{}", "unknown_method"},
		{"rating.get", "[]", "bad_request"},
		{"rating.get", "{}", "bad_request"},
		{"rating.get", "{\"period\":\"23\"}", "bad_request"},
		{"rating.get", "{\"period\":2023}", "bad_request"},
		{"rating.get", "{\"period\":\"2023\",\"kind\":\"last\"}", "bad_request"},
		{"rating.get", "{\"period\":\"2023\",\"revision\":1.5}", "bad_request"},
		{"rating.get", "{\"period\":\"2023\",\"cohort\":\"nobody\"}", "unknown_cohort"},
		{"rating.get", "{\"period\":\"2023\",\"cohort\":\"size-large\"}", "not_found"},
		{"rating.get", "{\"period\":\"1999\",\"cohort\":\"newcomers\"}", "not_found"},
		{"rating.get", "{\"period\":\"2023\",\"kind\":\"final\"}", "not_found"},
		{"rating.get", "{\"period\":\"1999\"}", "not_found"},
		{"rating.history", "{\"region\":\"RU-XXX\"}", "unknown_region"},
		{"rating.history", "{}", "bad_request"},
		{"rating.publish", "{\"period\":\"2023\",\"kind\":\"live\"}", "bad_request"},
		{"rating.publish", "{\"period\":\"2023\"}", "bad_request"},
		{"rating.publish", "{\"period\":\"1999\",\"kind\":\"final\"}", "not_found"},
		{"rating.publish", "{\"period\":\"2023\",\"kind\":\"final\",\"cutoff\":[]}", "bad_request"},
		{"rating.publish", "{\"period\":\"2023\",\"kind\":\"final\",\"cutoff\":{\"2\":\"1\"}}", "bad_request"},
		{"rating.publish", "{\"period\":\"2023\",\"kind\":\"final\",\"cutoff\":{\"20000000\":1}}", "bad_request"},
		{"rating.publish", "{\"period\":\"2023\",\"kind\":\"final\",\"public_key\":\"00\"}", "bad_request"},
		{"rating.publish", "{\"period\":\"2023\",\"kind\":\"final\",\"published_time\":\"2024-01-20T00:00:00Z\"}", "bad_request"},
		{"rating.prepare", "{\"period\":\"2023\"}", "bad_request"},
	};
	need_database();
	settle();
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++)
		ask_refused(COORDINATOR, CASES[i].method, CASES[i].params, CASES[i].code);
}

static void the_history_of_a_region_is_its_published_places(void **state)
{
	(void)state;
	need_database();
	settle();
	publish("2023", "final");
	publish("2022", "interim");
	publish("2022", "final");
	const struct json *history = ask_ok(READER, "rating.history", "{\"region\":\"RU-VOR\"}");
	static const struct {
		const char *period;
		const char *kind;
		int64_t place;
	} RUNS[] = {{"2022", "interim", 2}, {"2022", "final", 2}, {"2023", "final", 1}};
	assert_int_equal(json_count(history), ARRAY_COUNT(RUNS));
	const struct json *run = json_first(history);
	for (size_t i = 0; i < ARRAY_COUNT(RUNS); i++, run = json_next(run)) {
		assert_string_equal(json_find_string(run, "period"), RUNS[i].period);
		assert_string_equal(json_find_string(run, "kind"), RUNS[i].kind);
		assert_int_equal(integer_of(run, "place"), RUNS[i].place);
		assert_true(json_is(json_find(run, "score"), JSON_NUMBER));
	}
	const char *by_iso = arena_text(world.arena, world.body.at, world.body.len);
	ask_ok(READER, "rating.history", "{\"region\":\"" VOR "\"}");
	assert_string_equal(world.body.at, by_iso);
}

static void a_published_run_keeps_what_it_was_computed_from(void **state)
{
	(void)state;
	need_database();
	settle();
	publish("2023", "final");
	struct db_rows *rows;
	assert_int_equal(db_query(world.admin,
		"SELECT seqs->'" VOR "'->>'seq', seqs->'" VOR "'->>'head', line.inputs->>'lead_time_reduction',"
		" line.nodes->>'index' = line.score::text FROM effreg.rating_run JOIN effreg.rating_row AS line"
		" USING (cohort, period, kind, revision) WHERE region_id = '" VOR "'", NULL, 0, &rows), STATUS_OK);
	assert_string_equal(db_get_text(rows, 0, 0), "1");
	assert_string_equal(db_get_text(rows, 0, 1), "abcd");
	assert_string_equal(db_get_text(rows, 0, 2), "57.142857");
	assert_true(db_get_bool(rows, 0, 3));
	db_rows_destroy(&rows);
	assert_int_not_equal(db_exec(world.db, "UPDATE effreg.rating_run SET revision = 9"), STATUS_OK);
	assert_int_not_equal(db_exec(world.db, "DELETE FROM effreg.rating_row"), STATUS_OK);
}

/* Kaliningrad has joined in 2022 and has no events in 2023: there are no figures of 2023, yet it has joined. */
static void having_joined_is_carried_forward(void **state)
{
	(void)state;
	need_database();
	settle();
	set_value(KGD, "2022", "joined", "1");
	admin_run("INSERT INTO effreg.region_horizon (region_id, month_first, month_last, definitions)"
	          " VALUES ('" KGD "', '2022-03', '2022-12', '')");  /* where its log ends */
	write_change(KGD, "2022", "joined");
	settle();
	const struct json *document = ask_ok(READER, "rating.get", "{\"period\":\"2023\"}");
	assert_string_equal(json_find_string(row_of(document, KGD), "reason"), "too_few_measured_projects");
}

/* All other figures are of their own period alone. */
static void a_changed_figure_marks_its_own_period(void **state)
{
	(void)state;
	need_database();
	settle();
	write_metric(VOR, "2022");
	follow();
	assert_int_equal(count_of("rating_due"), 1);
	settle();
	write_change(VOR, "2022", "joined");
	follow();
	assert_int_equal(count_of("rating_due"), 2);
}

/* A mark made while the same period is being computed waits: were it dropped, its figures would never be seen. */
static void a_mark_waits_for_the_computation_of_its_period(void **state)
{
	(void)state;
	const char *period = "2023";
	const char *taken;
	need_database();
	follow();
	assert_int_equal(db_begin(world.db), STATUS_OK);
	assert_int_equal(ranking_store_take_due(world.db, world.arena, "all", period, &taken), STATUS_OK);
	assert_int_equal(db_begin(world.admin), STATUS_OK);
	assert_int_equal(db_exec(world.admin, "SET LOCAL lock_timeout = '50ms'"), STATUS_OK);
	assert_int_equal(ranking_store_mark_due(world.admin, world.arena, "all", &period, 1), STATUS_OK);
	assert_int_equal(db_commit(world.admin), STATUS_RETRY);
	assert_int_equal(db_commit(world.db), STATUS_OK);
	assert_int_equal(count_of("rating_due"), 1);
}

static void another_methodology_makes_live_results_due(void **state)
{
	(void)state;
	need_database();
	settle();
	assert_int_equal(ranking_handlers_mark_stale(world.handlers), STATUS_OK);
	assert_int_equal(count_of("rating_due"), 0);
	memset(world.handlers->methodology_digest, '0', SHA256_HEX_SIZE - 1);
	assert_int_equal(ranking_handlers_mark_stale(world.handlers), STATUS_OK);
	assert_int_equal(count_of("rating_due"), 2);
}

/* ---- cut-offs, signatures, revisions ---- */

#define PUBLIC_KEY_SIZE (2 * SIGN_PUBLIC_BYTES + 1)

static const uint8_t SEED[32] = {7};

struct signer {
	uint8_t public_key[SIGN_PUBLIC_BYTES], secret_key[SIGN_SECRET_BYTES];
	char public_text[PUBLIC_KEY_SIZE];
	char signature[RANKING_SEAL_SIGNATURE_SIZE];
};

static struct signer new_signer(void)
{
	struct signer signer;
	sign_keypair(SEED, signer.public_key, signer.secret_key);
	hex_format(signer.public_key, SIGN_PUBLIC_BYTES, signer.public_text);
	return signer;
}

static const struct json *prepare_final(const char *public_key)
{
	return ask_ok(COORDINATOR, "rating.prepare",
	              arena_printf(world.arena, "{\"period\":\"2023\",\"kind\":\"final\",\"public_key\":\"%s\"}", public_key));
}

static const char *signed_params(const struct signer *signer, const struct json *document)
{
	return arena_printf(world.arena, "{\"period\":\"2023\",\"kind\":\"final\",\"public_key\":\"%s\",\"signature\":\"%s\","
	                                 "\"published_time\":\"%s\"}", signer->public_text, signer->signature,
	                    json_find_string(document, "published_time"));
}

static void what_was_prepared_and_signed_is_published(void **state)
{
	(void)state;
	need_database();
	settle();
	struct signer signer = new_signer();
	const struct json *document = json_find(prepare_final(signer.public_text), "document");
	assert_int_equal(count_of("rating_run"), 0);
	ranking_seal_sign(signer.secret_key, json_find_string(document, "document_digest"), signer.signature);
	const char *params = signed_params(&signer, document);
	const struct json *published = ask_ok(COORDINATOR, "rating.publish", params);
	assert_string_equal(json_find_string(published, "document_digest"), json_find_string(document, "document_digest"));
	const struct json *stored = ask_ok(READER, "rating.get", "{\"period\":\"2023\"}");
	assert_int_equal(ranking_seal_check(world.arena, stored, signer.public_text), RANKING_SEAL_SOUND);
	assert_string_equal(json_find_string(stored, "published_by"), key_text(COORDINATOR));
}

static void a_signature_over_another_document_is_refused(void **state)
{
	(void)state;
	need_database();
	settle();
	struct signer signer = new_signer();
	const struct json *document = json_find(prepare_final(signer.public_text), "document");
	ranking_seal_sign(signer.secret_key, json_find_string(document, "document_digest"), signer.signature);
	const char *params = signed_params(&signer, document);
	set_value(SPB, "2023", "lead_time_reduction", "90");
	ask_refused(COORDINATOR, "rating.publish", params, "bad_signature");
	assert_int_equal(count_of("rating_run"), 0);
}

/* Events go on flowing; what was there when the publisher asked is what counts. */
static void a_publication_at_a_cut_off_does_not_wait_for_what_comes_later(void **state)
{
	(void)state;
	need_database();
	settle();
	admin_run("UPDATE effreg.event_head SET last_seq = 2 WHERE region_id = '" VOR "'");
	const struct json *behind = ask_ok(COORDINATOR, "rating.prepare", "{\"period\":\"2023\",\"kind\":\"final\"}");
	assert_true(json_is(json_find(behind, "document"), JSON_NULL));
	assert_string_equal(json_find_string(behind, "waits_for"), VOR);
	assert_string_equal(json_find_string(json_find(behind, "cutoff"), VOR), "2");
	admin_run("UPDATE effreg.cursor SET seq = 2 WHERE consumer = 'metrics'");
	admin_run("UPDATE effreg.event_head SET last_seq = 9 WHERE region_id = '" VOR "'");
	ask_refused(COORDINATOR, "rating.publish", "{\"period\":\"2023\",\"kind\":\"final\",\"cutoff\":{\"" VOR "\":\"3\"}}",
	            "not_settled");
	ask_ok(COORDINATOR, "rating.publish", "{\"period\":\"2023\",\"kind\":\"final\",\"cutoff\":{\"" VOR "\":\"2\"}}");
	const struct json *document = ask_ok(READER, "rating.get", "{\"period\":\"2023\"}");
	assert_string_equal(json_find_string(json_find(json_find(document, "seqs"), VOR), "seq"), "2");
}

static const char *canonical_of(const struct json *json)
{
	struct buf text;
	buf_init(&text, ANSWER_BYTES);
	assert_int_equal(json_canonical(&text, json), STATUS_OK);
	const char *kept = arena_text(world.arena, text.at, text.len);
	buf_clear(&text);
	return kept;
}

/* The difference is kept in the document, and is what anyone gets from the two documents. */
static void a_correction_keeps_what_it_corrects(void **state)
{
	(void)state;
	need_database();
	settle();
	publish("2023", "final");
	set_value(SPB, "2023", "lead_time_reduction", "90");
	write_metric(SPB, "2023");
	follow();
	publish("2023", "final");
	const struct json *first = ask_ok(READER, "rating.get", "{\"period\":\"2023\",\"kind\":\"final\",\"revision\":1}");
	const struct json *second = ask_ok(READER, "rating.get", "{\"period\":\"2023\"}");
	assert_true(json_is(json_find(first, "corrects"), JSON_NULL));
	const struct json *corrects = json_find(second, "corrects");
	assert_int_equal(integer_of(json_find(corrects, "from"), "revision"), 1);
	assert_string_equal(json_find_string(json_find(corrects, "from"), "document_digest"),
	                    json_find_string(first, "document_digest"));
	const struct json *row = json_first(json_find(corrects, "rows"));
	const struct json *figure = json_find(json_find(json_next(row), "indicators"), "lead_time_reduction");
	assert_string_equal(json_find_string(json_next(row), "region"), SPB);
	assert_string_equal(json_string(json_first(figure)), "40");
	assert_string_equal(json_string(json_next(json_first(figure))), "90");
	struct buf text;
	buf_init(&text, ANSWER_BYTES);
	ranking_difference_write(world.arena, &text, first, second);
	const struct json *computed = parse(&text);
	assert_string_equal(canonical_of(json_find(computed, "rows")), canonical_of(json_find(corrects, "rows")));
	buf_clear(&text);
	assert_int_equal(ranking_seal_check(world.arena, second, NULL), RANKING_SEAL_UNSIGNED);
}

/* ---- cohorts ---- */

static void a_cohort_is_rated_by_itself_and_over_all(void **state)
{
	(void)state;
	need_database();
	settle();
	const struct json *district =
		ask_ok(READER, "rating.get", "{\"period\":\"2023\",\"cohort\":\"district-northwestern\"}");
	assert_string_equal(json_find_string(district, "kind"), "live");
	assert_int_equal(integer_of(row_of(district, SPB), "place"), 1);
	assert_int_equal(integer_of(row_of(district, SPB), "overall_place"), 2);
	for (const struct json *row = json_first(json_find(district, "rows")); row != NULL; row = json_next(row))
		assert_string_not_equal(json_find_string(row, "region"), VOR);
	ask_ok(COORDINATOR, "rating.publish",
	       "{\"period\":\"2023\",\"kind\":\"final\",\"cohort\":\"district-northwestern\"}");
	assert_string_equal(world.hinted_cohort, "district-northwestern");
	ask_refused(READER, "rating.get", "{\"period\":\"2023\",\"kind\":\"final\"}", "not_found");
	district = ask_ok(READER, "rating.get", "{\"period\":\"2023\",\"cohort\":\"district-northwestern\",\"kind\":\"final\"}");
	assert_int_equal(ranking_seal_check(world.arena, district, NULL), RANKING_SEAL_UNSIGNED);
}

/* Voronezh had joined by the end of 2021, Saint Petersburg had not. */
static void newcomers_are_who_joined_within_the_years(void **state)
{
	(void)state;
	need_database();
	set_value(VOR, "2021", "joined", "1");
	settle();
	const struct json *newcomers = ask_ok(READER, "rating.get", "{\"period\":\"2023\",\"cohort\":\"newcomers\"}");
	assert_int_equal(json_count(json_find(newcomers, "rows")), 1);
	assert_int_equal(integer_of(row_of(newcomers, SPB), "place"), 1);
}

static void leagues_by_size_take_the_figure_of_the_period(void **state)
{
	(void)state;
	need_database();
	set_value(VOR, "2023", "initiated_total", "200");
	set_value(SPB, "2023", "initiated_total", "199.5");
	settle();
	const struct json *large = ask_ok(READER, "rating.get", "{\"period\":\"2023\",\"cohort\":\"size-large\"}");
	const struct json *medium = ask_ok(READER, "rating.get", "{\"period\":\"2023\",\"cohort\":\"size-medium\"}");
	assert_int_equal(integer_of(row_of(large, VOR), "place"), 1);
	assert_int_equal(json_count(json_find(large, "rows")), 1);
	assert_int_equal(integer_of(row_of(medium, SPB), "place"), 1);
}

/* Months, quarters and halves are computed when they are asked for, and published like years. */
static void any_period_with_figures_has_a_rating(void **state)
{
	(void)state;
	static const char *const PERIODS[] = {"2023-09", "2023-Q3", "2023-H2"};
	need_database();
	for (size_t i = 0; i < ARRAY_COUNT(PERIODS); i++) {
		set_region(SPB, PERIODS[i], "40");
		set_region(VOR, PERIODS[i], "57");
		write_metric(VOR, PERIODS[i]);
	}
	settle();
	for (size_t i = 0; i < ARRAY_COUNT(PERIODS); i++) {
		const struct json *live =
			ask_ok(READER, "rating.get", arena_printf(world.arena, "{\"period\":\"%s\"}", PERIODS[i]));
		assert_string_equal(json_find_string(live, "kind"), "live");
		assert_int_equal(integer_of(row_of(live, VOR), "place"), 1);
		publish(PERIODS[i], "final");
		live = ask_ok(READER, "rating.get", arena_printf(world.arena, "{\"period\":\"%s\"}", PERIODS[i]));
		assert_string_equal(json_find_string(live, "kind"), "final");
	}
	ask_refused(READER, "rating.get", "{\"period\":\"2023-10\"}", "not_found");
	ask_refused(COORDINATOR, "rating.publish", "{\"period\":\"2023-Q4\",\"kind\":\"final\"}", "not_found");
}

/* ---- authorities ---- */

static void add_authority(const char *id, const char *title, const char *registered_on)
{
	admin_run(arena_printf(world.arena, "INSERT INTO effreg.entity (region_id, kind, entity, seqs, attributes) VALUES ('" VOR "',"
	          " 'authority', '%s', '{1}', '{\"title\":{\"ru\":\"%s\"},\"registered_on\":\"%s\"}')", id, title, registered_on));
}

static void set_authority(const char *id, const char *code, const char *value)
{
	admin_run(arena_printf(world.arena,
		"INSERT INTO effreg.figures AS kept (region_id, subject, period, figures) VALUES ('" VOR "', 'authority/%s', '2023',"
		" pg_catalog.jsonb_build_object('%s', pg_catalog.concat_ws(' ', 1, 1, 1, %s))) ON CONFLICT (region_id, subject, period)"
		" DO UPDATE SET figures = kept.figures || EXCLUDED.figures", id, code, value));
}

static const struct json *body_of(const struct json *document, const char *id)
{
	for (const struct json *row = json_first(json_find(document, "rows")); row != NULL; row = json_next(row)) {
		if (text_equal(json_find_string(row, "authority"), id))
			return row;
	}
	fail_msg("no row of %s", id);
	return NULL;
}

/* Four of them rated, so that the first is a quarter of them: the leading group. */
static void fill_authorities(void)
{
	static const char *const IDS[] = {"health", "roads", "labour", "archive", "culture", "sport"};
	static const char *const REDUCTIONS[] = {"60", "50", "40", "35", "30", "20"};
	admin_run("DELETE FROM effreg.entity");
	for (size_t i = 0; i < ARRAY_COUNT(IDS); i++) {
		add_authority(IDS[i], "Министерство", i == 5 ? "2024-01-01" : "2022-03-01");
		set_authority(IDS[i], "measured", i == 4 ? "0" : "2");
		set_authority(IDS[i], "lead_time_reduction", REDUCTIONS[i]);
		set_authority(IDS[i], "digital_share", REDUCTIONS[i]);
		set_authority(IDS[i], "independent_share", "50");
	}
}

static void the_authorities_of_a_region_are_rated(void **state)
{
	(void)state;
	need_database();
	settle();
	fill_authorities();
	const struct json *document = ask_ok(READER, "rating.get", "{\"period\":\"2023\",\"cohort\":\"authorities.RU-VOR\"}");
	assert_string_equal(json_find_string(document, "cohort"), "authorities." VOR);
	assert_int_equal(json_count(json_find(document, "rows")), 6);
	assert_int_equal(integer_of(body_of(document, "health"), "place"), 1);
	assert_int_equal(integer_of(body_of(document, "labour"), "place"), 3);
	assert_true(json_bool(json_find(body_of(document, "health"), "bonus_eligible")));
	assert_string_equal(json_find_string(body_of(document, "roads"), "bonus_reason"), "group");
	assert_string_equal(json_find_string(body_of(document, "culture"), "reason"), "too_few_measured_projects");
	assert_string_equal(json_find_string(body_of(document, "culture"), "bonus_reason"), "not_rated");
	assert_string_equal(json_find_string(body_of(document, "sport"), "reason"), "not_joined");
	assert_int_equal(json_count(json_find(document, "seqs")), 1);
	ask_refused(READER, "rating.get", "{\"period\":\"2023\",\"cohort\":\"authorities.40000000\"}", "not_found");
	set_region(VOR, "2023-Q3", "40");
	ask_refused(READER, "rating.get", "{\"period\":\"2023-Q3\",\"cohort\":\"authorities." VOR "\"}", "not_found");
	ask_refused(READER, "rating.get", "{\"period\":\"2023\",\"cohort\":\"authorities\"}", "unknown_cohort");
}

static void a_rating_of_authorities_is_published_and_holds(void **state)
{
	(void)state;
	need_database();
	settle();
	fill_authorities();
	static const char PARAMS[] = "{\"period\":\"2023\",\"kind\":\"final\",\"cohort\":\"authorities." VOR "\"}";
	ask_ok(COORDINATOR, "rating.publish", PARAMS);
	assert_string_equal(world.hinted_cohort, "authorities." VOR);
	const struct json *document = ask_ok(READER, "rating.get", "{\"period\":\"2023\",\"cohort\":\"authorities." VOR "\"}");
	assert_string_equal(json_find_string(document, "kind"), "final");
	assert_int_equal(ranking_seal_check(world.arena, document, NULL), RANKING_SEAL_UNSIGNED);
	assert_int_equal(count_of("rating_row"), 6);
	/* The region's own history does not speak of its authorities. */
	const struct json *history = ask_ok(READER, "rating.history", "{\"region\":\"RU-VOR\",\"cohort\":\"authorities." VOR "\"}");
	assert_int_equal(json_count(history), 0);
}

static void the_cohorts_are_listed(void **state)
{
	(void)state;
	need_database();
	const struct json *list = ask_ok(READER, "rating.cohorts", "{}");
	assert_true(json_count(list) >= 10);
	assert_string_equal(json_find_string(json_first(list), "cohort"), "all");
	assert_non_null(json_find_string(json_find(json_first(list), "title"), "ru"));
}

static void a_place_has_an_interval(void **state)
{
	(void)state;
	need_database();
	settle();
	const struct json *document = ask_ok(READER, "rating.get", "{\"period\":\"2023\"}");
	const struct json *interval = json_find(row_of(document, VOR), "interval");
	int64_t lo = 0, hi = 0;
	assert_int_equal(json_count(interval), 2);
	assert_true(json_integer(json_first(interval), &lo) && json_integer(json_next(json_first(interval)), &hi));
	assert_true(lo == 1 && hi >= 1 && hi <= 2);
	assert_true(json_is(json_find(row_of(document, KGD), "interval"), JSON_NULL));
	assert_int_equal(integer_of(json_find(document, "interval_by"), "replicates"), 200);
}

static int start(void **state)
{
	(void)state;
	return crypto_init() == STATUS_OK ? 0 : -1;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_turn_marks_periods_and_the_live_rating_follows),
		CASE(publishing_the_same_result_twice_changes_nothing),
		CASE(another_result_becomes_the_next_revision),
		CASE(the_final_run_stands_before_the_interim_one),
		CASE(the_previous_place_is_the_published_one_of_the_year_before),
		CASE(nothing_is_published_while_a_region_is_behind),
		CASE(a_digest_named_must_be_the_one_computed),
		CASE(only_the_coordinator_publishes),
		CASE(what_cannot_be_answered_is_refused_with_its_code),
		CASE(the_history_of_a_region_is_its_published_places),
		CASE(a_published_run_keeps_what_it_was_computed_from),
		CASE(having_joined_is_carried_forward),
		CASE(a_changed_figure_marks_its_own_period),
		CASE(a_mark_waits_for_the_computation_of_its_period),
		CASE(another_methodology_makes_live_results_due),
		CASE(what_was_prepared_and_signed_is_published),
		CASE(a_signature_over_another_document_is_refused),
		CASE(a_publication_at_a_cut_off_does_not_wait_for_what_comes_later),
		CASE(a_correction_keeps_what_it_corrects),
		CASE(a_cohort_is_rated_by_itself_and_over_all),
		CASE(newcomers_are_who_joined_within_the_years),
		CASE(leagues_by_size_take_the_figure_of_the_period),
		CASE(any_period_with_figures_has_a_rating),
		CASE(the_authorities_of_a_region_are_rated),
		CASE(a_rating_of_authorities_is_published_and_holds),
		CASE(the_cohorts_are_listed),
		CASE(a_place_has_an_interval),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
