#include "services/cli/cli_practices_store.h"

/* The indicators of a region that say how much an indicator of its projects fell. */
#define READING_CODES "pg_catalog.right(code, 10) = '_reduction'"

static const char *copy_text(struct arena *arena, const struct db_rows *rows, size_t row, int column)
{
	return arena_text(arena, db_get_text(rows, row, column), db_get_len(rows, row, column));
}

/* Rows of region, id and a JSON object. Metrics wrote the object, so text that is none is a mistake of ours. */
static enum status take_rows(struct arena *arena, const struct db_rows *rows, struct practices_row **ret_rows, size_t *ret_count)
{
	enum status status = STATUS_OK;
	*ret_count = db_rows_count(rows);
	*ret_rows = arena_array(arena, struct practices_row, *ret_count + 1);
	for (size_t row = 0; row < *ret_count && status == STATUS_OK; row++) {
		struct practices_row *taken = &(*ret_rows)[row];
		taken->region = copy_text(arena, rows, row, 0);
		taken->id = copy_text(arena, rows, row, 1);
		status = json_parse(arena, db_get_text(rows, row, 2), db_get_len(rows, row, 2), &JSON_LIMITS_DOCUMENT,
		                    &taken->attributes, NULL);
	}
	return status == STATUS_OK ? STATUS_OK : STATUS_BUG;
}

static enum status load_rows(struct db *db, struct arena *arena, const char *sql, const struct db_param *params, size_t params_count,
                             struct practices_row **ret_rows, size_t *ret_count)
{
	struct db_rows *rows;
	enum status status = db_query(db, sql, params, params_count, &rows);
	if (status != STATUS_OK)
		return status;
	status = take_rows(arena, rows, ret_rows, ret_count);
	db_rows_destroy(&rows);
	return status;
}

enum status cli_practices_store_load(struct db *db, struct arena *arena, struct practice_catalogue *ret_catalogue)
{
	static const char OF_KIND_SQL[] =
		"SELECT region_id, entity, attributes FROM effreg.entity WHERE kind = $1 AND attributes::text <> '{}'";
	static const char SOURCES_SQL[] =
		"SELECT p.region_id, p.entity, pg_catalog.json_build_object('indicators', p.attributes -> 'indicators')"
		" FROM effreg.entity p WHERE p.kind = 'project' AND (p.region_id, p.entity) IN"
		" (SELECT k.region_id, k.attributes ->> 'project' FROM effreg.entity k WHERE k.kind = 'practice')";
	const struct db_param practice[] = {db_text("practice")}, replication[] = {db_text("replication")};
	struct practices_row *practices, *replications, *projects;
	size_t practices_count, replications_count, projects_count;
	enum status status = load_rows(db, arena, OF_KIND_SQL, practice, 1, &practices, &practices_count);
	if (status == STATUS_OK)
		status = load_rows(db, arena, OF_KIND_SQL, replication, 1, &replications, &replications_count);
	if (status == STATUS_OK)
		status = load_rows(db, arena, SOURCES_SQL, NULL, 0, &projects, &projects_count);
	if (status == STATUS_OK)
		*ret_catalogue = practice_catalogue_make(arena, practices, practices_count, replications, replications_count, projects,
		                                         projects_count);
	return status;
}

static enum status find_period(struct db *db, struct arena *arena, const char **ret_period)
{
	static const char SQL[] =
		"SELECT COALESCE(pg_catalog.max(period), '') FROM effreg.figure"
		" WHERE subject = '' AND value IS NOT NULL AND period ~ '^[0-9]{4}$' AND " READING_CODES;
	struct db_rows *rows;
	enum status status = db_query(db, SQL, NULL, 0, &rows);
	if (status != STATUS_OK)
		return status;
	*ret_period = copy_text(arena, rows, 0, 0);
	db_rows_destroy(&rows);
	return STATUS_OK;
}

static enum status load_readings(struct db *db, struct arena *arena, const char *period, struct practices_asker *asker)
{
	static const char SQL[] =
		"SELECT region_id, pg_catalog.left(code, -10), pg_catalog.trim_scale(value) FROM effreg.figure"
		" WHERE subject = '' AND value IS NOT NULL AND period = $1 AND " READING_CODES;
	const struct db_param params[] = {db_text(period)};
	struct db_rows *rows;
	enum status status = db_query(db, SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	struct practices_reading *readings = arena_array(arena, struct practices_reading, db_rows_count(rows) + 1);
	for (size_t row = 0; row < db_rows_count(rows); row++) {
		struct practices_reading *reading = &readings[asker->readings_count];
		reading->region = copy_text(arena, rows, row, 0);
		reading->indicator = copy_text(arena, rows, row, 1);
		asker->readings_count += decimal_parse(db_get_text(rows, row, 2), &reading->value);
	}
	asker->readings = readings;
	db_rows_destroy(&rows);
	return STATUS_OK;
}

enum status cli_practices_store_load_asker(struct db *db, struct arena *arena, const char *region, const char *period,
                                           struct practices_asker *ret_asker, const char **ret_period)
{
	static const char PROJECTS_SQL[] =
		"SELECT region_id, entity, pg_catalog.json_build_object('sphere', attributes -> 'sphere', 'process', attributes -> 'process')"
		" FROM effreg.entity WHERE region_id = $1 AND kind = 'project' AND attributes::text <> '{}'";
	const struct db_param params[] = {db_text(region)};
	struct practices_row *projects;
	struct practices_asker asker = {.region = region};
	enum status status = load_rows(db, arena, PROJECTS_SQL, params, ARRAY_COUNT(params), &projects, &asker.projects_count);
	asker.projects = projects;
	if (status == STATUS_OK && period == NULL)
		status = find_period(db, arena, &period);
	if (status == STATUS_OK)
		status = load_readings(db, arena, period, &asker);
	*ret_asker = asker;
	*ret_period = period;
	return status;
}

enum status cli_practices_store_load_regions(struct db *db, struct arena *arena, struct practices_region **ret_regions,
                                             size_t *ret_count)
{
	static const char SQL[] = "SELECT region_id, COALESCE(iso, ''), name_ru, name_en FROM effreg.region ORDER BY region_id COLLATE \"C\"";
	struct db_rows *rows;
	enum status status = db_query(db, SQL, NULL, 0, &rows);
	if (status != STATUS_OK)
		return status;
	*ret_count = db_rows_count(rows);
	*ret_regions = arena_array(arena, struct practices_region, *ret_count + 1);
	for (size_t row = 0; row < *ret_count; row++)
		(*ret_regions)[row] = (struct practices_region){
			.region = copy_text(arena, rows, row, 0), .iso = copy_text(arena, rows, row, 1),
			.name_ru = copy_text(arena, rows, row, 2), .name_en = copy_text(arena, rows, row, 3),
		};
	db_rows_destroy(&rows);
	return STATUS_OK;
}
