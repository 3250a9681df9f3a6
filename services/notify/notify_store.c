#include "services/notify/notify_store.h"

#include "common/ident.h"

/* Regions are told of their own places, not of those of their authorities. The id is a UUID of version 8 (RFC 9562: made by
 * a rule of one's own) from the first half of a SHA-256. */
static const char WRITE_SQL[] =
	"INSERT INTO effreg.notice (region_id, id, cohort, period, rating_kind, revision, place, previous_place,"
	"  published_time)"
	" SELECT r.region_id,"
	"  pg_catalog.overlay(pg_catalog.overlay(pg_catalog.substr(digest.hex, 1, 32), '8', 13, 1), '8', 17, 1)::uuid,"
	"  r.cohort, r.period, r.kind, r.revision, r.place, r.previous_place, run.published_time"
	" FROM effreg.rating_row r"
	" JOIN effreg.rating_run run USING (cohort, period, kind, revision)"
	" LEFT JOIN effreg.rating_row corrected ON corrected.cohort = r.cohort AND corrected.period = r.period"
	"  AND corrected.kind = r.kind AND corrected.revision = r.revision - 1 AND corrected.region_id = r.region_id"
	"  AND corrected.authority = r.authority"
	" CROSS JOIN LATERAL (SELECT pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to("
	"  pg_catalog.concat_ws('|', r.cohort, r.period, r.kind, r.revision, r.region_id), 'UTF8')), 'hex') AS hex) digest"
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

static const char TAKE_SQL[] =
	"SELECT n.id, n.region_id, region.iso, region.name_ru, region.name_en, n.cohort, n.period, n.rating_kind, n.revision,"
	"  n.place, n.previous_place, pg_catalog.floor(EXTRACT(epoch FROM n.published_time) * 1000000)::bigint"
	" FROM effreg.notice n JOIN effreg.region region USING (region_id)"
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

static struct notify_notice read_notice(struct arena *arena, const struct db_rows *rows, size_t row)
{
	return (struct notify_notice){
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
	};
}

enum status notify_store_take_unsent(struct db *db, struct arena *arena, struct notify_notice **ret_notices,
                                     size_t *ret_count)
{
	const struct db_param params[] = {db_integer(arena, NOTIFY_UNSENT_MAX)};
	struct db_rows *rows;
	enum status status = db_query(db, TAKE_SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	size_t count = db_rows_count(rows);
	struct notify_notice *notices = arena_array(arena, struct notify_notice, count);
	for (size_t i = 0; i < count; i++)
		notices[i] = read_notice(arena, rows, i);
	db_rows_destroy(&rows);
	*ret_notices = notices;
	*ret_count = count;
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
