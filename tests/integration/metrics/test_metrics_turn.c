/* The turn over a real PostgreSQL: what is saved is what a replay of the log makes, whoever takes the turn and whatever fails; a rebuild
 * comes to the same; other definitions make the figures anew. */
#include "services/metrics/metrics_handlers.h"
#include "services/metrics/metrics_rebuild.h"
#include "services/metrics/metrics_store.h"
#include "tests/unit/metrics/random_events.h"

#define OTHER_REGION   "40000000"
#define HISTORY_EVENTS 700

struct world {
	struct fixture pure;            /* rules, an arena, and logs that never saw a database */
	struct db *db;
	struct metrics *metrics;
	struct stream_consumer *consumer;
	unsigned appended;              /* records told after a commit */
	uint64_t appended_seq;
};

static struct world world;

/* ---- Surroundings ---- */

static void must(enum status status)
{
	if (status != STATUS_OK)
		fail_msg("%s: %s", status_name(status), world.db == NULL ? "" : db_error(world.db));
}

static void on_appended(void *context, const char *region, uint64_t metric_seq)
{
	(void)context;
	(void)region;
	world.appended++;
	world.appended_seq = metric_seq;
}

static struct rules *rules_of(const char *indicators)
{
	struct rules *rules;
	struct fault fault = {.text = ""};
	if (rules_new(span_of_text(indicators), span_of("", 0), &rules, &fault) != STATUS_OK)
		fail_msg("%s %s", fault.pointer, fault.text);
	return rules;
}

static void service_start(const char *indicators, size_t memory_bytes_max)
{
	const struct metrics_options options = {
		.rules = rules_of(indicators), .memory_bytes_max = memory_bytes_max, .hash_seed = 11, .appended = on_appended,
	};
	world.metrics = metrics_new(&options);
	struct stream_consumer_options consumer = metrics_consumer_options(world.metrics);
	world.consumer = stream_consumer_new(world.db, &consumer);
}

static void service_stop(void)
{
	stream_consumer_destroy(&world.consumer);
	metrics_destroy(&world.metrics);
}

static void service_again(const char *indicators, size_t memory_bytes_max)
{
	service_stop();
	service_start(indicators, memory_bytes_max);
}

static void act(const char *sql)
{
	must(db_begin(world.db));
	must(db_exec(world.db, sql));
	must(db_commit(world.db));
}

static int setup(void **state)
{
	(void)state;
	struct fault fault = {.text = ""};
	const char *dsn = getenv("EFFREG_TEST_DSN");
	memset(&world, 0, sizeof world);
	fixture_init(&world.pure);
	if (db_connect(dsn == NULL ? "" : dsn, "test_metrics_turn", &world.db, &fault) != STATUS_OK)
		fail_msg("EFFREG_TEST_DSN: %s", fault.text);
	act("TRUNCATE effreg.event, effreg.event_head, effreg.source, effreg.metric, effreg.metric_head, effreg.cursor, effreg.attempt,"
	    " effreg.entity, effreg.correction, effreg.region_horizon, effreg.figures, effreg.indicator, effreg.indicator_definitions,"
	    " effreg.entity_rebuild, effreg.correction_rebuild, effreg.region_horizon_rebuild");
	act("INSERT INTO effreg.region (region_id, kind, name_ru, name_en, federal_district_ru, federal_district_en)"
	    " SELECT r, 'oblast', r, r, '-', '-' FROM pg_catalog.unnest(ARRAY['" FIXTURE_REGION "', '" OTHER_REGION "']) AS r ON CONFLICT DO NOTHING");
	service_start("", (size_t)64 * 1024 * 1024);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	service_stop();
	db_disconnect(&world.db);
	fixture_clear(&world.pure);
	return 0;
}

/* ---- The log, the turns, the tables ---- */

static struct append_event to_append(const char *text)
{
	const struct json *json;
	struct envelope envelope;
	must(json_parse(world.pure.arena, text, strlen(text), &JSON_LIMITS_EVENT, &json, NULL));
	must(envelope_read(json, &envelope, NULL));
	return (struct append_event){
		.id = envelope.id, .body = span_of_text(text), .source = envelope.source, .sequence = 0,
		.digest = sha256_of(text, strlen(text)),
	};
}

static void append(const char *region, const char *const *texts, unsigned count)
{
	struct append_event events[STREAM_BATCH_MAX];
	struct append_head head;
	const struct append_hooks hooks = {.context = NULL};
	assert_true(count <= STREAM_BATCH_MAX);
	for (unsigned i = 0; i < count; i++)
		events[i] = to_append(texts[i]);
	must(stream_append(world.db, region, events, count, &hooks, world.pure.arena, &head));
}

static void append_one(const char *text)
{
	append(FIXTURE_REGION, &text, 1);
}

/* Turns until there is nothing more to do. */
static void settle(void)
{
	unsigned turns = 0;
	must(stream_consumer_work(world.consumer, true, 1000, &turns));
}

static const char *ask(const char *sql)
{
	struct db_rows *rows;
	must(db_begin(world.db));
	must(db_query(world.db, sql, NULL, 0, &rows));
	assert_int_equal(db_rows_count(rows), 1);
	const char *text = db_get_text(rows, 0, 0);
	text = arena_text(world.pure.arena, text, strlen(text));
	db_rows_destroy(&rows);
	db_rollback(world.db);
	return text;
}

/* Everything that metrics has made. */
static const char *state_text(void)
{
	return ask("SELECT pg_catalog.string_agg(line, E'\\n' ORDER BY line COLLATE \"C\") FROM ("
	           "SELECT 'e' || pg_catalog.concat_ws(' ', region_id, kind, entity, seqs::text, attributes::text) AS line FROM effreg.entity"
	           " UNION ALL SELECT 'c' || pg_catalog.concat_ws(' ', region_id, target::text, seqs::text) FROM effreg.correction"
	           " UNION ALL SELECT 'h' || pg_catalog.concat_ws(' ', region_id, month_first, month_last, definitions) FROM effreg.region_horizon"
	           " UNION ALL SELECT 'v' || pg_catalog.concat_ws(' ', region_id, subject, period, code, numerator, denominator, observations, value)"
	           " FROM effreg.figure) AS lines");
}

static struct metrics_rebuild_report rebuild(bool check)
{
	struct metrics_rebuild_report report;
	struct fault fault = {.text = ""};
	struct rules *rules = rules_of("");
	const struct metrics_rebuild_options options = {.rules = rules, .hash_seed = 5, .check = check};
	must(metrics_rebuild_begin(world.db, &fault));
	if (metrics_rebuild_run(world.db, &options, &report, &fault) != STATUS_OK)
		fail_msg("%s; %s", fault.text, db_error(world.db));
	rules_destroy(&rules);
	return report;
}

static void assert_follows_from_the_log(void)
{
	struct metrics_rebuild_report report = rebuild(true);
	if (report.different > 0)
		fail_msg("%llu rows differ: %s", (unsigned long long)report.different, report.example);
}

static const char *practice(const char *name, const char *time)
{
	return event_of(&world.pure, "practice.published", time,
	                arena_printf(world.pure.arena, "\"practice\":\"%s\",\"title\":{\"ru\":\"п\",\"en\":\"p\"},\"sphere\":\"youth\",\"platform\":\"smarteka\"", name));
}

/* ---- Cases ---- */

#define VALUE(period, code) \
	"SELECT numerator || '/' || denominator || ' ' || observations || ' ' || value FROM effreg.figure" \
	" WHERE subject = '' AND period = '" period "' AND code = '" code "'"

static void a_turn_saves_entities_values_record_and_cursor_together(void **state)
{
	(void)state;
	append_one(practice("R1", "2023-05-01T10:00:00Z"));
	settle();
	assert_string_equal(ask("SELECT seq FROM effreg.cursor WHERE consumer = 'metrics' AND key = '20000000'"), "1");
	assert_string_equal(ask(VALUE("2023", "practices_published")), "1/1 1 1");
	assert_string_equal(ask(VALUE("2023-05", "practices_published")), "1/1 1 1");
	assert_string_equal(ask("SELECT kind || ' ' || entity || ' ' || seqs::text FROM effreg.entity WHERE kind = 'practice'"), "practice R1 {1}");
	assert_string_equal(ask("SELECT month_first || ' ' || month_last FROM effreg.region_horizon"), "2023-05 2023-12");
	assert_string_equal(ask("SELECT (body->>'event_seq') || ' ' || pg_catalog.json_array_length(body->'changed') FROM effreg.metric"), "1 4");
	assert_int_equal(world.appended, 1);
	assert_int_equal(world.appended_seq, 1);
}

static void only_figures_that_differ_are_written_and_named(void **state)
{
	(void)state;
	append_one(practice("R1", "2023-05-01T10:00:00Z"));
	settle();
	act("UPDATE effreg.figures SET figures = pg_catalog.replace(figures::text, '\"1 1 1 1\"', '\"1 1 77 1\"')::jsonb");
	append_one(practice("R2", "2023-06-01T10:00:00Z"));
	settle();
	assert_string_equal(ask(VALUE("2023", "practices_published")), "2/1 2 2");
	assert_string_equal(ask(VALUE("2023-05", "practices_published")), "1/1 77 1");
	assert_string_equal(ask("SELECT pg_catalog.count(*) FROM effreg.metric"), "2");
	assert_int_equal(metrics_counts(world.metrics).loads, 1);
}

static void a_turn_that_changes_nothing_says_so(void **state)
{
	(void)state;
	append_one("{\"specversion\":\"1.0\",\"id\":\"00000000-0000-4000-8000-00000000aaaa\",\"source\":\"ru-vor/portal\","
	           "\"type\":\"effreg.event.withdrawn.v1\",\"subject\":\"" FIXTURE_REGION "\",\"time\":\"2023-05-01T10:00:00Z\","
	           "\"supersedes\":\"00000000-0000-4000-8000-00000000ffff\",\"data\":{\"target\":\"00000000-0000-4000-8000-00000000ffff\","
	           "\"type\":\"effreg.practice.published.v1\",\"reason\":{\"ru\":\"п\",\"en\":\"r\"}}}");
	settle();
	assert_string_equal(ask("SELECT body->>'changed' FROM effreg.metric"), "[]");
	assert_string_equal(ask("SELECT seqs::text FROM effreg.correction"), "{1}");
}

/* A correction that comes first, then its target, in turns of their own. */
static void a_correction_that_came_first_holds_when_its_target_comes(void **state)
{
	(void)state;
	const char *target = practice("R1", "2023-05-01T10:00:00Z");
	const char *correction = arena_printf(world.pure.arena,
		"{\"specversion\":\"1.0\",\"id\":\"00000000-0000-4000-8000-00000000aaaa\",\"source\":\"ru-vor/portal\",\"type\":\"effreg.event.corrected.v1\","
		"\"subject\":\"" FIXTURE_REGION "\",\"time\":\"2023-07-01T00:00:00Z\",\"supersedes\":\"00000000-0000-4000-8000-000000000001\",\"data\":"
		"{\"target\":\"00000000-0000-4000-8000-000000000001\",\"type\":\"effreg.practice.published.v1\",\"data\":{\"practice\":\"R2\",\"title\":"
		"{\"ru\":\"п\",\"en\":\"p\"},\"sphere\":\"youth\",\"platform\":\"smarteka\"}}}");
	append_one(correction);
	settle();
	append_one(target);
	settle();
	assert_string_equal(ask("SELECT pg_catalog.string_agg(entity || ' ' || seqs::text || ' ' || (attributes::text = '{}'), ', ' ORDER BY entity)"
	                        " FROM effreg.entity WHERE kind = 'practice'"), "R1 {1,2} true, R2 {1,2} false");
	assert_string_equal(ask(VALUE("2023", "practices_published")), "1/1 1 1");
	assert_follows_from_the_log();
}

static void random_histories(const char **own, const char **other, uint64_t *seed)
{
	for (unsigned i = 0; i < HISTORY_EVENTS; i++) {
		own[i] = random_event(world.pure.arena, FIXTURE_REGION, i, seed);
		other[i] = random_event(world.pure.arena, OTHER_REGION, i, seed);
	}
}

/* With no room for two regions in memory, and a new process now and then. */
static void random_turns_come_to_what_a_rebuild_makes(void **state)
{
	(void)state;
	const char *own[HISTORY_EVENTS], *other[HISTORY_EVENTS];
	uint64_t seed = seed_of_run();
	random_histories(own, other, &seed);
	service_again("", 1);
	for (unsigned done = 0; done < HISTORY_EVENTS;) {
		unsigned count = 1 + pick(&seed, 60);
		count = count > HISTORY_EVENTS - done ? HISTORY_EVENTS - done : count;
		append(FIXTURE_REGION, own + done, count);
		append(OTHER_REGION, other + done, count);
		settle();
		assert_int_equal(metrics_counts(world.metrics).regions, 1);
		done += count;
		if (pick(&seed, 5) == 0)
			service_again("", 1);
	}
	assert_follows_from_the_log();
	const char *stepwise = state_text();
	assert_int_equal(rebuild(false).regions, 2);
	assert_string_equal(state_text(), stepwise);
	append_one(practice("after", "2023-05-01T10:00:00Z"));
	settle();
	assert_follows_from_the_log();
}

static void a_check_finds_what_does_not_follow_from_the_log(void **state)
{
	(void)state;
	append_one(practice("R1", "2023-05-01T10:00:00Z"));
	settle();
	assert_follows_from_the_log();
	act("UPDATE effreg.figures SET figures = figures || '{\"practices_published\":\"2 1 1 1\"}' WHERE period = '2023-Q2'");
	act("UPDATE effreg.entity SET attributes = '{}' WHERE kind = 'practice'");
	struct metrics_rebuild_report report = rebuild(true);
	assert_int_equal(report.different, 2);
	assert_non_null(strstr(report.example, "20000000: "));
	assert_int_equal(rebuild(false).events, 1);
	assert_follows_from_the_log();
}

#define TWICE_NOW "{\"code\":\"t\",\"version\":1,\"indicators\":[{\"code\":\"practices_of_youth\",\"title\":{\"ru\":\"п\",\"en\":\"p\"},\"unit\":\"count\"," \
	"\"direction\":\"higher\",\"kind\":\"flow\",\"source\":\"practice\",\"date\":\"published_on\",\"filter\":[{\"attribute\":\"sphere\",\"is\":\"youth\"}]," \
	"\"measure\":{\"count\":true}}]}"

static void refresh_all(void)
{
	bool more = true;
	struct fault fault = {.text = ""};
	while (more)
		must(metrics_refresh(world.metrics, world.db, &more, &fault));
}

static void other_definitions_make_the_figures_anew(void **state)
{
	(void)state;
	struct fault fault = {.text = ""};
	must(metrics_put_in_force(world.metrics, world.db, &fault));
	append_one(practice("R1", "2023-05-01T10:00:00Z"));
	settle();
	service_again(TWICE_NOW, 1 << 20);
	must(metrics_put_in_force(world.metrics, world.db, &fault));
	refresh_all();
	assert_string_equal(ask("SELECT pg_catalog.string_agg(code || ' ' || period, ', ' ORDER BY period COLLATE \"C\") FROM effreg.figure WHERE region_id = '20000000'"),
	                    "practices_of_youth 2023, practices_of_youth 2023-05, practices_of_youth 2023-H1, practices_of_youth 2023-Q2");
	assert_string_equal(ask("SELECT pg_catalog.string_agg(code, ' ') FROM effreg.indicator"), "practices_of_youth");
	assert_string_equal(ask("SELECT pg_catalog.count(*) FROM effreg.metric"), "2");
	append_one(practice("R2", "2023-05-01T10:00:00Z"));
	settle();
	assert_string_equal(ask(VALUE("2023", "practices_of_youth")), "2/1 2 2");
}

/* A metrics of the version before migration 20 took the last turn. */
static void keep_figures_elsewhere(void)
{
	append_one(practice("R1", "2023-05-01T10:00:00Z"));
	settle();
	act("UPDATE effreg.metric SET body = '{\"event_seq\":1,\"changed\":[],\"subjects\":[]}'");
	act("DELETE FROM effreg.figures");
	service_again("", (size_t)64 * 1024 * 1024);
}

static void figures_kept_elsewhere_are_made_anew_by_the_next_turn(void **state)
{
	(void)state;
	keep_figures_elsewhere();
	append_one(practice("R2", "2024-06-01T10:00:00Z"));
	settle();
	assert_string_equal(ask(VALUE("2023", "practices_published")), "1/1 1 1");
	assert_follows_from_the_log();
}

static void figures_kept_elsewhere_are_made_anew_without_a_turn(void **state)
{
	(void)state;
	keep_figures_elsewhere();
	refresh_all();
	assert_string_equal(ask(VALUE("2023", "practices_published")), "1/1 1 1");
	assert_string_equal(ask("SELECT pg_catalog.count(*) FROM effreg.metric"), "2");
	assert_follows_from_the_log();
	refresh_all();
	assert_string_equal(ask("SELECT pg_catalog.count(*) FROM effreg.metric"), "2");
}

static void another_process_takes_the_definitions_in_force(void **state)
{
	(void)state;
	struct fault fault = {.text = ""};
	must(metrics_put_in_force(world.metrics, world.db, &fault));
	append_one(practice("R1", "2023-05-01T10:00:00Z"));
	settle();
	struct rules *rules = rules_of(TWICE_NOW);
	must(db_begin(world.db));
	must(metrics_store_put_definitions(world.db, rules->definitions_digest, rules->definitions_text, rules->definitions));
	must(db_commit(world.db));
	rules_destroy(&rules);
	refresh_all();
	append_one(practice("R2", "2023-06-01T10:00:00Z"));
	settle();
	assert_string_equal(ask(VALUE("2023", "practices_of_youth")), "2/1 2 2");
}

static void a_poisonous_event_is_parked_and_the_region_goes_on(void **state)
{
	(void)state;
	append_one(practice("R1", "2023-05-01T10:00:00Z"));
	append_one(event_of(&world.pure, "practice.published", "2023-05-01T10:00:00Z", "\"platform\":\"smarteka\""));
	append_one(practice("R2", "2023-05-01T10:00:00Z"));
	settle();
	assert_string_equal(ask("SELECT seq FROM effreg.attempt WHERE parked_time IS NOT NULL"), "2");
	assert_string_equal(ask(VALUE("2023", "practices_published")), "2/1 2 2");
	assert_follows_from_the_log();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_turn_saves_entities_values_record_and_cursor_together, setup, teardown),
		cmocka_unit_test_setup_teardown(only_figures_that_differ_are_written_and_named, setup, teardown),
		cmocka_unit_test_setup_teardown(a_turn_that_changes_nothing_says_so, setup, teardown),
		cmocka_unit_test_setup_teardown(a_correction_that_came_first_holds_when_its_target_comes, setup, teardown),
		cmocka_unit_test_setup_teardown(random_turns_come_to_what_a_rebuild_makes, setup, teardown),
		cmocka_unit_test_setup_teardown(a_check_finds_what_does_not_follow_from_the_log, setup, teardown),
		cmocka_unit_test_setup_teardown(other_definitions_make_the_figures_anew, setup, teardown),
		cmocka_unit_test_setup_teardown(figures_kept_elsewhere_are_made_anew_by_the_next_turn, setup, teardown),
		cmocka_unit_test_setup_teardown(figures_kept_elsewhere_are_made_anew_without_a_turn, setup, teardown),
		cmocka_unit_test_setup_teardown(another_process_takes_the_definitions_in_force, setup, teardown),
		cmocka_unit_test_setup_teardown(a_poisonous_event_is_parked_and_the_region_goes_on, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
