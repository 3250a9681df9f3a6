#include "services/notify/notify_store.h"

#include "common/ident.h"

/* An id is a UUID of version 8 (RFC 9562: made by a rule of one's own) from the first half of a SHA-256. */
#define DIGEST(values) \
	"pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.concat_ws('|', " values "), 'UTF8')), 'hex')"
#define ID_OF_DIGEST "pg_catalog.overlay(pg_catalog.overlay(pg_catalog.substr(digest.hex, 1, 32), '8', 13, 1), '8', 17, 1)::uuid"

/* Regions are told of their own places, not of those of their authorities. */
static const char WRITE_SQL[] =
	"INSERT INTO effreg.notice (region_id, id, cohort, period, rating_kind, revision, place, previous_place,"
	"  published_time)"
	" SELECT r.region_id, " ID_OF_DIGEST ","
	"  r.cohort, r.period, r.kind, r.revision, r.place, r.previous_place, run.published_time"
	" FROM effreg.rating_row r"
	" JOIN effreg.rating_run run USING (cohort, period, kind, revision)"
	" LEFT JOIN effreg.rating_row corrected ON corrected.cohort = r.cohort AND corrected.period = r.period"
	"  AND corrected.kind = r.kind AND corrected.revision = r.revision - 1 AND corrected.region_id = r.region_id"
	"  AND corrected.authority = r.authority"
	" CROSS JOIN LATERAL (SELECT " DIGEST("r.cohort, r.period, r.kind, r.revision, r.region_id") " AS hex) digest"
	" WHERE r.cohort = $1 AND r.period = $2 AND r.kind = $3 AND r.revision = $4::integer AND r.authority = ''"
	"  AND r.place IS DISTINCT FROM CASE WHEN r.revision = 1 THEN r.previous_place ELSE corrected.place END"
	" ON CONFLICT (region_id, id) DO NOTHING";

enum status notify_store_write(struct db *db, const struct notify_publication *publication, struct arena *arena,
                               int64_t *ret_written)
{
	const struct db_param params[] = {db_text(publication->cohort), db_text(publication->period),
	                                  db_text(publication->kind), db_integer(arena, publication->revision)};
	return db_run(db, WRITE_SQL, params, ARRAY_COUNT(params), ret_written);
}

/* ---- News ---- */

/* found: (region_id, about, details), of which the first two are the news' own. */
#define WRITE_NEWS(kind, found) \
	"INSERT INTO effreg.notice (region_id, id, kind, details)" \
	" SELECT found.region_id, " ID_OF_DIGEST ", '" kind "', pg_catalog.json_strip_nulls(found.details)" \
	" FROM (" found ") AS found (region_id, about, details)" \
	" CROSS JOIN LATERAL (SELECT " DIGEST("'" kind "', found.region_id, found.about") " AS hex) digest" \
	" ON CONFLICT (region_id, id) DO NOTHING"

/* Of each region, for its entities stand together. */
#define ENTITIES(kind) " FROM effreg.region JOIN effreg.entity e ON e.region_id = region.region_id AND e.kind = '" kind "'"

/* Of the last event that speaks of the entity. */
#define TRACE \
	", 'traceparent', (SELECT t.traceparent FROM effreg.event_trace t WHERE t.region_id = e.region_id" \
	" AND t.seq = e.seqs[pg_catalog.array_upper(e.seqs, 1)])"

#define NOW "pg_catalog.to_timestamp($1::double precision / 1000000)"
#define DAYS(count) "pg_catalog.make_interval(days => " count "::integer)"
#define RECENT(member) \
	"(e.attributes->>'" member "')::date <= (" NOW ")::date AND (e.attributes->>'" member "')::date > (" NOW " - " DAYS("$2") ")::date"
#define SILENT "(e.attributes->>'last_time')::timestamptz < " NOW " - " DAYS("$3")

static const char OVERDUE_SQL[] = WRITE_NEWS("instruction_overdue",
	"SELECT e.region_id, pg_catalog.concat_ws('|', e.entity, e.attributes->>'due_on'), pg_catalog.json_build_object('instruction', e.entity,"
	" 'title', e.attributes->'title', 'due_on', e.attributes->>'due_on', 'authority', e.attributes->>'authority'" TRACE ")" ENTITIES("instruction")
	" WHERE e.attributes->>'fulfilled_on' IS NULL AND (e.attributes->>'due_on')::date < (" NOW ")::date AND " RECENT("due_on"));

static const char SILENT_SQL[] = WRITE_NEWS("source_silent",
	"SELECT e.region_id, pg_catalog.concat_ws('|', e.entity, e.attributes->>'last_time'), pg_catalog.json_build_object('source', e.entity,"
	" 'last_time', e.attributes->>'last_time')" ENTITIES("source")
	" WHERE " SILENT " AND (e.attributes->>'last_time')::timestamptz > " NOW " - " DAYS("$3") " - " DAYS("$2"));

#define DISPUTE(date) \
	"SELECT e.region_id, pg_catalog.concat_ws('|', e.entity, e.attributes->>'" date "'), pg_catalog.json_build_object('dispute', e.entity," \
	" 'title', e.attributes->'title', 'project', e.attributes->>'project', 'outcome', e.attributes->>'outcome'," \
	" '" date "', e.attributes->>'" date "'" TRACE ")" ENTITIES("dispute") " WHERE " RECENT(date)

static const char OPENED_SQL[] = WRITE_NEWS("dispute_opened", DISPUTE("opened_on") " AND e.attributes->>'resolved_on' IS NULL");
static const char RESOLVED_SQL[] = WRITE_NEWS("dispute_resolved", DISPUTE("resolved_on"));

static const char VERIFIED_SQL[] = WRITE_NEWS("effect_verified",
	"SELECT e.region_id, pg_catalog.concat_ws('|', e.entity, e.attributes->>'verdict'), pg_catalog.json_build_object("
	"'verification', e.entity, 'project', e.attributes->>'project', 'indicator', e.attributes->>'indicator',"
	" 'verdict', e.attributes->>'verdict', 'verified_on', e.attributes->>'verified_on'" TRACE ")" ENTITIES("verification")
	" WHERE " RECENT("verified_on"));

/* Whichever of the parameters a statement has: now, recent_days, silent_days. */
struct news_statement {
	const char *sql;
	size_t params;
};

static const struct news_statement NEWS[] = {
	{OVERDUE_SQL, 2}, {SILENT_SQL, 3}, {OPENED_SQL, 2}, {RESOLVED_SQL, 2}, {VERIFIED_SQL, 2},
};

enum status notify_store_write_news(struct db *db, const struct notify_news *news, struct arena *arena, int64_t *ret_written)
{
	const struct db_param params[] = {db_integer(arena, news->now_us), db_integer(arena, news->recent_days), db_integer(arena, news->silent_days)};
	enum status status = STATUS_OK;
	*ret_written = 0;
	for (size_t i = 0; i < ARRAY_COUNT(NEWS) && status == STATUS_OK; i++) {
		int64_t written = 0;
		status = db_run(db, NEWS[i].sql, params, NEWS[i].params, &written);
		*ret_written += written;
	}
	return status;
}

enum status notify_store_write_cut_off(struct db *db, const struct notify_cut_off *cut_off, struct arena *arena, int64_t *ret_written)
{
	static const char SQL[] = WRITE_NEWS("cut_off_near",
		"SELECT region_id, $1::text, $1::json FROM effreg.event_head WHERE last_seq > 0");
	(void)arena;
	const struct db_param params[] = {db_text(cut_off->details)};
	return db_run(db, SQL, params, ARRAY_COUNT(params), ret_written);
}

enum status notify_store_write_published(struct db *db, const struct notify_publication *publication, struct arena *arena,
                                         int64_t *ret_written)
{
	static const char SQL[] = WRITE_NEWS("rating_published",
		"SELECT '" NOTIFY_FEDERAL "', pg_catalog.concat_ws('|', $1::text, $2::text, $3::text, $4::text), pg_catalog.json_build_object("
		"'cohort', $1::text, 'period', $2::text, 'rating_kind', $3::text, 'revision', $4::integer, 'regions', pg_catalog.count(*),"
		" 'changed', (SELECT pg_catalog.count(*) FROM effreg.notice n WHERE n.kind = 'place_changed' AND n.cohort = $1 AND n.period = $2"
		"  AND n.rating_kind = $3 AND n.revision = $4::integer))"
		" FROM effreg.rating_row r WHERE r.cohort = $1 AND r.period = $2 AND r.kind = $3 AND r.revision = $4::integer AND r.authority = ''");
	const struct db_param params[] = {db_text(publication->cohort), db_text(publication->period),
	                                  db_text(publication->kind), db_integer(arena, publication->revision)};
	return db_run(db, SQL, params, ARRAY_COUNT(params), ret_written);
}

enum status notify_store_count_sources(struct db *db, const struct notify_news *news, struct arena *arena, int64_t *ret_sources, int64_t *ret_silent)
{
	static const char SQL[] = "SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE $2::integer >= 0 AND " SILENT ")" ENTITIES("source");
	const struct db_param params[] = {db_integer(arena, news->now_us), db_integer(arena, news->recent_days), db_integer(arena, news->silent_days)};
	struct db_rows *rows;
	enum status status = db_query(db, SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	*ret_sources = db_get_integer(rows, 0, 0);
	*ret_silent = db_get_integer(rows, 0, 1);
	db_rows_destroy(&rows);
	return STATUS_OK;
}

/* ---- Sending ---- */

#define NOTICE_COLUMNS \
	"SELECT n.id, n.region_id, region.iso, COALESCE(region.name_ru, 'Федеральный уровень'), COALESCE(region.name_en, 'Federal level')," \
	"  n.cohort, n.period, n.rating_kind, n.revision, n.place, n.previous_place," \
	"  pg_catalog.floor(EXTRACT(epoch FROM n.published_time) * 1000000)::bigint, n.kind, n.details::text," \
	"  pg_catalog.floor(EXTRACT(epoch FROM n.created_time) * 1000000)::bigint" \
	" FROM effreg.notice n LEFT JOIN effreg.region region USING (region_id)"

static const char TAKE_SQL[] = NOTICE_COLUMNS
	" WHERE n.sent_time IS NULL"
	" ORDER BY n.created_time, n.region_id, n.id"
	" LIMIT $1 FOR UPDATE OF n SKIP LOCKED";

static const char *copy_text(struct arena *arena, const struct db_rows *rows, size_t row, int column)
{
	return arena_text(arena, db_get_text(rows, row, column), db_get_len(rows, row, column));
}

static const char *copy_instant(struct arena *arena, int64_t us)
{
	char text[INSTANT_TEXT_SIZE];
	instant_format(us, text);
	return arena_text(arena, text, strlen(text));
}

/* Of a kind that a newer program wrote, or with details that are none: nothing is sent in its place. */
static enum status read_details(struct arena *arena, const struct db_rows *rows, size_t row, struct notify_notice *notice)
{
	const char *details = copy_text(arena, rows, row, 13);
	notice->details = span_of_text(details);
	if (!notify_kind_find(db_get_text(rows, row, 12), &notice->kind))
		return STATUS_BUG;
	if (notice->kind == NOTIFY_PLACE_CHANGED)
		return STATUS_OK;
	enum status status = json_parse(arena, details, strlen(details), &JSON_LIMITS_DOCUMENT, &notice->said, NULL);
	return status == STATUS_OK ? STATUS_OK : STATUS_BUG;
}

static enum status read_notice(struct arena *arena, const struct db_rows *rows, size_t row, struct notify_notice *ret_notice)
{
	*ret_notice = (struct notify_notice){
		.id = copy_text(arena, rows, row, 0),
		.region = copy_text(arena, rows, row, 1),
		.iso = db_is_null(rows, row, 2) ? NULL : copy_text(arena, rows, row, 2),
		.name_ru = copy_text(arena, rows, row, 3),
		.name_en = copy_text(arena, rows, row, 4),
		.publication.cohort = copy_text(arena, rows, row, 5),
		.publication.period = copy_text(arena, rows, row, 6),
		.publication.kind = copy_text(arena, rows, row, 7),
		.publication.revision = db_get_integer(rows, row, 8),
		.place = db_get_integer(rows, row, 9),
		.previous_place = db_get_integer(rows, row, 10),
		.published_time = copy_instant(arena, db_get_integer(rows, row, 11)),
		.noticed_time = copy_instant(arena, db_get_integer(rows, row, 14)),
	};
	return read_details(arena, rows, row, ret_notice);
}

static enum status read_notices(struct arena *arena, struct db_rows *rows, struct notify_notice **ret_notices, size_t *ret_count)
{
	enum status status = STATUS_OK;
	size_t count = db_rows_count(rows);
	struct notify_notice *notices = arena_array(arena, struct notify_notice, count);
	for (size_t i = 0; i < count && status == STATUS_OK; i++)
		status = read_notice(arena, rows, i, &notices[i]);
	db_rows_destroy(&rows);
	*ret_notices = notices;
	*ret_count = count;
	return status;
}

enum status notify_store_take_unsent(struct db *db, struct arena *arena, struct notify_notice **ret_notices,
                                     size_t *ret_count)
{
	const struct db_param params[] = {db_integer(arena, NOTIFY_UNSENT_MAX)};
	struct db_rows *rows;
	enum status status = db_query(db, TAKE_SQL, params, ARRAY_COUNT(params), &rows);
	return status == STATUS_OK ? read_notices(arena, rows, ret_notices, ret_count) : status;
}

enum status notify_store_take_sent(struct db *db, int64_t since_us, const struct notify_known *const *known, size_t known_count, struct arena *arena,
                                   struct notify_notice **ret_notices, size_t *ret_count)
{
	/* Not clock_timestamp(), which is another one for each row: no index is searched by it. */
	static const char SQL[] = NOTICE_COLUMNS
		" WHERE n.sent_time > GREATEST(pg_catalog.to_timestamp($1::bigint / 1000000.0),"
		"  pg_catalog.statement_timestamp() - $2::integer * INTERVAL '1 second')"
		" AND NOT EXISTS (SELECT FROM ROWS FROM (pg_catalog.unnest($3::text[]), pg_catalog.unnest($4::text[])) AS known (region_id, id)"
		"  WHERE known.region_id = n.region_id AND known.id::uuid = n.id)"
		" ORDER BY n.sent_time, n.region_id, n.id LIMIT $5";
	const char **regions = arena_array(arena, const char *, known_count);
	const char **ids = arena_array(arena, const char *, known_count);
	for (size_t i = 0; i < known_count; i++) {
		regions[i] = known[i]->region;
		ids[i] = known[i]->id;
	}
	const struct db_param params[] = {db_integer(arena, since_us), db_integer(arena, NOTIFY_RELAY_S), db_array(arena, regions, known_count),
	                                  db_array(arena, ids, known_count), db_integer(arena, NOTIFY_UNSENT_MAX)};
	struct db_rows *rows;
	enum status status = db_query(db, SQL, params, ARRAY_COUNT(params), &rows);
	return status == STATUS_OK ? read_notices(arena, rows, ret_notices, ret_count) : status;
}

enum status notify_store_count_unsent(struct db *db, int64_t *ret_unsent, int64_t *ret_oldest_ms)
{
	static const char SQL[] =
		"SELECT pg_catalog.count(*), COALESCE((EXTRACT(epoch FROM pg_catalog.clock_timestamp() - pg_catalog.min(created_time)) * 1000)::bigint, 0)"
		" FROM effreg.notice WHERE sent_time IS NULL";
	struct db_rows *rows;
	enum status status = db_query(db, SQL, NULL, 0, &rows);
	if (status != STATUS_OK)
		return status;
	*ret_unsent = db_get_integer(rows, 0, 0);
	*ret_oldest_ms = db_get_integer(rows, 0, 1);
	db_rows_destroy(&rows);
	return STATUS_OK;
}

enum status notify_store_mark_sent(struct db *db, struct arena *arena, const struct notify_notice *notices, size_t count)
{
	static const char SQL[] =
		"UPDATE effreg.notice n SET sent_time = pg_catalog.clock_timestamp()"
		" FROM ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) AS sent (region_id, id)"
		" WHERE n.region_id = sent.region_id AND n.id = sent.id::uuid";
	const char **regions = arena_array(arena, const char *, count);
	const char **ids = arena_array(arena, const char *, count);
	for (size_t i = 0; i < count; i++) {
		regions[i] = notices[i].region;
		ids[i] = notices[i].id;
	}
	const struct db_param params[] = {db_array(arena, regions, count), db_array(arena, ids, count)};
	return db_run(db, SQL, params, ARRAY_COUNT(params), NULL);
}
