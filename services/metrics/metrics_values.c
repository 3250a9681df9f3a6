/* Rows travel as arrays, one per column, decimals in them as text, exactly; all figures of a region by COPY. */
#include "services/metrics/metrics_values.h"

#include "common/buf.h"
#include "services/metrics/metrics_store.h"

#include <inttypes.h>
#include <stdlib.h>

#define ROWS_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define COPY_BYTES     ((size_t)256 * 1024)

static int change_compare(const void *a, const void *b)
{
	const struct cell_change *one = *(const struct cell_change *const *)a, *other = *(const struct cell_change *const *)b;
	int order = strcmp(one->subject, other->subject);
	if (order == 0)
		order = one->period.length != other->period.length ? (int)one->period.length - (int)other->period.length
		                                                   : one->period.first - other->period.first;
	if (order == 0)
		order = (one->definition->ordinal > other->definition->ordinal) - (one->definition->ordinal < other->definition->ordinal);
	return order;
}

/* By subject, length and start of the period, and place of the definition. */
static const struct cell_change **sort_changes(const struct cell_change *changes, size_t count, struct arena *arena)
{
	const struct cell_change **sorted = arena_array(arena, const struct cell_change *, count + 1);
	for (size_t i = 0; i < count; i++)
		sorted[i] = &changes[i];
	qsort(sorted, count, sizeof *sorted, change_compare);
	return sorted;
}

/* ---- Rows ---- */

enum column { SUBJECT, PERIOD, CODE, NUMERATOR, DENOMINATOR, OBSERVATIONS, VALUE, COLUMN_COUNT };

/* ROWS FROM the arrays $2 to $8, in the order of enum column. */
#define GIVEN_KEY "pg_catalog.unnest($2::text[]), pg_catalog.unnest($3::text[]), pg_catalog.unnest($4::text[])"
#define GIVEN \
	"ROWS FROM (" GIVEN_KEY ", pg_catalog.unnest($5::numeric[]), pg_catalog.unnest($6::numeric[]), pg_catalog.unnest($7::bigint[])," \
	" pg_catalog.unnest($8::numeric[])) AS given(subject, period, code, numerator, denominator, observations, value)"
#define VALUE_COLUMNS "subject, period, code, numerator, denominator, observations, value"

struct columns {
	const char **at[COLUMN_COUNT];
	size_t count;
};

static const char *sum_text(figure_sum sum, struct arena *arena)
{
	char text[FIGURE_SUM_SIZE];
	figure_sum_format(sum, text);
	return arena_text(arena, text, strlen(text));
}

static const char *value_text(const struct figure *figure, struct arena *arena)
{
	char text[DECIMAL_TEXT_SIZE];
	if (figure->missing)
		return NULL;
	decimal_format(figure->value, text);
	return arena_text(arena, text, strlen(text));
}

static void add_row(struct columns *columns, const struct cell_change *change, struct arena *arena)
{
	char period[CALENDAR_CODE_SIZE];
	const struct figure *figure = &change->figure;
	size_t at = columns->count++;
	calendar_period_format(change->period, period);
	columns->at[SUBJECT][at] = change->subject;
	columns->at[PERIOD][at] = arena_text(arena, period, strlen(period));
	columns->at[CODE][at] = change->definition->code;
	if (figure->empty)
		return;
	columns->at[NUMERATOR][at] = sum_text(figure->numerator, arena);
	columns->at[DENOMINATOR][at] = sum_text(figure->denominator, arena);
	columns->at[OBSERVATIONS][at] = arena_printf(arena, "%" PRId64, figure->observations);
	columns->at[VALUE][at] = value_text(figure, arena);
}

/* Those that are empty, or those that are not. */
static struct columns columns_of(const struct cell_change *changes, size_t count, bool empty, struct arena *arena)
{
	struct columns columns = {.count = 0};
	for (size_t i = 0; i < COLUMN_COUNT; i++)
		columns.at[i] = arena_array(arena, const char *, count + 1);
	for (size_t i = 0; i < count; i++) {
		if (changes[i].figure.empty == empty)
			add_row(&columns, &changes[i], arena);
	}
	return columns;
}

/* The region and as many columns. */
static void set_params(struct db_param *params, const char *region, const struct columns *columns, size_t count, struct arena *arena)
{
	params[0] = db_text(region);
	for (size_t i = 0; i < count; i++)
		params[1 + i] = db_array(arena, columns->at[i], columns->count);
}

static enum status save_told(struct db *db, const char *region, const struct columns *columns, struct arena *arena)
{
	static const char SQL[] =
		"INSERT INTO effreg.indicator_value (region_id, " VALUE_COLUMNS ") SELECT $1::text, " VALUE_COLUMNS " FROM " GIVEN
		" ON CONFLICT (region_id, subject, period, code) DO UPDATE SET numerator = EXCLUDED.numerator,"
		" denominator = EXCLUDED.denominator, observations = EXCLUDED.observations, value = EXCLUDED.value";
	struct db_param params[1 + COLUMN_COUNT];
	if (columns->count == 0)
		return STATUS_OK;
	set_params(params, region, columns, COLUMN_COUNT, arena);
	return db_run_later(db, SQL, params, ARRAY_COUNT(params));
}

static enum status delete_empty(struct db *db, const char *region, const struct columns *columns, struct arena *arena)
{
	static const char SQL[] =
		"DELETE FROM effreg.indicator_value AS kept USING ROWS FROM (" GIVEN_KEY ") AS gone(subject, period, code)"
		" WHERE kept.region_id = $1 AND kept.subject = gone.subject AND kept.period = gone.period AND kept.code = gone.code";
	struct db_param params[1 + CODE + 1];
	if (columns->count == 0)
		return STATUS_OK;
	set_params(params, region, columns, CODE + 1, arena);
	return db_run_later(db, SQL, params, ARRAY_COUNT(params));
}

enum status metrics_values_save(struct db *db, const char *region, const struct cell_change *changes, size_t count, struct arena *arena)
{
	const struct columns told = columns_of(changes, count, false, arena), empty = columns_of(changes, count, true, arena);
	enum status status = save_told(db, region, &told, arena);
	return status == STATUS_OK ? delete_empty(db, region, &empty, arena) : status;
}

enum status metrics_values_compare(struct db *db, const char *region, const struct cell_change *changes, size_t count, struct arena *arena,
                                   uint64_t *different, char *example, size_t example_size)
{
	static const char SQL[] =
		"SELECT DISTINCT 'value ' || subject || ' ' || period || ' ' || code FROM "
		METRICS_DIFFERENCE("SELECT " VALUE_COLUMNS " FROM effreg.indicator_value WHERE region_id = $1", "SELECT " VALUE_COLUMNS " FROM " GIVEN)
		" AS difference";
	const struct columns told = columns_of(changes, count, false, arena);
	struct db_param params[1 + COLUMN_COUNT];
	set_params(params, region, &told, COLUMN_COUNT, arena);
	return metrics_store_count_differences(db, SQL, params, ARRAY_COUNT(params), different, example, example_size);
}

/* ---- All of a region ---- */

static void copy_value(struct buf *rows, const char *region, const struct cell_change *change)
{
	char period[CALENDAR_CODE_SIZE], text[FIGURE_SUM_SIZE], value[DECIMAL_TEXT_SIZE];
	const struct figure *figure = &change->figure;
	buf_printf(rows, "%s\t%s\t%s\t%s\t", region, change->subject, calendar_period_format(change->period, period), change->definition->code);
	buf_printf(rows, "%s\t", figure_sum_format(figure->numerator, text));
	buf_printf(rows, "%s\t%" PRId64 "\t%s\n", figure_sum_format(figure->denominator, text), figure->observations,
	           figure->missing ? "\\N" : decimal_format(figure->value, value));
}

/* In text: PostgreSQL's binary numeric is its own. Subjects and codes are names: nothing in them has to be escaped. Sorted, so that
 * what changes together lies together. */
static enum status copy_values(struct db *db, const char *region, const struct cell_change *const *changes, size_t count)
{
	static const char SQL[] = "COPY effreg.indicator_value (region_id, " VALUE_COLUMNS ") FROM STDIN";
	struct buf rows;
	enum status status = db_copy_begin(db, SQL);
	buf_init(&rows, ROWS_BYTES_MAX);
	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		copy_value(&rows, region, changes[i]);
		ASSERT(buf_ok(&rows));
		if (rows.len < COPY_BYTES && i + 1 < count)
			continue;
		status = db_copy_send(db, buf_span(&rows));
		buf_reset(&rows);
	}
	buf_clear(&rows);
	return status == STATUS_OK ? db_copy_end(db) : status;
}

enum status metrics_values_replace(struct db *db, const char *region, const struct cell_change *changes, size_t count, struct arena *arena)
{
	static const char DELETE_SQL[] = "DELETE FROM effreg.indicator_value WHERE region_id = $1";
	const struct db_param params[] = {db_text(region)};
	enum status status = db_run(db, DELETE_SQL, params, ARRAY_COUNT(params), NULL);
	return status == STATUS_OK ? copy_values(db, region, sort_changes(changes, count, arena), count) : status;
}

/* ---- The metric stream ---- */

static void write_changed(struct json_writer *writer, const struct cell_change *const *changes, size_t count)
{
	const struct cell_change *last = NULL;
	char period[CALENDAR_CODE_SIZE];
	for (size_t i = 0; i < count && changes[i]->subject[0] == '\0'; i++) {
		if (last == NULL || !calendar_period_equal(last->period, changes[i]->period)) {
			if (last != NULL) {
				json_write_array_end(writer);
				json_write_object_end(writer);
			}
			json_write_object(writer);
			json_member_string(writer, "period", calendar_period_format(changes[i]->period, period));
			json_write_name(writer, "codes");
			json_write_array(writer);
		}
		json_write_string(writer, changes[i]->definition->code);
		last = changes[i];
	}
	if (last != NULL) {
		json_write_array_end(writer);
		json_write_object_end(writer);
	}
}

/* The periods in which a figure of a body of the region, or of another region, changed: each once. */
static void write_subject_periods(struct json_writer *writer, const struct cell_change *const *changes, size_t count, struct arena *arena)
{
	struct calendar_period *told = arena_array(arena, struct calendar_period, count + 1);
	size_t told_count = 0;
	char period[CALENDAR_CODE_SIZE];
	for (size_t i = 0; i < count; i++) {
		bool known = changes[i]->subject[0] == '\0';
		for (size_t at = told_count; at-- > 0 && !known;)
			known = calendar_period_equal(told[at], changes[i]->period);
		if (known)
			continue;
		told[told_count++] = changes[i]->period;
		json_write_string(writer, calendar_period_format(changes[i]->period, period));
	}
}

enum status metrics_values_append(struct db *db, const char *region, uint64_t event_seq, const struct cell_change *changes, size_t count,
                                  struct arena *arena, struct db_rows **ret_written)
{
	struct buf body;
	struct json_writer writer;
	const struct cell_change **sorted = sort_changes(changes, count, arena);
	buf_init(&body, ROWS_BYTES_MAX);
	json_writer_init(&writer, &body);
	json_write_object(&writer);
	json_member_integer(&writer, "event_seq", (int64_t)event_seq);
	json_write_name(&writer, "changed");
	json_write_array(&writer);
	write_changed(&writer, sorted, count);
	json_write_array_end(&writer);
	json_write_name(&writer, "subjects");
	json_write_array(&writer);
	write_subject_periods(&writer, sorted, count, arena);
	json_write_array_end(&writer);
	json_write_object_end(&writer);
	ASSERT(buf_ok(&body));
	enum status status = stream_write_later(db, &STREAM_METRIC, region, buf_span(&body), arena, ret_written);
	buf_clear(&body);
	return status;
}
