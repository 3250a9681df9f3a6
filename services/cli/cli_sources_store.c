#include "services/cli/cli_sources_store.h"

#include "common/ambient.h"

#define ARENA_BYTES_MAX ((size_t)1024 * 1024)

static const char SQL[] =
	"WITH ranges AS (SELECT s.region_id, s.source, pg_catalog.lower(r) AS lo, pg_catalog.upper(r) AS hi"
	"  FROM effreg.source s LEFT JOIN LATERAL pg_catalog.unnest(s.received) AS r ON true),"
	" counted AS (SELECT region_id, source, COALESCE(pg_catalog.sum(hi - lo), 0) AS received, COALESCE(pg_catalog.max(hi) - 1, 0) AS highest"
	"  FROM ranges GROUP BY region_id, source)"
	" SELECT counted.region_id, counted.source, counted.received::bigint, (counted.highest - counted.received)::bigint,"
	"  COALESCE(heard.attributes->>'last_time', ''),"
	"  COALESCE((heard.attributes->>'last_time')::timestamptz < pg_catalog.to_timestamp($2::double precision / 1000000)"
	"   - pg_catalog.make_interval(days => $3::integer), false)"
	" FROM counted LEFT JOIN effreg.entity AS heard"
	"  ON heard.region_id = counted.region_id AND heard.kind = 'source' AND heard.entity = counted.source"
	" WHERE $1::text IS NULL OR counted.region_id = $1 ORDER BY counted.region_id COLLATE \"C\", counted.source COLLATE \"C\"";

enum status sources_find(struct db *db, const char *region, int64_t silent_days, struct db_rows **ret_rows)
{
	struct arena *arena = arena_new(ARENA_BYTES_MAX);
	const struct db_param params[] = {db_text(region), db_integer(arena, ambient_now_us()), db_integer(arena, silent_days)};
	enum status status = db_begin(db);
	if (status == STATUS_OK)
		status = db_query(db, SQL, params, ARRAY_COUNT(params), ret_rows);
	db_rollback(db);
	arena_destroy(&arena);
	return status;
}
