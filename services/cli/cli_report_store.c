#include "services/cli/cli_report_store.h"

enum status report_store_begin(struct db *db)
{
	enum status status = db_begin(db);
	return status != STATUS_OK ? status : db_exec(db, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
}

enum status report_store_find_seq(struct db *db, const char *region, int64_t *ret_seq)
{
	static const char SQL[] = "SELECT seq FROM effreg.cursor WHERE consumer = 'metrics' AND stream = 'event' AND key = $1";
	const struct db_param params[] = {db_text(region)};
	struct db_rows *rows;
	enum status status = db_query(db, SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	*ret_seq = db_rows_count(rows) == 0 ? 0 : db_get_integer(rows, 0, 0);
	db_rows_destroy(&rows);
	return STATUS_OK;
}

enum status report_store_find_definitions(struct db *db, struct arena *arena, struct span *ret_body)
{
	static const char SQL[] = "SELECT body FROM effreg.indicator_definitions ORDER BY loaded_time DESC, digest LIMIT 1";
	struct db_rows *rows;
	enum status status = db_query(db, SQL, NULL, 0, &rows);
	if (status != STATUS_OK)
		return status;
	bool found = db_rows_count(rows) > 0;
	if (found) {
		size_t len = db_get_len(rows, 0, 0);
		*ret_body = span_of(arena_text(arena, db_get_text(rows, 0, 0), len), len);
	}
	db_rows_destroy(&rows);
	return found ? STATUS_OK : STATUS_NOT_FOUND;
}

/* ---- Things ---- */

static const struct json *take_json(struct arena *arena, const struct db_rows *rows, size_t row, int column)
{
	const struct json *json = NULL;
	if (db_is_null(rows, row, column)
	    || json_parse(arena, db_get_text(rows, row, column), db_get_len(rows, row, column), &JSON_LIMITS_DOCUMENT, &json, NULL) != STATUS_OK)
		return NULL;
	return json;
}

static const char *take_text(struct arena *arena, const struct db_rows *rows, size_t row, int column)
{
	return arena_text(arena, db_get_text(rows, row, column), db_get_len(rows, row, column));
}

/* region, kind, entity, attributes */
static enum status load(struct db *db, const char *sql, const char *region, struct arena *arena, struct report_entity **ret_entities,
                        size_t *ret_count, struct fault *fault)
{
	const struct db_param params[] = {db_text(region)};
	struct db_rows *rows;
	enum status status = db_query(db, sql, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	size_t count = db_rows_count(rows);
	struct report_entity *entities = arena_array(arena, struct report_entity, count + 1);
	for (size_t row = 0; row < count && status == STATUS_OK; row++) {
		entities[row] = (struct report_entity){.region = take_text(arena, rows, row, 0), .id = take_text(arena, rows, row, 2),
		                                       .attributes = take_json(arena, rows, row, 3)};
		if (entities[row].attributes == NULL || !entity_kind_find(db_get_text(rows, row, 1), &entities[row].kind))
			status = fault_set(fault, STATUS_BUG, "entity", "", -1, "effreg.entity has a row that cannot be read: %s %s %s",
			                   entities[row].region, db_get_text(rows, row, 1), entities[row].id);
	}
	db_rows_destroy(&rows);
	*ret_entities = entities;
	*ret_count = count;
	return status;
}

enum status report_store_load_entities(struct db *db, const char *region, struct arena *arena, struct report_entity **ret_entities,
                                       size_t *ret_count, struct fault *fault)
{
	static const char SQL[] =
		"SELECT region_id, kind, entity, attributes FROM effreg.entity WHERE region_id = $1"
		" ORDER BY kind COLLATE \"C\", entity COLLATE \"C\"";
	return load(db, SQL, region, arena, ret_entities, ret_count, fault);
}

enum status report_store_load_others(struct db *db, const char *region, struct arena *arena, struct report_entity **ret_entities,
                                     size_t *ret_count, struct fault *fault)
{
	static const char SQL[] =
		"SELECT region_id, kind, entity, attributes FROM effreg.entity WHERE region_id <> $1"
		" AND kind IN ('replication', 'chair', 'cup', 'mentorship')"
		" AND $1 IN (attributes->>'from_region', attributes->>'to_region', attributes->>'region')"
		" ORDER BY region_id COLLATE \"C\", kind COLLATE \"C\", entity COLLATE \"C\"";
	return load(db, SQL, region, arena, ret_entities, ret_count, fault);
}

/* ---- The rating ---- */

static void take_rows(const struct db_rows *rows, struct arena *arena, struct report_rating *rating)
{
	struct report_place *places = arena_array(arena, struct report_place, db_rows_count(rows) + 1);
	for (size_t row = 0; row < db_rows_count(rows); row++)
		places[row] = (struct report_place){
			.body = take_text(arena, rows, row, 0), .place = db_get_integer(rows, row, 1), .previous_place = db_get_integer(rows, row, 2),
			.score = take_text(arena, rows, row, 3), .group = take_text(arena, rows, row, 4), .reason = take_text(arena, rows, row, 5),
			.nodes = take_json(arena, rows, row, 6), .inputs = take_json(arena, rows, row, 7),
		};
	rating->rows = places;
	rating->rows_count = db_rows_count(rows);
}

static enum status load_published(struct db *db, const char *cohort, const char *period, struct arena *arena, struct report_rating *rating, bool *ret_found)
{
	static const char RUN[] =
		"SELECT kind, revision, methodology FROM effreg.rating_run WHERE cohort = $1 AND period = $2"
		" ORDER BY kind = 'final' DESC, revision DESC LIMIT 1";
	static const char ROWS[] =
		"SELECT CASE WHEN authority = '' THEN region_id ELSE authority END, place, previous_place, score, group_code, reason, nodes, inputs FROM effreg.rating_row"
		" WHERE cohort = $1 AND period = $2 AND kind = $3 AND revision = $4::integer"
		" ORDER BY region_id COLLATE \"C\", authority COLLATE \"C\"";
	const struct db_param of_period[] = {db_text(cohort), db_text(period)};
	struct db_rows *rows;
	enum status status = db_query(db, RUN, of_period, ARRAY_COUNT(of_period), &rows);
	if (status != STATUS_OK)
		return status;
	*ret_found = db_rows_count(rows) > 0;
	if (*ret_found) {
		rating->kind = take_text(arena, rows, 0, 0);
		rating->revision = db_get_integer(rows, 0, 1);
		rating->methodology = take_json(arena, rows, 0, 2);
	}
	db_rows_destroy(&rows);
	if (!*ret_found)
		return STATUS_OK;
	const struct db_param of_run[] = {db_text(cohort), db_text(period), db_text(rating->kind), db_integer(arena, rating->revision)};
	status = db_query(db, ROWS, of_run, ARRAY_COUNT(of_run), &rows);
	if (status != STATUS_OK)
		return status;
	take_rows(rows, arena, rating);
	db_rows_destroy(&rows);
	return STATUS_OK;
}

/* The live document has places and scores; what they were made of is known of published ratings. */
static enum status load_live(struct db *db, const char *cohort, const char *period, struct arena *arena, struct report_rating *rating, bool *ret_found)
{
	static const char SQL[] =
		"SELECT COALESCE(item->>'authority', item->>'region'), (item->>'place')::integer, (item->>'previous_place')::integer, item->>'score', item->>'group',"
		" item->>'reason', NULL::json, NULL::json FROM effreg.rating_live AS live, pg_catalog.json_array_elements(live.document->'rows') AS item"
		" WHERE live.cohort = $1 AND live.period = $2 ORDER BY 1";
	const struct db_param params[] = {db_text(cohort), db_text(period)};
	struct db_rows *rows;
	enum status status = db_query(db, SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	*ret_found = db_rows_count(rows) > 0;
	rating->kind = "live";
	take_rows(rows, arena, rating);
	db_rows_destroy(&rows);
	return STATUS_OK;
}

enum status report_store_load_rating(struct db *db, const char *cohort, const char *period, struct arena *arena, const struct report_rating **ret_rating,
                                     struct fault *fault)
{
	struct report_rating *rating = arena_alloc(arena, sizeof *rating);
	bool found = false;
	enum status status = load_published(db, cohort, period, arena, rating, &found);
	if (status == STATUS_OK && !found)
		status = load_live(db, cohort, period, arena, rating, &found);
	if (status != STATUS_OK)
		return fault_set(fault, status, "database", "", -1, "%s", db_error(db));
	*ret_rating = found ? rating : NULL;
	return STATUS_OK;
}
