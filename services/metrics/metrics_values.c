/* The figures of a subject in a period are one row. Rows travel as arrays, one per column, figures in them as text, exactly; all of a
 * region by COPY. */
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

const struct cell_change *const *metrics_values_sort(const struct cell_change *changes, size_t count, struct arena *arena)
{
	const struct cell_change **sorted = arena_array(arena, const struct cell_change *, count + 1);
	for (size_t i = 0; i < count; i++)
		sorted[i] = &changes[i];
	qsort(sorted, count, sizeof *sorted, change_compare);
	return sorted;
}

/* ---- Rows ---- */

/* ROWS FROM the arrays $2 to $4. */
#define GIVEN(third) \
	"ROWS FROM (pg_catalog.unnest($2::text[]), pg_catalog.unnest($3::text[]), pg_catalog.unnest($4::text[])) AS given(subject, period, " third ")"

struct columns {
	const char **subjects, **periods, **third;
	size_t count;
};

/* How many from at on are of one subject and period. */
static size_t run_of(const struct cell_change *const *sorted, size_t count, size_t at)
{
	size_t end = at + 1;
	while (end < count && calendar_period_equal(sorted[end]->period, sorted[at]->period) && text_equal(sorted[end]->subject, sorted[at]->subject))
		end++;
	return end - at;
}

/* "numerator denominator observations value"; without the last: missing. */
static void write_figure(struct buf *text, const struct figure *figure)
{
	char part[FIGURE_SUM_SIZE], value[DECIMAL_TEXT_SIZE];
	buf_text(text, figure_sum_format(figure->numerator, part));
	buf_text(text, " ");
	buf_text(text, figure_sum_format(figure->denominator, part));
	buf_printf(text, " %" PRId64, figure->observations);
	if (!figure->missing) {
		buf_text(text, " ");
		buf_text(text, decimal_format(figure->value, value));
	}
}

/* A JSON object of those that are not empty. Codes are names: nothing in them has to be escaped. False: all are. */
static bool write_told(struct buf *text, const struct cell_change *const *run, size_t count)
{
	bool any = false;
	buf_text(text, "{");
	for (size_t i = 0; i < count; i++) {
		if (run[i]->figure.empty)
			continue;
		buf_text(text, any ? ",\"" : "\"");
		buf_text(text, run[i]->definition->code);
		buf_text(text, "\":\"");
		write_figure(text, &run[i]->figure);
		buf_text(text, "\"");
		any = true;
	}
	buf_text(text, "}");
	return any;
}

/* An array of the codes of those that are empty. False: none is. */
static bool write_empty(struct buf *text, const struct cell_change *const *run, size_t count)
{
	bool any = false;
	buf_text(text, "{");
	for (size_t i = 0; i < count; i++) {
		if (!run[i]->figure.empty)
			continue;
		buf_text(text, any ? "," : "");
		buf_text(text, run[i]->definition->code);
		any = true;
	}
	buf_text(text, "}");
	return any;
}

typedef bool write_run_fn(struct buf *text, const struct cell_change *const *run, size_t count);

static struct columns columns_of(const struct cell_change *const *sorted, size_t count, write_run_fn *write_run, struct arena *arena)
{
	struct columns columns = {
		.subjects = arena_array(arena, const char *, count + 1), .periods = arena_array(arena, const char *, count + 1),
		.third = arena_array(arena, const char *, count + 1)};
	struct buf text;
	buf_init(&text, ROWS_BYTES_MAX);
	for (size_t at = 0, run; at < count; at += run) {
		char period[CALENDAR_CODE_SIZE];
		run = run_of(sorted, count, at);
		buf_reset(&text);
		if (!write_run(&text, &sorted[at], run))
			continue;
		ASSERT(buf_ok(&text));
		calendar_period_format(sorted[at]->period, period);
		columns.subjects[columns.count] = sorted[at]->subject;
		columns.periods[columns.count] = arena_text(arena, period, strlen(period));
		columns.third[columns.count++] = arena_text(arena, text.at, text.len);
	}
	buf_clear(&text);
	return columns;
}

enum { PARAM_COUNT = 4 };

static void set_params(struct db_param params[PARAM_COUNT], const char *region, const struct columns *columns, struct arena *arena)
{
	params[0] = db_text(region);
	params[1] = db_texts(arena, columns->subjects, columns->count);
	params[2] = db_texts(arena, columns->periods, columns->count);
	params[3] = db_texts(arena, columns->third, columns->count);
}

static enum status save_told(struct db *db, const char *region, const struct columns *columns, struct arena *arena)
{
	static const char SQL[] =
		"INSERT INTO effreg.figures AS kept (region_id, subject, period, figures) SELECT $1::text, subject, period, figures::jsonb"
		" FROM " GIVEN("figures") " ON CONFLICT (region_id, subject, period) DO UPDATE SET figures = kept.figures || EXCLUDED.figures";
	struct db_param params[PARAM_COUNT];
	if (columns->count == 0)
		return STATUS_OK;
	set_params(params, region, columns, arena);
	return db_run_later(db, SQL, params, PARAM_COUNT);
}

static enum status take_off_empty(struct db *db, const char *region, const struct columns *columns, struct arena *arena)
{
	static const char SQL[] =
		"UPDATE effreg.figures AS kept SET figures = kept.figures - given.codes::text[] FROM " GIVEN("codes")
		" WHERE kept.region_id = $1 AND kept.subject = given.subject AND kept.period = given.period";
	static const char DELETE_SQL[] =
		"DELETE FROM effreg.figures AS kept USING " GIVEN("codes")
		" WHERE kept.region_id = $1 AND kept.subject = given.subject AND kept.period = given.period AND kept.figures = '{}'";
	struct db_param params[PARAM_COUNT];
	if (columns->count == 0)
		return STATUS_OK;
	set_params(params, region, columns, arena);
	enum status status = db_run_later(db, SQL, params, PARAM_COUNT);
	return status == STATUS_OK ? db_run_later(db, DELETE_SQL, params, PARAM_COUNT) : status;
}

enum status metrics_values_save(struct db *db, const char *region, const struct cell_change *const *changes, size_t count, struct arena *arena)
{
	const struct columns told = columns_of(changes, count, write_told, arena), empty = columns_of(changes, count, write_empty, arena);
	enum status status = save_told(db, region, &told, arena);
	return status == STATUS_OK ? take_off_empty(db, region, &empty, arena) : status;
}

enum status metrics_values_compare(struct db *db, const char *region, const struct cell_change *const *changes, size_t count, struct arena *arena,
                                   uint64_t *different, char *example, size_t example_size)
{
	static const char SQL[] =
		"SELECT DISTINCT 'value ' || subject || ' ' || period || ' ' || code FROM "
		METRICS_DIFFERENCE(
			"SELECT subject, period, one.key AS code, one.value FROM effreg.figures AS kept"
			" CROSS JOIN LATERAL pg_catalog.jsonb_each_text(kept.figures) AS one WHERE region_id = $1",
			"SELECT subject, period, one.key AS code, one.value FROM " GIVEN("figures")
			" CROSS JOIN LATERAL pg_catalog.jsonb_each_text(given.figures::jsonb) AS one")
		" AS difference";
	const struct columns told = columns_of(changes, count, write_told, arena);
	struct db_param params[PARAM_COUNT];
	set_params(params, region, &told, arena);
	return metrics_store_count_differences(db, SQL, params, PARAM_COUNT, different, example, example_size);
}

/* ---- All of a region ---- */

/* Sorted, so that what changes together lies together. Subjects are names: nothing in them has to be escaped. */
static enum status copy_values(struct db *db, const char *region, const struct cell_change *const *sorted, size_t count)
{
	static const char SQL[] = "COPY effreg.figures (region_id, subject, period, figures) FROM STDIN";
	struct buf rows;
	enum status status = db_copy_begin(db, SQL);
	buf_init(&rows, ROWS_BYTES_MAX);
	for (size_t at = 0, run; at < count && status == STATUS_OK; at += run) {
		char period[CALENDAR_CODE_SIZE];
		run = run_of(sorted, count, at);
		buf_printf(&rows, "%s\t%s\t%s\t", region, sorted[at]->subject, calendar_period_format(sorted[at]->period, period));
		(void)write_told(&rows, &sorted[at], run);
		buf_text(&rows, "\n");
		ASSERT(buf_ok(&rows));
		if (rows.len < COPY_BYTES && at + run < count)
			continue;
		status = db_copy_send(db, buf_span(&rows));
		buf_reset(&rows);
	}
	buf_clear(&rows);
	return status == STATUS_OK ? db_copy_end(db) : status;
}

enum status metrics_values_replace(struct db *db, const char *region, const struct cell_change *const *changes, size_t count)
{
	static const char DELETE_SQL[] = "DELETE FROM effreg.figures WHERE region_id = $1";
	const struct db_param params[] = {db_text(region)};
	enum status status = db_run(db, DELETE_SQL, params, ARRAY_COUNT(params), NULL);
	return status == STATUS_OK ? copy_values(db, region, changes, count) : status;
}

/* ---- The metric stream ---- */

enum status metrics_values_are_here(struct db *db, const char *region, bool *ret_here)
{
	static const char SQL[] = "SELECT " METRICS_FIGURES_ARE_HERE("$1");
	const struct db_param params[] = {db_text(region)};
	struct db_rows *rows;
	enum status status = db_query(db, SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	*ret_here = db_get_bool(rows, 0, 0);
	db_rows_destroy(&rows);
	return STATUS_OK;
}

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

enum status metrics_values_append(struct db *db, const char *region, uint64_t event_seq, const struct cell_change *const *changes, size_t count,
                                  struct arena *arena, struct db_rows **ret_written)
{
	struct buf body;
	struct json_writer writer;
	buf_init(&body, ROWS_BYTES_MAX);
	json_writer_init(&writer, &body);
	json_write_object(&writer);
	json_member_integer(&writer, "event_seq", (int64_t)event_seq);
	json_member_string(&writer, "table", METRICS_TABLE);
	json_write_name(&writer, "changed");
	json_write_array(&writer);
	write_changed(&writer, changes, count);
	json_write_array_end(&writer);
	json_write_name(&writer, "subjects");
	json_write_array(&writer);
	write_subject_periods(&writer, changes, count, arena);
	json_write_array_end(&writer);
	json_write_object_end(&writer);
	ASSERT(buf_ok(&body));
	enum status status = stream_write_later(db, &STREAM_METRIC, region, buf_span(&body), arena, ret_written);
	buf_clear(&body);
	return status;
}
