#include "tests/harness/stream_fixture.h"

#include "common/ambient.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#define PAUSE_MS 3

const char *fixture_dsn(void)
{
	return getenv("EFFREG_TEST_DSN");
}

void fixture_skip(void)
{
	print_message("# skip: EFFREG_TEST_DSN is not set\n");
	skip();
}

struct db *fixture_connect(const char *conninfo, const char *name)
{
	struct fault fault = {0};
	struct db *db = NULL;
	if (db_connect(conninfo, name, &db, &fault) != STATUS_OK)
		fail_msg("%s", fault.text);
	return db;
}

void fixture_run(struct db *db, const char *sql)
{
	if (db_exec(db, sql) != STATUS_OK)
		fail_msg("%s: %s", sql, db_error(db));
}

void fixture_reset(struct db *db)
{
	fixture_run(db, "TRUNCATE effreg.event, effreg.event_head, effreg.source, effreg.quarantine, effreg.metric, effreg.metric_head,"
	                " effreg.cursor, effreg.attempt");
	fixture_run(db, "INSERT INTO effreg.region (region_id, kind, name_ru, name_en, federal_district_ru, federal_district_en)"
	                " SELECT (20000000 + i)::text, 'oblast', 'р', 'r', 'ф', 'f' FROM generate_series(0, 7) i ON CONFLICT DO NOTHING");
}

static const char *ask(struct db *db, struct arena *arena, const char *sql)
{
	struct db_rows *rows;
	if (db_query(db, sql, NULL, 0, &rows) != STATUS_OK)
		fail_msg("%s: %s", sql, db_error(db));
	const char *text = db_rows_count(rows) > 0 ? db_get_text(rows, 0, 0) : "";
	text = arena_text(arena, text, strlen(text));
	db_rows_destroy(&rows);
	return text;
}

const char *fixture_ask(struct db *db, struct arena *arena, const char *format, ...)
{
	char sql[1024];
	va_list arguments;
	va_start(arguments, format);
	int len = vsnprintf(sql, sizeof sql, format, arguments);
	va_end(arguments);
	assert_in_range(len, 1, sizeof sql - 1);
	return ask(db, arena, sql);
}

void fixture_await(struct db *db, struct arena *arena, const char *expected, const char *sql)
{
	int64_t until_ms = ambient_monotonic_ms() + FIXTURE_WAIT_MS;
	const char *answer = ask(db, arena, sql);
	while (!text_equal(answer, expected)) {
		if (ambient_monotonic_ms() > until_ms)
			fail_msg("%s: still '%s', expected '%s'", sql, answer, expected);
		poll(NULL, 0, PAUSE_MS);
		answer = ask(db, arena, sql);
	}
}

struct append_event fixture_event(unsigned number, const char *body)
{
	struct append_event event = {.body = span_of_text(body), .source = "test"};
	for (int i = 0; i < 4; i++)
		event.id.bytes[15 - i] = (uint8_t)(number >> (8 * i));
	event.digest = sha256_of(event.body.at, event.body.len);
	return event;
}

void fixture_append(struct db *db, struct arena *arena, const char *region, unsigned first, unsigned count)
{
	struct append_event *events = arena_array(arena, struct append_event, count);
	struct append_head head;
	for (unsigned i = 0; i < count; i++)
		events[i] = fixture_event(first + i, arena_printf(arena, "{\"n\":%u}", first + i));
	if (stream_append(db, region, events, count, NULL, arena, &head) != STATUS_OK)
		fail_msg("append: %s", db_error(db));
}

static void check_link(const struct db_rows *rows, size_t row, const char *region, struct sha256 *chain, struct arena *arena)
{
	uint64_t seq = (uint64_t)db_get_integer(rows, row, 0);
	struct sha256 digest = sha256_of(db_get_text(rows, row, 1), db_get_len(rows, row, 1));
	struct span hash = db_get_bytes(rows, row, 3, arena);
	assert_int_equal(seq, row + 1);
	*chain = chain_next(chain, region, seq, db_get_integer(rows, row, 2), &digest);
	assert_int_equal(hash.len, SHA256_BYTES);
	assert_memory_equal(hash.at, chain->bytes, SHA256_BYTES);
}

void fixture_check_log(struct db *db, struct arena *arena, const char *region)
{
	static const char SQL[] =
		"SELECT seq, body, (EXTRACT(epoch FROM recorded_time) * 1000000)::bigint, hash FROM effreg.event WHERE region_id = $1 ORDER BY seq";
	const struct db_param params[] = {db_text(region)};
	struct sha256 chain = {{0}};
	struct db_rows *rows;
	assert_int_equal(db_query(db, SQL, params, 1, &rows), STATUS_OK);
	for (size_t row = 0; row < db_rows_count(rows); row++)
		check_link(rows, row, region, &chain, arena);
	size_t count = db_rows_count(rows);
	db_rows_destroy(&rows);
	char hex[SHA256_HEX_SIZE];
	sha256_hex(&chain, hex);
	const char *head = fixture_ask(db, arena, "SELECT last_seq || ' ' || encode(hash, 'hex') FROM effreg.event_head WHERE region_id = '%s'", region);
	if (count > 0)
		assert_string_equal(head, arena_printf(arena, "%zu %s", count, hex));
}
