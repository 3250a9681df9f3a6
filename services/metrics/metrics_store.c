/* Rows travel to PostgreSQL as arrays, one per column, or as one JSON array whose members are the columns by name; lists of numbers
 * travel as text. Whole regions travel by COPY. */
#include "services/metrics/metrics_store.h"

#include "common/buf.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define ROWS_BYTES_MAX   ((size_t)256 * 1024 * 1024)
#define COPY_BYTES       ((size_t)256 * 1024)
#define ENTITY_ROWS_MAX  200  /* more go by COPY */

/* The same statement over the live tables and over a rebuild's. */
#define BOTH(live, rebuild) {[METRICS_LIVE] = live, [METRICS_REBUILD] = rebuild}

enum status metrics_store_begin_turn(struct db *db)
{
	return db_run_later(db, "SELECT pg_catalog.set_config('synchronous_commit', 'off', true)", NULL, 0);
}

/* ---- Loading ---- */

#define LOAD(suffix) \
	"SELECT wanted.kind, wanted.entity, entity.seqs::text, entity.attributes::text" \
	" FROM ROWS FROM (pg_catalog.unnest($2::text[]), pg_catalog.unnest($3::text[])) AS wanted(kind, entity)" \
	" JOIN effreg.entity" suffix " AS entity ON entity.region_id = $1 AND entity.kind = wanted.kind AND entity.entity = wanted.entity" \
	" UNION ALL SELECT NULL, target::text, seqs::text, NULL FROM effreg.correction" suffix \
	" WHERE region_id = $1 AND target = ANY ($4::uuid[])"

#define EVENT_COLUMNS "SELECT seq, body, (EXTRACT(epoch FROM recorded_time) * 1000000)::bigint FROM effreg.event WHERE region_id = $1"

/* "{1,2,3}" */
static size_t parse_seqs(const char *text, struct arena *arena, uint64_t **ret_seqs)
{
	size_t count = text[1] == '}' ? 0 : 1;
	for (const char *at = text; *at != '\0'; at++)
		count += *at == ',';
	uint64_t *seqs = arena_array(arena, uint64_t, count + 1);
	char *at = NULL;
	for (size_t i = 0; i < count; i++) {
		seqs[i] = strtoull(i == 0 ? text + 1 : at + 1, &at, 10);
	}
	*ret_seqs = seqs;
	return count;
}

static enum status take_rows(const struct db_rows *rows, struct workspace *workspace, struct arena *arena, struct fault *fault)
{
	enum status status = STATUS_OK;
	for (size_t row = 0; row < db_rows_count(rows) && status == STATUS_OK; row++) {
		uint64_t *seqs;
		size_t count = parse_seqs(db_get_text(rows, row, 2), arena, &seqs);
		if (db_is_null(rows, row, 0))
			workspace_load_correction(workspace, db_get_text(rows, row, 1), seqs, count);
		else
			status = workspace_load_entity(workspace, db_get_text(rows, row, 0), db_get_text(rows, row, 1), seqs, count,
			                               db_get_text(rows, row, 3), fault);
	}
	return status;
}

static enum status load_rows(struct db *db, enum metrics_rows which, const char *region, const struct workspace_wants *wants,
                             struct workspace *workspace, struct arena *arena, struct fault *fault)
{
	static const char *const SQL[] = BOTH(LOAD(""), LOAD("_rebuild"));
	const struct db_param params[] = {
		db_text(region), db_texts(arena, wants->kinds, wants->entities), db_texts(arena, wants->ids, wants->entities),
		db_array(arena, wants->targets, wants->targets_count)};
	struct db_rows *rows;
	enum status status = db_query(db, SQL[which], params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	status = take_rows(rows, workspace, arena, fault);
	db_rows_destroy(&rows);
	return status;
}

/* Where events go that are loaded. */
struct taking {
	struct db *db;
	struct archive *archive;
	const char *region;
	struct workspace *workspace;
	metrics_loaded_fn *loaded;
	void *context;
	struct arena *arena;
	struct fault *fault;
};

static enum status take_events(const struct db_rows *rows, const struct taking *taking)
{
	enum status status = STATUS_OK;
	for (size_t row = 0; row < db_rows_count(rows) && status == STATUS_OK; row++) {
		size_t len = db_get_len(rows, row, 1);
		uint64_t seq = (uint64_t)db_get_integer(rows, row, 0);
		int64_t recorded_us = db_get_integer(rows, row, 2);
		struct span body;
		if (db_is_null(rows, row, 1))
			status = archive_load(taking->archive, taking->db, taking->region, seq, taking->arena, &body, taking->fault);
		else
			body = span_of(arena_text(taking->arena, db_get_text(rows, row, 1), len), len);
		if (status != STATUS_OK)
			break;
		workspace_load_event(taking->workspace, seq, recorded_us, body);
		if (taking->loaded != NULL)
			taking->loaded(taking->context, seq, recorded_us, body);
	}
	return status;
}

static enum status load_events(const struct taking *taking, const char *sql, const struct db_param *params, size_t count)
{
	struct db_rows *rows;
	enum status status = db_query(taking->db, sql, params, count, &rows);
	if (status != STATUS_OK)
		return status;
	status = take_events(rows, taking);
	db_rows_destroy(&rows);
	return status;
}

static const char *seqs_text(struct arena *arena, const uint64_t *seqs, size_t count)
{
	struct buf text;
	buf_init(&text, ROWS_BYTES_MAX);
	buf_text(&text, "{");
	for (size_t i = 0; i < count; i++)
		buf_printf(&text, "%s%" PRIu64, i == 0 ? "" : ",", seqs[i]);
	buf_text(&text, "}");
	ASSERT(buf_ok(&text));
	const char *copy = arena_text(arena, text.at, text.len);
	buf_clear(&text);
	return copy;
}

static enum status load_by_seq(const struct taking *taking, const struct workspace_wants *wants)
{
	static const char SQL[] = EVENT_COLUMNS " AND seq = ANY ($2::bigint[])";
	const struct db_param params[] = {db_text(taking->region), db_text(seqs_text(taking->arena, wants->seqs, wants->seqs_count))};
	return load_events(taking, SQL, params, ARRAY_COUNT(params));
}

static enum status load_by_id(const struct taking *taking, uint64_t upto, const struct workspace_wants *wants)
{
	static const char SQL[] = EVENT_COLUMNS " AND id = ANY ($2::uuid[]) AND seq <= $3::bigint";
	const struct db_param params[] = {
		db_text(taking->region), db_array(taking->arena, wants->events, wants->events_count), db_integer(taking->arena, (int64_t)upto)};
	return load_events(taking, SQL, params, ARRAY_COUNT(params));
}

enum status metrics_store_load(struct db *db, struct archive *archive, enum metrics_rows rows, const char *region, uint64_t upto, const struct workspace_wants *wants,
                               struct workspace *workspace, metrics_loaded_fn *loaded, void *context, struct arena *arena, struct fault *fault)
{
	const struct taking taking = {db, archive, region, workspace, loaded, context, arena, fault};
	enum status status = STATUS_OK;
	if (wants->entities + wants->targets_count > 0)
		status = load_rows(db, rows, region, wants, workspace, arena, fault);
	if (status == STATUS_OK && wants->events_count > 0)
		status = load_by_id(&taking, upto, wants);
	if (status == STATUS_OK && wants->seqs_count > 0)
		status = load_by_seq(&taking, wants);
	return status;
}

static int month_of(const struct db_rows *rows, int column)
{
	struct calendar_period period;
	return !db_is_null(rows, 0, column) && calendar_period_parse(db_get_text(rows, 0, column), &period) ? period.first : -1;
}

#define LOAD_REGION(suffix) "SELECT month_first, month_last, definitions FROM effreg.region_horizon" suffix " WHERE region_id = $1"

enum status metrics_store_load_region(struct db *db, enum metrics_rows which, const char *region, struct arena *arena,
                                      struct metrics_region *ret_region)
{
	static const char *const SQL[] = BOTH(LOAD_REGION(""), LOAD_REGION("_rebuild"));
	const struct db_param params[] = {db_text(region)};
	struct db_rows *rows;
	enum status status = db_query(db, SQL[which], params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	*ret_region = (struct metrics_region){.horizon = {-1, -1}, .definitions = ""};
	if (db_rows_count(rows) == 1) {
		ret_region->horizon = (struct workspace_horizon){month_of(rows, 0), month_of(rows, 1)};
		ret_region->definitions = arena_text(arena, db_get_text(rows, 0, 2), db_get_len(rows, 0, 2));
	}
	db_rows_destroy(&rows);
	return STATUS_OK;
}

#define EACH_ENTITY(suffix) "SELECT kind, entity, attributes::text FROM effreg.entity" suffix " WHERE region_id = $1"

enum status metrics_store_each_entity(struct db *db, enum metrics_rows which, const char *region, metrics_entity_fn *call, void *context,
                                      struct fault *fault)
{
	static const char *const SQL[] = BOTH(EACH_ENTITY(""), EACH_ENTITY("_rebuild"));
	const struct db_param params[] = {db_text(region)};
	struct db_rows *rows;
	enum status status = db_query(db, SQL[which], params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	for (size_t row = 0; row < db_rows_count(rows) && status == STATUS_OK; row++) {
		enum entity_kind kind;
		if (entity_kind_find(db_get_text(rows, row, 0), &kind))
			call(context, kind, db_get_text(rows, row, 1), db_get_text(rows, row, 2));
		else
			status = fault_set(fault, STATUS_BUG, "load", "", -1, "region %s has an entity of kind %s", region, db_get_text(rows, row, 0));
	}
	db_rows_destroy(&rows);
	return status;
}

/* ---- Rows on their way ---- */

/* A JSON array in a buffer. */
struct rows_out {
	struct buf text;
	struct json_writer writer;
	size_t count;
};

static void rows_begin(struct rows_out *rows)
{
	buf_init(&rows->text, ROWS_BYTES_MAX);
	json_writer_init(&rows->writer, &rows->text);
	json_write_array(&rows->writer);
	rows->count = 0;
}

/* Runs sql with the region and the rows, if there are any, later; gives the buffer back. */
static enum status rows_end(struct rows_out *rows, struct db *db, const char *sql, const char *region)
{
	enum status status = STATUS_OK;
	json_write_array_end(&rows->writer);
	ASSERT(buf_ok(&rows->text));
	const struct db_param params[] = {db_text(region), db_text(rows->text.at)};
	if (rows->count > 0)
		status = db_run_later(db, sql, params, ARRAY_COUNT(params));
	buf_clear(&rows->text);
	return status;
}

static void write_seqs(struct json_writer *writer, const uint64_t *seqs, size_t count)
{
	json_write_name(writer, "seqs");
	json_write_array(writer);
	for (size_t i = 0; i < count; i++)
		json_write_integer(writer, (int64_t)seqs[i]);
	json_write_array_end(writer);
}

/* ---- Entities and corrections ---- */

#define SAVE_ENTITIES(suffix) \
	"INSERT INTO effreg.entity" suffix " AS kept (region_id, kind, entity, seqs, attributes)" \
	" SELECT $1::text, kind, entity, seqs::bigint[], attributes::json FROM ROWS FROM (pg_catalog.unnest($2::text[])," \
	" pg_catalog.unnest($3::text[]), pg_catalog.unnest($4::text[]), pg_catalog.unnest($5::text[])) AS saved(kind, entity, seqs, attributes)" \
	" ON CONFLICT (region_id, kind, entity) DO UPDATE SET seqs = EXCLUDED.seqs, attributes = EXCLUDED.attributes"

#define SAVE_CORRECTIONS(suffix) \
	"INSERT INTO effreg.correction" suffix " AS kept (region_id, target, seqs)" \
	" SELECT $1::text, target, seqs FROM pg_catalog.json_to_recordset($2::json) AS saved(target uuid, seqs bigint[])" \
	" ON CONFLICT (region_id, target) DO UPDATE SET seqs = EXCLUDED.seqs"

static enum status save_entities(struct db *db, enum metrics_rows which, const char *region, const struct workspace *workspace, struct arena *arena)
{
	static const char *const SQL[] = BOTH(SAVE_ENTITIES(""), SAVE_ENTITIES("_rebuild"));
	size_t count = workspace_entities_count(workspace);
	const char **kinds = arena_array(arena, const char *, count + 1), **ids = arena_array(arena, const char *, count + 1);
	const char **seqs = arena_array(arena, const char *, count + 1), **attributes = arena_array(arena, const char *, count + 1);
	for (size_t i = 0; i < count; i++) {
		const struct workspace_entity entity = workspace_entity_at(workspace, i);
		kinds[i] = entity_kind_text(entity.kind);
		ids[i] = entity.id;
		seqs[i] = seqs_text(arena, entity.seqs, entity.seqs_count);
		attributes[i] = entity.after;
	}
	const struct db_param params[] = {
		db_text(region), db_texts(arena, kinds, count), db_texts(arena, ids, count), db_texts(arena, seqs, count),
		db_texts(arena, attributes, count)};
	return count == 0 ? STATUS_OK : db_run_later(db, SQL[which], params, ARRAY_COUNT(params));
}

static enum status save_corrections(struct db *db, enum metrics_rows which, const char *region, const struct workspace *workspace)
{
	static const char *const SQL[] = BOTH(SAVE_CORRECTIONS(""), SAVE_CORRECTIONS("_rebuild"));
	struct rows_out rows;
	rows_begin(&rows);
	for (size_t i = 0; i < workspace_corrections_count(workspace); i++, rows.count++) {
		const struct workspace_correction correction = workspace_correction_at(workspace, i);
		json_write_object(&rows.writer);
		json_member_string(&rows.writer, "target", correction.target);
		write_seqs(&rows.writer, correction.seqs, correction.seqs_count);
		json_write_object_end(&rows.writer);
	}
	return rows_end(&rows, db, SQL[which], region);
}

/* ---- The same by COPY ---- */

struct copy {
	struct db *db;
	struct buf rows;
	enum status status;
};

static void copy_begin(struct copy *copy, struct db *db, const char *sql)
{
	copy->db = db;
	buf_init(&copy->rows, ROWS_BYTES_MAX);
	copy->status = db_copy_begin(db, sql);
	db_copy_header(&copy->rows);
}

static void copy_send(struct copy *copy, size_t least)
{
	ASSERT(buf_ok(&copy->rows));
	if (copy->status != STATUS_OK || copy->rows.len < least)
		return;
	copy->status = db_copy_send(copy->db, buf_span(&copy->rows));
	buf_reset(&copy->rows);
}

static enum status copy_end(struct copy *copy)
{
	db_copy_trailer(&copy->rows);
	copy_send(copy, 0);
	if (copy->status == STATUS_OK)
		copy->status = db_copy_end(copy->db);
	buf_clear(&copy->rows);
	return copy->status;
}

static void append_u32(struct buf *buf, uint32_t value)
{
	const unsigned char bytes[] = {(unsigned char)(value >> 24), (unsigned char)(value >> 16), (unsigned char)(value >> 8), (unsigned char)value};
	buf_append(buf, bytes, sizeof bytes);
}

/* bigint[] in binary: dimensions, no nulls, the type of the elements, their number, the first subscript. */
static void copy_seqs(struct buf *buf, const uint64_t *seqs, size_t count)
{
	enum { BIGINT_OID = 20 };
	append_u32(buf, (uint32_t)(20 + count * 12));
	append_u32(buf, 1);
	append_u32(buf, 0);
	append_u32(buf, BIGINT_OID);
	append_u32(buf, (uint32_t)count);
	append_u32(buf, 1);
	for (size_t i = 0; i < count; i++)
		db_copy_integer(buf, (int64_t)seqs[i]);
}

#define DELETE_KNOWN(suffix) \
	"DELETE FROM effreg.entity" suffix " AS kept USING pg_catalog.json_to_recordset($2::json) AS known(kind text, entity text)" \
	" WHERE kept.region_id = $1 AND kept.kind = known.kind AND kept.entity = known.entity"
#define COPY_ENTITIES(suffix) "COPY effreg.entity" suffix " (region_id, kind, entity, seqs, attributes) FROM STDIN (FORMAT binary)"

static enum status delete_known(struct db *db, enum metrics_rows which, const char *region, const struct workspace *workspace)
{
	static const char *const SQL[] = BOTH(DELETE_KNOWN(""), DELETE_KNOWN("_rebuild"));
	struct rows_out rows;
	rows_begin(&rows);
	for (size_t i = 0; i < workspace_entities_count(workspace); i++) {
		const struct workspace_entity entity = workspace_entity_at(workspace, i);
		if (entity.before == NULL)
			continue;
		json_write_object(&rows.writer);
		json_member_string(&rows.writer, "kind", entity_kind_text(entity.kind));
		json_member_string(&rows.writer, "entity", entity.id);
		json_write_object_end(&rows.writer);
		rows.count++;
	}
	return rows_end(&rows, db, SQL[which], region);
}

static enum status copy_entities(struct db *db, enum metrics_rows which, const char *region, const struct workspace *workspace)
{
	static const char *const SQL[] = BOTH(COPY_ENTITIES(""), COPY_ENTITIES("_rebuild"));
	struct copy copy;
	enum status status = delete_known(db, which, region, workspace);
	if (status != STATUS_OK)
		return status;
	copy_begin(&copy, db, SQL[which]);
	for (size_t i = 0; i < workspace_entities_count(workspace); i++) {
		const struct workspace_entity entity = workspace_entity_at(workspace, i);
		db_copy_row(&copy.rows, 5);
		db_copy_field(&copy.rows, span_of_text(region));
		db_copy_field(&copy.rows, span_of_text(entity_kind_text(entity.kind)));
		db_copy_field(&copy.rows, span_of_text(entity.id));
		copy_seqs(&copy.rows, entity.seqs, entity.seqs_count);
		db_copy_field(&copy.rows, span_of_text(entity.after));
		copy_send(&copy, COPY_BYTES);
	}
	return copy_end(&copy);
}

enum status metrics_store_save(struct db *db, enum metrics_rows rows, const char *region, const struct workspace *workspace, struct arena *arena)
{
	enum status status = workspace_entities_count(workspace) > ENTITY_ROWS_MAX ? copy_entities(db, rows, region, workspace)
	                                                                          : save_entities(db, rows, region, workspace, arena);
	if (status == STATUS_OK)
		status = save_corrections(db, rows, region, workspace);
	return status;
}

/* ---- The region ---- */

#define SAVE_REGION(suffix) \
	"INSERT INTO effreg.region_horizon" suffix " (region_id, month_first, month_last, definitions) VALUES ($1, $2, $3, $4)" \
	" ON CONFLICT (region_id) DO UPDATE SET month_first = EXCLUDED.month_first, month_last = EXCLUDED.month_last," \
	" definitions = EXCLUDED.definitions"

static const char *month_code(int month, char code[CALENDAR_CODE_SIZE])
{
	return month < 0 ? NULL : calendar_period_format(calendar_period_of(month, CALENDAR_MONTH), code);
}

enum status metrics_store_save_region(struct db *db, enum metrics_rows rows, const char *region, const struct metrics_region *saved)
{
	static const char *const SQL[] = BOTH(SAVE_REGION(""), SAVE_REGION("_rebuild"));
	char first[CALENDAR_CODE_SIZE], last[CALENDAR_CODE_SIZE];
	const struct db_param params[] = {
		db_text(region), db_text(month_code(saved->horizon.month_first, first)), db_text(month_code(saved->horizon.month_last, last)),
		db_text(saved->definitions)};
	return db_run_later(db, SQL[rows], params, ARRAY_COUNT(params));
}

/* ---- Definitions ---- */

static void write_definition(struct json_writer *writer, const struct definition *definition)
{
	struct buf text;
	buf_init(&text, ROWS_BYTES_MAX);
	enum status status = json_canonical(&text, definition->json);
	ASSERT(status == STATUS_OK && buf_ok(&text));  /* the schema allows whole numbers only */
	json_write_object(writer);
	json_member_string(writer, "code", definition->code);
	json_member_integer(writer, "place", (int64_t)definition->ordinal + 1);
	json_member_bool(writer, "absent_is_zero", definition_absent_is_zero(definition));
	json_member_bool(writer, "of_others", definition->of_others);
	json_member_raw(writer, "definition", buf_span(&text));
	json_write_object_end(writer);
	buf_clear(&text);
}

static enum status put_indicators(struct db *db, const struct definitions *definitions)
{
	static const char SQL[] =
		"INSERT INTO effreg.indicator (code, place, absent_is_zero, of_others, definition)"
		" SELECT code, place, absent_is_zero, of_others, definition FROM pg_catalog.json_to_recordset($2::json)"
		" AS saved(code text, place integer, absent_is_zero boolean, of_others boolean, definition json) WHERE $1::text IS NOT NULL";
	struct rows_out rows;
	rows_begin(&rows);
	for (size_t i = 0; i < definitions->count; i++, rows.count++)
		write_definition(&rows.writer, &definitions->at[i]);
	return rows_end(&rows, db, SQL, "");
}

enum status metrics_store_put_definitions(struct db *db, const char *digest, struct span body, const struct definitions *definitions)
{
	static const char SQL[] =
		"INSERT INTO effreg.indicator_definitions (digest, body) VALUES ($1, $2)"
		" ON CONFLICT (digest) DO UPDATE SET loaded_time = pg_catalog.clock_timestamp()";
	struct arena *arena = arena_new(body.len + 4096);
	const struct db_param params[] = {db_text(digest), db_text(arena_text(arena, body.at, body.len))};
	enum status status = db_exec(db, "LOCK TABLE effreg.indicator IN EXCLUSIVE MODE");
	if (status == STATUS_OK)
		status = db_run(db, SQL, params, ARRAY_COUNT(params), NULL);
	if (status == STATUS_OK)
		status = db_exec(db, "DELETE FROM effreg.indicator");
	if (status == STATUS_OK)
		status = put_indicators(db, definitions);
	arena_destroy(&arena);
	return status;
}

enum status metrics_store_find_definitions(struct db *db, struct arena *arena, const char **ret_digest, struct span *ret_body)
{
	static const char SQL[] = "SELECT digest, body FROM effreg.indicator_definitions ORDER BY loaded_time DESC, digest LIMIT 1";
	struct db_rows *rows;
	enum status status = db_query(db, SQL, NULL, 0, &rows);
	if (status != STATUS_OK)
		return status;
	status = db_rows_count(rows) == 1 ? STATUS_OK : STATUS_NOT_FOUND;
	if (status == STATUS_OK) {
		size_t len = db_get_len(rows, 0, 1);
		*ret_digest = arena_text(arena, db_get_text(rows, 0, 0), db_get_len(rows, 0, 0));
		*ret_body = span_of(arena_text(arena, db_get_text(rows, 0, 1), len), len);
	}
	db_rows_destroy(&rows);
	return status;
}

enum status metrics_store_find_stale(struct db *db, const char *digest, char ret_region[OKTMO_TEXT_SIZE])
{
	static const char SQL[] = "SELECT region_id FROM effreg.region_horizon WHERE definitions <> $1"
	                          " OR NOT " METRICS_FIGURES_ARE_HERE("region_horizon.region_id") " ORDER BY pg_catalog.random() LIMIT 1";
	const struct db_param params[] = {db_text(digest)};
	struct db_rows *rows;
	enum status status = db_query(db, SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	status = db_rows_count(rows) == 1 ? STATUS_OK : STATUS_NOT_FOUND;
	if (status == STATUS_OK)
		snprintf(ret_region, OKTMO_TEXT_SIZE, "%s", db_get_text(rows, 0, 0));
	db_rows_destroy(&rows);
	return status;
}

enum status metrics_store_lock_region(struct db *db, const char *consumer, const char *region, uint64_t *ret_seq)
{
	static const char SQL[] = "SELECT seq FROM effreg.cursor WHERE consumer = $1 AND stream = 'event' AND key = $2 FOR UPDATE SKIP LOCKED";
	const struct db_param params[] = {db_text(consumer), db_text(region)};
	struct db_rows *rows;
	enum status status = db_query(db, SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	status = db_rows_count(rows) == 1 ? STATUS_OK : STATUS_NOT_FOUND;
	if (status == STATUS_OK)
		*ret_seq = (uint64_t)db_get_integer(rows, 0, 0);
	db_rows_destroy(&rows);
	return status;
}

enum status metrics_store_touch_cursor(struct db *db, const char *consumer, const char *region)
{
	static const char SQL[] = "UPDATE effreg.cursor SET updated_time = pg_catalog.clock_timestamp()"
	                          " WHERE consumer = $1 AND stream = 'event' AND key = $2";
	const struct db_param params[] = {db_text(consumer), db_text(region)};
	return db_run(db, SQL, params, ARRAY_COUNT(params), NULL);
}

/* ---- Rebuild ---- */

enum status metrics_store_next_rebuild(struct db *db, const char *consumer, unsigned worker, unsigned workers, char ret_region[STREAM_KEY_MAX])
{
	static const char SQL[] = "SELECT key FROM effreg.cursor WHERE consumer = $1 AND stream = 'event'"
	                          " AND (pg_catalog.hashtext(key) & 2147483647) % $3::integer = $2::integer ORDER BY key LIMIT 1";
	char worker_text[16], workers_text[16];
	snprintf(worker_text, sizeof worker_text, "%u", worker);
	snprintf(workers_text, sizeof workers_text, "%u", workers == 0 ? 1 : workers);
	const struct db_param params[] = {db_text(consumer), db_text(worker_text), db_text(workers_text)};
	struct db_rows *rows;
	enum status status = db_query(db, SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	status = db_rows_count(rows) == 1 ? STATUS_OK : STATUS_NOT_FOUND;
	if (status == STATUS_OK)
		snprintf(ret_region, STREAM_KEY_MAX, "%s", db_get_text(rows, 0, 0));
	db_rows_destroy(&rows);
	return status;
}

enum status metrics_store_clear_rebuild(struct db *db)
{
	return db_exec(db, "DELETE FROM effreg.entity_rebuild; DELETE FROM effreg.correction_rebuild; DELETE FROM effreg.region_horizon_rebuild");
}

enum status metrics_store_move_rebuild(struct db *db, const char *region)
{
	static const char *const SQL[] = {
		"DELETE FROM effreg.entity WHERE region_id = $1",
		"DELETE FROM effreg.correction WHERE region_id = $1",
		"DELETE FROM effreg.region_horizon WHERE region_id = $1",
		"WITH moved AS (DELETE FROM effreg.entity_rebuild WHERE region_id = $1 RETURNING region_id, kind, entity, seqs, attributes)"
		" INSERT INTO effreg.entity (region_id, kind, entity, seqs, attributes) SELECT region_id, kind, entity, seqs, attributes FROM moved",
		"WITH moved AS (DELETE FROM effreg.correction_rebuild WHERE region_id = $1 RETURNING region_id, target, seqs)"
		" INSERT INTO effreg.correction (region_id, target, seqs) SELECT region_id, target, seqs FROM moved",
		"WITH moved AS (DELETE FROM effreg.region_horizon_rebuild WHERE region_id = $1 RETURNING region_id, month_first, month_last, definitions)"
		" INSERT INTO effreg.region_horizon (region_id, month_first, month_last, definitions)"
		" SELECT region_id, month_first, month_last, definitions FROM moved",
	};
	const struct db_param params[] = {db_text(region)};
	enum status status = STATUS_OK;
	for (size_t i = 0; i < ARRAY_COUNT(SQL) && status == STATUS_OK; i++)
		status = db_run(db, SQL[i], params, ARRAY_COUNT(params), NULL);
	return status;
}

/* ---- Comparing ---- */

#define ENTITY_LINES(suffix) \
	"SELECT 'entity ' || kind || '/' || entity AS name, seqs::text || attributes::text AS line FROM effreg.entity" suffix " WHERE region_id = $1"
#define CORRECTION_LINES(suffix) \
	"SELECT 'correction of ' || target::text, seqs::text FROM effreg.correction" suffix " WHERE region_id = $1"
#define HORIZON_LINES(suffix) \
	"SELECT 'horizon', pg_catalog.concat_ws(' ', month_first, month_last, definitions) FROM effreg.region_horizon" suffix " WHERE region_id = $1"

enum status metrics_store_count_differences(struct db *db, const char *sql, const struct db_param *params, size_t count, uint64_t *different,
                                           char *example, size_t example_size)
{
	struct db_rows *rows;
	enum status status = db_query(db, sql, params, count, &rows);
	if (status != STATUS_OK)
		return status;
	*different += db_rows_count(rows);
	if (db_rows_count(rows) > 0 && example[0] == '\0')
		snprintf(example, example_size, "%s: %s", params[0].at, db_get_text(rows, 0, 0));
	db_rows_destroy(&rows);
	return STATUS_OK;
}

enum status metrics_store_compare(struct db *db, const char *region, uint64_t *ret_different, char *example, size_t example_size)
{
	static const char SQL[] =
		"SELECT DISTINCT name FROM (SELECT name, line FROM " METRICS_DIFFERENCE(ENTITY_LINES(""), ENTITY_LINES("_rebuild")) " AS entities (name, line)"
		" UNION ALL SELECT name, line FROM " METRICS_DIFFERENCE(CORRECTION_LINES(""), CORRECTION_LINES("_rebuild")) " AS corrections (name, line)"
		" UNION ALL SELECT name, line FROM " METRICS_DIFFERENCE(HORIZON_LINES(""), HORIZON_LINES("_rebuild")) " AS horizons (name, line)) AS difference";
	const struct db_param params[] = {db_text(region)};
	*ret_different = 0;
	return metrics_store_count_differences(db, SQL, params, ARRAY_COUNT(params), ret_different, example, example_size);
}

enum status metrics_store_drop_rebuild(struct db *db, const char *consumer, const char *region)
{
	static const char *const SQL[] = {
		"DELETE FROM effreg.entity_rebuild WHERE region_id = $2 AND $1::text IS NOT NULL",
		"DELETE FROM effreg.correction_rebuild WHERE region_id = $2 AND $1::text IS NOT NULL",
		"DELETE FROM effreg.region_horizon_rebuild WHERE region_id = $2 AND $1::text IS NOT NULL",
		"DELETE FROM effreg.attempt WHERE consumer = $1 AND stream = 'event' AND key = $2",
		"DELETE FROM effreg.cursor WHERE consumer = $1 AND stream = 'event' AND key = $2",
	};
	const struct db_param params[] = {db_text(consumer), db_text(region)};
	enum status status = STATUS_OK;
	for (size_t i = 0; i < ARRAY_COUNT(SQL) && status == STATUS_OK; i++)
		status = db_run(db, SQL[i], params, ARRAY_COUNT(params), NULL);
	return status;
}
