#include "services/cli/cli_trace_store.h"

#define ARENA_BYTES_MAX ((size_t)64 * 1024)

/* Region by region, so that the index of (region_id, id) serves. */
static const char EVENT_SQL[] =
	"SELECT e.region_id, e.seq, CASE WHEN e.body IS NULL THEN 'log archive' ELSE COALESCE(e.body->>'type', '') END, COALESCE(e.body->>'source', ''), COALESCE(e.body->>'traceparent', '')"
	" FROM effreg.event_head h JOIN effreg.event e ON e.region_id = h.region_id AND e.id = $1::uuid ORDER BY e.region_id";

#define US_OF(time) "(EXTRACT(epoch FROM " time ") * 1000000)::bigint"

static const char STEPS_SQL[] =
	"WITH event AS (SELECT region_id, seq, recorded_time, body FROM effreg.event WHERE region_id = $2 AND seq = $3::bigint),"
	" counted AS (SELECT m.seq, m.recorded_time, m.body FROM effreg.metric m JOIN event e USING (region_id)"
	"  WHERE (m.body->>'event_seq')::bigint >= e.seq ORDER BY m.seq LIMIT 1),"
	" period AS (SELECT changed->>'period' AS code FROM counted, LATERAL pg_catalog.json_array_elements(counted.body->'changed') AS changed),"
	" run AS (SELECT DISTINCT ON (r.cohort, r.period, r.kind) r.cohort, r.period, r.kind, r.revision, r.published_time"
	"  FROM effreg.rating_run r, event e WHERE r.period IN (SELECT code FROM period) AND (r.seqs->e.region_id->>'seq')::bigint >= e.seq"
	"  ORDER BY r.cohort, r.period, r.kind, r.revision),"
	" told AS (SELECT n.kind, n.cohort, n.period, n.rating_kind, n.revision, n.created_time, n.sent_time FROM effreg.notice n, event e"
	"  WHERE n.region_id = e.region_id AND ((n.cohort, n.period, n.rating_kind, n.revision) IN (SELECT cohort, period, kind, revision FROM run)"
	"  OR (n.created_time > e.recorded_time AND (n.details->>'traceparent' = e.body->>'traceparent'"
	"   OR pg_catalog.strpos(n.details::text, '\"' || pg_catalog.regexp_replace(e.body->>'subject', '^.*/', '') || '\"') > 0)))),"
	" step AS ("
	"  SELECT (body->>'time')::timestamptz AS at, 1 AS place, 'happened' AS step, '' AS detail FROM event WHERE body->>'time' IS NOT NULL"
	"  UNION ALL SELECT recorded_time, 2, 'stored', 'seq ' || seq FROM event"
	"  UNION ALL SELECT recorded_time, 3, 'counted', 'metric ' || seq FROM counted"
	"  UNION ALL SELECT COALESCE(a.parked_time, a.updated_time), 4, CASE WHEN a.parked_time IS NULL THEN 'tried' ELSE 'parked' END,"
	"   a.consumer || ': ' || COALESCE(a.error, '')"
	"   FROM effreg.attempt a JOIN event e ON a.stream = 'event' AND a.key = e.region_id AND a.seq = e.seq"
	"  UNION ALL SELECT l.computed_time, 5, 'computed', l.cohort || ' ' || l.period FROM effreg.rating_live l, event e"
	"   WHERE l.period IN (SELECT code FROM period) AND (l.seqs->e.region_id->>'seq')::bigint >= e.seq"
	"  UNION ALL SELECT published_time, 6, 'published', cohort || ' ' || period || ' ' || kind || ' ' || revision FROM run"
	"  UNION ALL SELECT created_time, 7, 'noticed', pg_catalog.concat_ws(' ', kind, cohort, period) FROM told"
	"  UNION ALL SELECT sent_time, 8, 'sent', pg_catalog.concat_ws(' ', kind, cohort, period) FROM told WHERE sent_time IS NOT NULL"
	"  UNION ALL SELECT first_time, 0, 'refused', region_id || ' ' || code || ' ' || pointer FROM effreg.quarantine WHERE event_id = $1)"
	" SELECT " US_OF("at") ", step, detail FROM step ORDER BY at, place, detail";

static enum status ask(struct db *db, const char *sql, const struct db_param *params, size_t count, struct db_rows **ret_rows)
{
	enum status status = db_begin(db);
	if (status == STATUS_OK)
		status = db_query(db, sql, params, count, ret_rows);
	db_rollback(db);
	return status;
}

enum status trace_find_event(struct db *db, const char *id, struct db_rows **ret_rows)
{
	const struct db_param params[] = {db_text(id)};
	return ask(db, EVENT_SQL, params, ARRAY_COUNT(params), ret_rows);
}

enum status trace_find_steps(struct db *db, const char *id, const char *region, int64_t seq, struct db_rows **ret_rows)
{
	struct arena *arena = arena_new(ARENA_BYTES_MAX);
	const struct db_param params[] = {db_text(id), db_text(region), db_integer(arena, seq)};
	enum status status = ask(db, STEPS_SQL, params, ARRAY_COUNT(params), ret_rows);
	arena_destroy(&arena);
	return status;
}
