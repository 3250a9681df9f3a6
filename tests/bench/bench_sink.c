#include "tests/bench/bench_sink.h"

#include "common/ambient.h"
#include "common/buf.h"
#include "common/crypto.h"
#include "common/db.h"
#include "tests/bench/bench_events.h"

#include <stdio.h>
#include <stdlib.h>

#define ROWS_MAX      4096
#define ROW_BYTES_MAX (BENCH_EVENT_BYTES + 256)

struct bench_sink {
	struct db *db;
	struct buf rows;
	size_t count;
};

static const char INSERT_SQL[] =
	"PREPARE bench_insert (text, bigint, uuid, bytea, json) AS INSERT INTO effreg.event (region_id, seq, id, recorded_time, hash, body)"
	" VALUES ($1, $2, $3, pg_catalog.clock_timestamp(), $4, $5)";

static void fail(const struct db *db, const char *text)
{
	(void)fprintf(stderr, "bench_sink: %s\n", db == NULL ? text : db_error(db));
	exit(1);
}

static void begin_rows(struct bench_sink *sink)
{
	buf_reset(&sink->rows);
	db_copy_header(&sink->rows);
	sink->count = 0;
}

struct bench_sink *bench_sink_new(const char *dsn)
{
	struct fault fault = {.offset = -1};
	struct bench_sink *sink = calloc(1, sizeof *sink);

	ASSERT(sink != NULL);
	if (db_connect(dsn, "bench_sink", &sink->db, &fault) != STATUS_OK)
		fail(NULL, fault.text);
	if (db_prepare(sink->db, INSERT_SQL) != STATUS_OK)
		fail(sink->db, NULL);
	buf_init(&sink->rows, (size_t)ROWS_MAX * ROW_BYTES_MAX);
	begin_rows(sink);
	return sink;
}

void bench_sink_destroy(struct bench_sink **sink)
{
	db_disconnect(&(*sink)->db);
	buf_clear(&(*sink)->rows);
	free(*sink);
	*sink = NULL;
}

/* The members stand where bench_event_write puts them: looked for, not parsed. */
struct parts {
	char region[OKTMO_TEXT_SIZE];
	struct ident_uuid id;
	int64_t sequence;
};

static bool read_parts(struct span event, struct parts *ret_parts)
{
	char text[BENCH_EVENT_BYTES + 1], id[UUID_TEXT_SIZE];

	if (event.len != BENCH_EVENT_BYTES)
		return false;
	memcpy(text, event.at, event.len);
	text[event.len] = '\0';
	const char *id_at = strstr(text, "\"id\":\""), *subject = strstr(text, "\"subject\":\""), *sequence = strstr(text, "\"sequence\":\"");
	if (id_at == NULL || subject == NULL || sequence == NULL)
		return false;
	(void)snprintf(id, sizeof id, "%.36s", id_at + strlen("\"id\":\""));
	(void)snprintf(ret_parts->region, sizeof ret_parts->region, "%.8s", subject + strlen("\"subject\":\""));
	ret_parts->sequence = strtoll(sequence + strlen("\"sequence\":\""), NULL, 10);
	return ident_uuid_parse(id, &ret_parts->id);
}

bool bench_sink_add(struct bench_sink *sink, struct span event)
{
	static const uint8_t NO_HASH[SHA256_BYTES];
	struct parts parts;

	if (sink->count == ROWS_MAX || !read_parts(event, &parts))
		return false;
	db_copy_row(&sink->rows, 6);
	db_copy_field(&sink->rows, span_of(parts.region, OKTMO_LEN));
	db_copy_integer(&sink->rows, parts.sequence);
	db_copy_field(&sink->rows, span_of((const char *)parts.id.bytes, sizeof parts.id.bytes));
	db_copy_timestamp(&sink->rows, ambient_now_us());
	db_copy_field(&sink->rows, span_of((const char *)NO_HASH, sizeof NO_HASH));
	db_copy_field(&sink->rows, event);
	sink->count++;
	return true;
}

size_t bench_sink_count(const struct bench_sink *sink)
{
	return sink->count;
}

size_t bench_sink_commit(struct bench_sink *sink)
{
	size_t count = sink->count;

	if (count == 0)
		return 0;
	db_copy_trailer(&sink->rows);
	enum status status = db_copy_begin(sink->db, "COPY effreg.event (region_id, seq, id, recorded_time, hash, body) FROM STDIN (FORMAT binary)");
	if (status == STATUS_OK)
		status = db_copy_send(sink->db, buf_span(&sink->rows));
	if (status == STATUS_OK)
		status = db_copy_end(sink->db);
	if (status != STATUS_OK)
		fail(sink->db, NULL);
	begin_rows(sink);
	return count;
}

bool bench_sink_insert(struct bench_sink *sink, struct span event)
{
	struct parts parts;
	struct buf sql;
	char id[UUID_TEXT_SIZE], body[BENCH_EVENT_BYTES + 1];

	if (!read_parts(event, &parts))
		return false;
	ident_uuid_format(&parts.id, id);
	memcpy(body, event.at, event.len);
	body[event.len] = '\0';
	buf_init(&sql, 2048);
	buf_printf(&sql, "EXECUTE bench_insert('%s', %lld, '%s', '\\x00', ", parts.region, (long long)parts.sequence, id);
	db_quote(&sql, body);
	buf_append(&sql, ")", 2);
	bool stored = db_exec(sink->db, sql.at) == STATUS_OK;
	buf_clear(&sql);
	return stored;
}
