#include "services/cli/cli_indicator_store.h"

#include <stdio.h>
#include <stdlib.h>

static const char *copy(struct arena *arena, const struct db_rows *rows, size_t row, int column)
{
	return db_is_null(rows, row, column) ? NULL : arena_text(arena, db_get_text(rows, row, column), db_get_len(rows, row, column));
}

enum status cli_indicator_store_find_region(struct db *db, const char *code, char ret_region[OKTMO_TEXT_SIZE])
{
	static const char SQL[] = "SELECT region_id FROM effreg.region WHERE region_id = $1 OR iso = $1";
	const struct db_param params[] = {db_text(code)};
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

/* One statement, so that rows and seq belong together; the first row has no entity. */
enum status cli_indicator_store_load(struct db *db, struct arena *arena, const char *region, struct indicator_region *ret_region)
{
	static const char SQL[] =
		"SELECT entity.kind, entity.entity, entity.attributes::text, entity.seqs::text, cursor.seq, horizon.month_first, horizon.month_last"
		" FROM (SELECT $1::text AS region_id) AS asked"
		" LEFT JOIN effreg.cursor ON cursor.consumer = 'metrics' AND cursor.stream = 'event' AND cursor.key = asked.region_id"
		" LEFT JOIN effreg.region_horizon AS horizon ON horizon.region_id = asked.region_id"
		" LEFT JOIN effreg.entity ON entity.region_id = asked.region_id ORDER BY entity.kind, entity.entity";
	const struct db_param params[] = {db_text(region)};
	struct db_rows *rows;
	enum status status = db_query(db, SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	*ret_region = (struct indicator_region){
		.entities = arena_array(arena, struct indicator_entity, db_rows_count(rows)), .seq = (uint64_t)db_get_integer(rows, 0, 4),
		.month_first = copy(arena, rows, 0, 5), .month_last = copy(arena, rows, 0, 6)};
	for (size_t row = 0; row < db_rows_count(rows); row++) {
		if (!db_is_null(rows, row, 0))
			ret_region->entities[ret_region->count++] = (struct indicator_entity){
				copy(arena, rows, row, 0), copy(arena, rows, row, 1), copy(arena, rows, row, 2), copy(arena, rows, row, 3)};
	}
	db_rows_destroy(&rows);
	return STATUS_OK;
}

enum status cli_indicator_store_load_told(struct db *db, struct arena *arena, const char *region, const char *period, const char *code,
                                          struct indicator_told **ret_told, size_t *ret_count)
{
	static const char SQL[] =
		"SELECT value.region_id, value.numerator::text, value.denominator::text, value.observations::text, value.value::text, cursor.seq"
		" FROM effreg.figure AS value"
		" LEFT JOIN effreg.cursor ON cursor.consumer = 'metrics' AND cursor.stream = 'event' AND cursor.key = value.region_id"
		" WHERE value.subject = 'region/' || $1 AND value.period = $2 AND value.code = $3 ORDER BY value.region_id";
	const struct db_param params[] = {db_text(region), db_text(period), db_text(code)};
	struct db_rows *rows;
	enum status status = db_query(db, SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	*ret_count = db_rows_count(rows);
	*ret_told = arena_array(arena, struct indicator_told, *ret_count + 1);
	for (size_t row = 0; row < *ret_count; row++)
		(*ret_told)[row] = (struct indicator_told){
			copy(arena, rows, row, 0), copy(arena, rows, row, 1), copy(arena, rows, row, 2), copy(arena, rows, row, 3), copy(arena, rows, row, 4),
			(uint64_t)db_get_integer(rows, row, 5)};
	db_rows_destroy(&rows);
	return STATUS_OK;
}

enum status cli_indicator_store_load_events(struct db *db, struct arena *arena, const char *region, const char *seqs,
                                            struct indicator_event **ret_events, size_t *ret_count)
{
	static const char SQL[] = "SELECT seq, id::text, body->>'type', body->>'time' FROM effreg.event"
	                          " WHERE region_id = $1 AND seq = ANY ($2::bigint[]) ORDER BY seq";
	const struct db_param params[] = {db_text(region), db_text(seqs)};
	struct db_rows *rows;
	enum status status = db_query(db, SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	*ret_count = db_rows_count(rows);
	*ret_events = arena_array(arena, struct indicator_event, *ret_count + 1);
	for (size_t row = 0; row < *ret_count; row++)
		(*ret_events)[row] = (struct indicator_event){
			(uint64_t)db_get_integer(rows, row, 0), copy(arena, rows, row, 1), copy(arena, rows, row, 2), copy(arena, rows, row, 3)};
	db_rows_destroy(&rows);
	return STATUS_OK;
}
