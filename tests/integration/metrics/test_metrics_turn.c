/* The turn over a real PostgreSQL: what is saved is what is known, whoever takes the turn and whatever fails. */
#include "services/metrics/metrics_handlers.h"
#include "services/metrics/metrics_store.h"
#include "tests/unit/metrics/random_events.h"

#define OTHER_REGION   "40000000"
#define HISTORY_EVENTS 900

struct world {
	struct region_fixture pure;     /* units, an arena, and a region that never saw a database */
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

static void service_start(struct db *db, size_t regions_max, struct metrics **ret_metrics,
                          struct stream_consumer **ret_consumer)
{
	const struct metrics_options options = {
		.units = world.pure.units, .regions_max = regions_max, .hash_seed = 11, .appended = on_appended,
	};
	*ret_metrics = metrics_new(&options);
	struct stream_consumer_options consumer = metrics_consumer_options(*ret_metrics);
	*ret_consumer = stream_consumer_new(db, &consumer);
}

static void service_stop(struct metrics **metrics, struct stream_consumer **consumer)
{
	stream_consumer_destroy(consumer);
	metrics_destroy(metrics);
}

static void empty_tables(void)
{
	must(db_begin(world.db));
	must(db_exec(world.db, "TRUNCATE effreg.event, effreg.event_head, effreg.source, effreg.metric, effreg.metric_head,"
	                       " effreg.cursor, effreg.attempt, effreg.region_state, effreg.project,"
	                       " effreg.project_indicator, effreg.authority, effreg.headcount, effreg.training,"
	                       " effreg.practice, effreg.indicator_value, effreg.fact"));
	must(db_exec(world.db, "INSERT INTO effreg.region (region_id, kind, name_ru, name_en, federal_district_ru,"
	                       " federal_district_en) SELECT r, 'oblast', r, r, '-', '-'"
	                       " FROM pg_catalog.unnest(ARRAY['" FIXTURE_REGION "', '" OTHER_REGION "']) AS r"
	                       " ON CONFLICT DO NOTHING"));
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
	empty_tables();
	service_start(world.db, 4, &world.metrics, &world.consumer);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	service_stop(&world.metrics, &world.consumer);
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
static void settle(struct stream_consumer *consumer)
{
	unsigned turns = 0;
	must(stream_consumer_work(consumer, true, 1000, &turns));
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

/* What is in the tables is what a region knows that applied the same events in memory. */
static void assert_saved(const char *region, const char *const *events, unsigned count)
{
	struct region_fixture saved = world.pure;
	struct region_fixture pure = world.pure;
	struct fault fault = {.text = ""};
	saved.state = region_state_new(region, world.pure.units, 1);
	saved.board = value_board_new();
	pure.state = region_state_new(region, world.pure.units, 2);
	pure.board = value_board_new();
	must(db_begin(world.db));
	if (metrics_store_load(world.db, saved.state, saved.board, &fault) != STATUS_OK)
		fail_msg("%s %s", fault.text, db_error(world.db));
	db_rollback(world.db);
	for (unsigned i = 0; i < count; i++)
		fixture_apply(&pure, events[i]);
	fixture_turn(&pure);
	char *expected = state_text(pure.state), *actual = state_text(saved.state);
	assert_string_equal(actual, expected);
	free(expected);
	free(actual);
	expected = values_text(&pure), actual = values_text(&saved);
	assert_string_equal(actual, expected);
	free(expected);
	free(actual);
	region_state_destroy(&saved.state);
	region_state_destroy(&pure.state);
	value_board_destroy(&saved.board);
	value_board_destroy(&pure.board);
}

static void act_as(const char *sql)
{
	must(db_begin(world.db));
	must(db_exec(world.db, sql));
	must(db_commit(world.db));
}

static const char *practice(const char *name, const char *time)
{
	return event_of(&world.pure, "practice.published", time,
	                arena_printf(world.pure.arena, "\"practice\":\"%s\"", name));
}

/* ---- Cases ---- */

static void a_turn_saves_values_record_and_cursor_together(void **state)
{
	(void)state;
	append_one(practice("R1", "2023-05-01T10:00:00Z"));
	settle(world.consumer);
	assert_string_equal(ask("SELECT seq FROM effreg.cursor WHERE consumer = 'metrics' AND key = '20000000'"), "1");
	assert_string_equal(ask("SELECT period || ' ' || numerator || '/' || denominator || ' ' || observations"
	                        " || ' ' || value || ' at ' || as_of_seq FROM effreg.indicator_value WHERE code = 'practices_published'"),
	                    "2023 1/1 1 1 at 1");
	assert_string_equal(ask("SELECT (body->>'event_seq') || ' ' || (body->'changed'->0->>'period') || ' '"
	                        " || pg_catalog.json_array_length(body->'changed'->0->'codes') FROM effreg.metric"),
	                    "1 2023 16");
	assert_string_equal(ask("SELECT value IS NULL FROM effreg.indicator_value WHERE code = 'trained_per_1000'"), "t");
	assert_int_equal(world.appended, 1);
	assert_int_equal(world.appended_seq, 1);
}

static void only_values_that_differ_are_written_and_named(void **state)
{
	(void)state;
	append_one(practice("R1", "2023-05-01T10:00:00Z"));
	settle(world.consumer);
	append_one(practice("R2", "2023-06-01T10:00:00Z"));
	settle(world.consumer);
	assert_string_equal(ask("SELECT pg_catalog.string_agg(code, ' ' ORDER BY code) FROM effreg.indicator_value"
	                        " WHERE as_of_seq = 2"), "practices_per_100_completed practices_published");
	assert_string_equal(ask("SELECT body::text FROM effreg.metric WHERE seq = 2"),
	                    "{\"event_seq\":2,\"changed\":[{\"period\":\"2023\",\"codes\":[\"practices_published\","
	                    "\"practices_per_100_completed\"]}]}");
	assert_int_equal(metrics_counts(world.metrics).loads, 1);
}

static void a_turn_that_changes_nothing_says_so(void **state)
{
	(void)state;
	append_one(practice("R1", "2023-05-01T10:00:00Z"));
	append_one(practice("R1", "2023-04-01T10:00:00Z"));
	settle(world.consumer);
	append_one(practice("R1", "2023-03-01T10:00:00Z"));
	settle(world.consumer);
	assert_string_equal(ask("SELECT body::text FROM effreg.metric ORDER BY seq DESC LIMIT 1"),
	                    "{\"event_seq\":3,\"changed\":[]}");
}

static void random_histories(const char **own, const char **other, uint64_t *seed)
{
	for (unsigned i = 0; i < HISTORY_EVENTS; i++) {
		own[i] = random_event(world.pure.arena, FIXTURE_REGION, i, seed);
		other[i] = random_event(world.pure.arena, OTHER_REGION, i, seed);
	}
}

/* With room for one region in memory, two regions that take turns are loaded again and again. */
static void what_was_loaded_goes_on_as_if_it_had_never_left_memory(void **state)
{
	(void)state;
	const char *own[HISTORY_EVENTS], *other[HISTORY_EVENTS];
	uint64_t seed = seed_of_run();
	random_histories(own, other, &seed);
	service_stop(&world.metrics, &world.consumer);
	service_start(world.db, 1, &world.metrics, &world.consumer);
	for (unsigned done = 0; done < HISTORY_EVENTS;) {
		unsigned count = 1 + pick(&seed, 60);
		count = count > HISTORY_EVENTS - done ? HISTORY_EVENTS - done : count;
		append(FIXTURE_REGION, own + done, count);
		append(OTHER_REGION, other + done, count);
		settle(world.consumer);
		done += count;
	}
	assert_true(metrics_counts(world.metrics).loads > 20);
	assert_int_equal(metrics_counts(world.metrics).regions, 1);
	assert_saved(FIXTURE_REGION, own, HISTORY_EVENTS);
	assert_saved(OTHER_REGION, other, HISTORY_EVENTS);
}

/* Each keeps the region in memory, and each finds now and then that the cursor went on without it. */
static void two_instances_take_turns_on_one_region(void **state)
{
	(void)state;
	const char *own[HISTORY_EVENTS], *other[HISTORY_EVENTS];
	struct metrics *metrics;
	struct stream_consumer *consumer;
	uint64_t seed = seed_of_run();
	random_histories(own, other, &seed);
	service_start(world.db, 4, &metrics, &consumer);
	for (unsigned done = 0; done < HISTORY_EVENTS; done += 30) {
		append(FIXTURE_REGION, own + done, 30);
		settle(pick(&seed, 2) == 0 ? world.consumer : consumer);
	}
	assert_saved(FIXTURE_REGION, own, HISTORY_EVENTS);
	assert_string_equal(ask("SELECT last_seq FROM effreg.metric_head WHERE region_id = '20000000'"), "30");
	service_stop(&metrics, &consumer);
}

static void an_event_that_cannot_be_applied_is_parked_and_the_others_count(void **state)
{
	(void)state;
	const char *events[] = {
		practice("R1", "2023-05-01T10:00:00Z"),
		practice("R2", "1980-05-01T10:00:00Z"),
		practice("R3", "2023-06-01T10:00:00Z"),
	};
	const char *good[] = {events[0], events[2]};
	append(FIXTURE_REGION, events, ARRAY_COUNT(events));
	settle(world.consumer);
	settle(world.consumer);
	assert_saved(FIXTURE_REGION, good, ARRAY_COUNT(good));
	assert_string_equal(ask("SELECT seq || ' ' || error FROM effreg.attempt WHERE parked_time IS NOT NULL"),
	                    "2 event 2: expected a time in the years 1990 to 2089");
	assert_string_equal(ask("SELECT seq FROM effreg.cursor WHERE consumer = 'metrics' AND key = '20000000'"), "3");
}

static void a_rebuild_from_the_beginning_changes_nothing(void **state)
{
	(void)state;
	const char *own[HISTORY_EVENTS], *other[HISTORY_EVENTS];
	uint64_t seed = seed_of_run();
	random_histories(own, other, &seed);
	append(FIXTURE_REGION, own, 400);
	settle(world.consumer);
	act_as("UPDATE effreg.cursor SET seq = 0");
	settle(world.consumer);
	assert_saved(FIXTURE_REGION, own, 400);
	assert_string_equal(ask("SELECT pg_catalog.json_array_length(body->'changed') FROM effreg.metric"
	                        " ORDER BY seq DESC LIMIT 1"), "0");
}

static void numbers_and_instants_come_back_exactly(void **state)
{
	(void)state;
	const char *events[] = {
		"{\"specversion\":\"1.0\",\"id\":\"ffffffff-ffff-4fff-bfff-ffffffffffff\",\"source\":\"a'b\\\"/c\","
		"\"type\":\"effreg.indicator.planned.v1\",\"subject\":\"20000000\",\"time\":\"2023-12-31T23:59:59.999999Z\","
		"\"datacontenttype\":\"application/json\",\"sequence\":\"9223372036854775807\",\"data\":{\"project\":\"P\","
		"\"indicator\":\"labour\",\"unit\":\"person_hour\",\"base\":{\"value\":\"-999999999999.999999\"}}}",
		"{\"specversion\":\"1.0\",\"id\":\"00000000-0000-4000-8000-000000000000\",\"source\":\"s\","
		"\"type\":\"effreg.measurement.recorded.v1\",\"subject\":\"20000000\",\"time\":\"9999-12-31T23:59:59.999999Z\","
		"\"datacontenttype\":\"application/json\",\"data\":{\"project\":\"P\",\"indicator\":\"labour\","
		"\"unit\":\"person_hour\",\"value\":\"0.000001\",\"measured_on\":\"9999-12-31\"}}",
	};
	append(FIXTURE_REGION, events, ARRAY_COUNT(events));
	settle(world.consumer);
	assert_saved(FIXTURE_REGION, events, ARRAY_COUNT(events));
	assert_string_equal(ask("SELECT base FROM effreg.project_indicator"), "-999999999999.999999");
}

static void the_rights_of_the_services_role_are_enough(void **state)
{
	(void)state;
	const char *own[HISTORY_EVENTS], *other[HISTORY_EVENTS];
	uint64_t seed = seed_of_run();
	random_histories(own, other, &seed);
	append(FIXTURE_REGION, own, 200);
	act_as("SET ROLE effreg_metrics");
	settle(world.consumer);
	service_stop(&world.metrics, &world.consumer);
	service_start(world.db, 1, &world.metrics, &world.consumer);
	act_as("RESET ROLE");
	append(FIXTURE_REGION, own + 200, 200);
	act_as("SET ROLE effreg_metrics");
	settle(world.consumer);
	assert_saved(FIXTURE_REGION, own, 400);
}

static const char *change(const char *type, unsigned number, unsigned target, const char *rest)
{
	return arena_printf(world.pure.arena,
		"{\"specversion\":\"1.0\",\"id\":\"00000000-0000-4000-9000-%012x\",\"source\":\"ru-vor/portal\","
		"\"type\":\"effreg.event.%s.v1\",\"subject\":\"20000000\",\"time\":\"2023-0%u-01T00:00:00Z\","
		"\"datacontenttype\":\"application/json\",\"supersedes\":\"00000000-0000-4000-8000-%012x\","
		"\"data\":{\"target\":\"00000000-0000-4000-8000-%012x\",\"type\":\"effreg.measurement.recorded.v1\"%s}}",
		number, type, number, target, target, rest);
}

/* Each step in a turn of its own, by a service that has forgotten the one before. */
static void append_and_forget(const char *text)
{
	append_one(text);
	settle(world.consumer);
	service_stop(&world.metrics, &world.consumer);
	service_start(world.db, 1, &world.metrics, &world.consumer);
}

static void a_withdrawn_fact_leaves_its_tables_and_a_later_correction_brings_it_back(void **state)
{
	(void)state;
	append_and_forget(event_of(&world.pure, "measurement.recorded", "2023-01-01T00:00:00Z",
	                           "\"project\":\"P\",\"indicator\":\"labour\",\"unit\":\"count\",\"value\":\"90\","
	                           "\"measured_on\":\"2023-01-01\""));
	append_and_forget(change("corrected", 3, 1, ",\"data\":{\"project\":\"P\",\"indicator\":\"labour\",\"unit\":"
	                         "\"count\",\"value\":\"9\",\"measured_on\":\"2023-01-01\"}"));
	assert_string_equal(ask("SELECT actual FROM effreg.project_indicator"), "9");
	append_and_forget(change("withdrawn", 4, 1, ""));
	assert_string_equal(ask("SELECT (SELECT count(*) FROM effreg.project_indicator) + (SELECT count(*) FROM effreg.project)"),
	                    "0");
	assert_string_equal(ask("SELECT in_effect::text || (data->>'value') FROM effreg.fact"), "false90");
	append_and_forget(change("corrected", 5, 1, ",\"data\":{\"project\":\"Q\",\"indicator\":\"labour\",\"unit\":"
	                         "\"count\",\"value\":\"8\",\"measured_on\":\"2023-01-01\"}"));
	assert_string_equal(ask("SELECT project || actual FROM effreg.project_indicator"), "Q8");
	assert_string_equal(ask("SELECT entity || in_effect || (changed_data->>'value') FROM effreg.fact"), "Q/labourtrue8");
}

/* The tables of what follows hold exactly what a rebuild into empty ones writes. */
static void the_tables_are_those_of_a_rebuild(void **state)
{
	(void)state;
	static const char TABLES[] =
		"SELECT pg_catalog.md5(pg_catalog.string_agg(row_text, '|' ORDER BY row_text)) FROM ("
		"SELECT p::text FROM effreg.project AS p UNION ALL SELECT i::text FROM effreg.project_indicator AS i"
		" UNION ALL SELECT a::text FROM effreg.authority AS a UNION ALL SELECT h::text FROM effreg.headcount AS h"
		" UNION ALL SELECT t::text FROM effreg.training AS t UNION ALL SELECT r::text FROM effreg.practice AS r"
		" UNION ALL SELECT f::text FROM effreg.fact AS f UNION ALL SELECT s::text FROM effreg.region_state AS s"
		" UNION ALL SELECT (period, code, numerator, denominator, observations, value)::text"
		" FROM effreg.indicator_value) AS rows(row_text)";
	const char *own[HISTORY_EVENTS], *other[HISTORY_EVENTS];
	uint64_t seed = seed_of_run();
	random_histories(own, other, &seed);
	for (unsigned done = 0; done < HISTORY_EVENTS; done += 30) {
		append(FIXTURE_REGION, own + done, 30);
		settle(world.consumer);
	}
	const char *incremental = ask(TABLES);
	act_as("UPDATE effreg.cursor SET seq = 0");
	act_as("TRUNCATE effreg.region_state, effreg.project, effreg.project_indicator, effreg.authority, effreg.headcount,"
	       " effreg.training, effreg.practice, effreg.indicator_value, effreg.fact");
	service_stop(&world.metrics, &world.consumer);
	service_start(world.db, 1, &world.metrics, &world.consumer);
	settle(world.consumer);
	assert_string_equal(ask(TABLES), incremental);
}

/* A stored unit that the dictionary lost stops the region before anything is computed without it. */
static void a_row_that_cannot_be_read_stops_the_turn(void **state)
{
	(void)state;
	struct fault fault = {.text = ""};
	append_one(event_of(&world.pure, "measurement.recorded", "2023-01-01T00:00:00Z",
	                    "\"project\":\"P\",\"indicator\":\"labour\",\"unit\":\"count\",\"value\":\"1\","
	                    "\"measured_on\":\"2023-01-01\""));
	settle(world.consumer);
	must(db_begin(world.db));
	must(db_exec(world.db, "UPDATE effreg.fact SET data = pg_catalog.replace(data::text, 'count', 'furlong')::json"));
	enum status status = metrics_store_load(world.db, world.pure.state, world.pure.board, &fault);
	db_rollback(world.db);
	assert_int_equal(status, STATUS_BUG);
	assert_non_null(strstr(fault.text, "effreg.fact of region 20000000"));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	if (crypto_init() != STATUS_OK)
		return 1;
	const struct CMUnitTest tests[] = {
		CASE(a_turn_saves_values_record_and_cursor_together),
		CASE(only_values_that_differ_are_written_and_named),
		CASE(a_turn_that_changes_nothing_says_so),
		CASE(what_was_loaded_goes_on_as_if_it_had_never_left_memory),
		CASE(two_instances_take_turns_on_one_region),
		CASE(an_event_that_cannot_be_applied_is_parked_and_the_others_count),
		CASE(a_rebuild_from_the_beginning_changes_nothing),
		CASE(numbers_and_instants_come_back_exactly),
		CASE(the_rights_of_the_services_role_are_enough),
		CASE(a_withdrawn_fact_leaves_its_tables_and_a_later_correction_brings_it_back),
		CASE(the_tables_are_those_of_a_rebuild),
		CASE(a_row_that_cannot_be_read_stops_the_turn),
	};
	return cmocka_run_group_tests_name("the turn of metrics", tests, NULL, NULL);
}
