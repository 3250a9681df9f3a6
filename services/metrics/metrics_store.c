/* The state is loaded from effreg.fact alone, and folded; the other tables are what follows, for those who ask.
 *
 * Rows travel to PostgreSQL as one JSON array per table, whose members are the columns by name, and are unpacked there
 * by json_to_recordset; decimals, big integers and instants travel as text, exactly. */
#include "services/metrics/metrics_store.h"

#include "common/stream.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define ROWS_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define TREE_BYTES_MAX ((size_t)64 * 1024 * 1024)

/* The columns of a fact as a query gives them: instant in microseconds since 1970, source, sequence, id. */
#define FACT_COLUMNS(fact) \
	"(EXTRACT(EPOCH FROM " fact "_time) * 1000000)::bigint, " fact "_source, " fact "_sequence, " fact "_id"
#define FACT_WIDTH 4
/* The same, unpacked from JSON, and as the assignments of an upsert. */
#define FACT_TYPES(fact) \
	fact "_time timestamptz, " fact "_source text, " fact "_sequence numeric, " fact "_id uuid"
#define FACT_NAMES(fact) fact "_time, " fact "_source, " fact "_sequence, " fact "_id"
#define SET(column) column " = EXCLUDED." column
#define SET_FACT(fact) \
	SET(fact "_time") ", " SET(fact "_source") ", " SET(fact "_sequence") ", " SET(fact "_id")

/* ---- Loading ---- */

struct loading {
	struct region_state *state;
	struct value_board *board;
	const struct db_rows *rows;
	struct arena *arena;  /* one row's tree */
};

/* False: a row that this program cannot hold. */
typedef bool load_row_fn(const struct loading *loading, size_t row);

static bool load_fact(const struct loading *loading, size_t row, int column, struct fact *ret_fact)
{
	*ret_fact = (struct fact){.source = NULL};
	if (db_is_null(loading->rows, row, column))
		return true;
	ret_fact->time_us = db_get_integer(loading->rows, row, column);
	ret_fact->source = region_state_load_source(loading->state, db_get_text(loading->rows, row, column + 1));
	ret_fact->sequence = strtoull(db_get_text(loading->rows, row, column + 2), NULL, 10);
	return ret_fact->source != NULL && ident_uuid_parse(db_get_text(loading->rows, row, column + 3), &ret_fact->id);
}

/* Since when the region takes part follows from its facts; its years do not: corrections that are replaced widened
 * them too. */
static bool load_years(const struct loading *loading, size_t row)
{
	struct participation *participation = region_state_load_participation(loading->state);
	participation->year_first = (int)db_get_integer(loading->rows, row, 0);
	participation->year_last = (int)db_get_integer(loading->rows, row, 1);
	return true;
}

/* Statements of a record: place from column on, then type and data; a withdrawal has a place and no data. */
static bool load_statement(const struct loading *loading, size_t row, int column, struct statement *statement)
{
	const struct json *data;
	if (!load_fact(loading, row, column, &statement->place))
		return false;
	if (!fact_known(&statement->place))
		return true;
	if (!event_type_find(db_get_text(loading->rows, row, column + FACT_WIDTH), &statement->type))
		return false;
	if (db_is_null(loading->rows, row, column + FACT_WIDTH + 1))
		return true;
	const char *text = db_get_text(loading->rows, row, column + FACT_WIDTH + 1);
	arena_reset(loading->arena);
	return json_parse(loading->arena, text, strlen(text), &JSON_LIMITS_EVENT, &data, NULL) == STATUS_OK
	       && region_state_load_statement(loading->state, statement, data);
}

static bool load_record(const struct loading *loading, size_t row)
{
	struct record *record = region_state_load_record(loading->state, db_get_text(loading->rows, row, 0));
	return record != NULL && load_statement(loading, row, 1, &record->own)
	       && load_statement(loading, row, 1 + FACT_WIDTH + 2, &record->changed);
}

static bool load_value(const struct loading *loading, size_t row)
{
	struct indicator_value value = {.missing = db_is_null(loading->rows, row, 5)};
	enum indicator indicator;
	/* A code that this program no longer computes is left as it stands. */
	if (!indicator_find(db_get_text(loading->rows, row, 1), &indicator))
		return true;
	value.observations = db_get_integer(loading->rows, row, 4);
	return decimal_parse(db_get_text(loading->rows, row, 2), &value.numerator)
	       && decimal_parse(db_get_text(loading->rows, row, 3), &value.denominator)
	       && (value.missing || decimal_parse(db_get_text(loading->rows, row, 5), &value.value))
	       && value_board_load(loading->board, (int)db_get_integer(loading->rows, row, 0), indicator, &value);
}

struct load_question {
	const char *table;
	const char *sql;  /* $1: the region */
	load_row_fn *load;
};

static const struct load_question LOAD_QUESTIONS[] = {
	{"region_state", "SELECT year_first, year_last FROM effreg.region_state WHERE region_id = $1", load_years},
	{"fact", "SELECT id, (EXTRACT(EPOCH FROM own_time) * 1000000)::bigint, own_source, own_sequence, id, type, data, "
	         FACT_COLUMNS("changed") ", changed_type, changed_data"
	         " FROM effreg.fact WHERE region_id = $1 ORDER BY own_time", load_record},
	{"indicator_value", "SELECT period, code, numerator, denominator, observations, value"
	                    " FROM effreg.indicator_value WHERE region_id = $1", load_value},
};

static enum status load_table(struct db *db, const struct load_question *question, struct region_state *state,
                              struct value_board *board, struct arena *arena, struct fault *fault)
{
	const struct db_param params[] = {db_text(region_state_region(state))};
	struct db_rows *rows;
	enum status status = db_query(db, question->sql, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	const struct loading loading = {.state = state, .board = board, .rows = rows, .arena = arena};
	for (size_t row = 0; row < db_rows_count(rows) && status == STATUS_OK; row++) {
		if (!question->load(&loading, row))
			status = fault_set(fault, STATUS_BUG, "load", "", -1,
			                   "effreg.%s of region %s has a row (%s) that cannot be read",
			                   question->table, region_state_region(state), db_get_text(rows, row, 0));
	}
	db_rows_destroy(&rows);
	return status;
}

enum status metrics_store_load(struct db *db, struct region_state *state, struct value_board *board,
                               struct fault *fault)
{
	struct arena *arena = arena_new(TREE_BYTES_MAX);
	enum status status = STATUS_OK;
	for (size_t i = 0; i < ARRAY_COUNT(LOAD_QUESTIONS) && status == STATUS_OK; i++)
		status = load_table(db, &LOAD_QUESTIONS[i], state, board, arena, fault);
	arena_destroy(&arena);
	if (status == STATUS_OK)
		region_state_load_end(state);
	return status;
}

/* ---- Saving ---- */

static const char *column_of(char text[64], const char *fact, const char *part)
{
	snprintf(text, 64, "%s_%s", fact, part);
	return text;
}

static void write_instant(struct json_writer *writer, const char *name, int64_t us)
{
	char text[INSTANT_TEXT_SIZE];
	instant_format(us, text);
	json_member_string(writer, name, text);
}

static void write_date(struct json_writer *writer, const char *name, int64_t us)
{
	char text[INSTANT_TEXT_SIZE];
	instant_format(us, text);
	text[strlen("2023-01-31")] = '\0';
	json_member_string(writer, name, text);
}

static void write_decimal(struct json_writer *writer, const char *name, decimal value)
{
	char text[DECIMAL_TEXT_SIZE];
	json_member_string(writer, name, decimal_format(value, text));
}

/* A member that is not written is NULL in the row. */
static void write_fact(struct json_writer *writer, const char *fact, const struct fact *from)
{
	char column[64], sequence[24], id[UUID_TEXT_SIZE];
	if (!fact_known(from))
		return;
	snprintf(sequence, sizeof sequence, "%" PRIu64, from->sequence);
	ident_uuid_format(&from->id, id);
	write_instant(writer, column_of(column, fact, "time"), from->time_us);
	json_member_string(writer, column_of(column, fact, "source"), from->source);
	json_member_string(writer, column_of(column, fact, "sequence"), sequence);
	json_member_string(writer, column_of(column, fact, "id"), id);
}

typedef void write_row_fn(struct json_writer *writer, const struct row *row);

static void write_project(struct json_writer *writer, const struct row *row)
{
	const struct project *project = (const void *)row;
	json_member_string(writer, "project", row->key);
	json_member_string(writer, "state", project_state_text(project->course.state));
	write_fact(writer, "opened", &project->opened);
	json_write_name(writer, "authorities");
	json_write_array(writer);
	for (unsigned i = 0; i < project->authorities_count; i++)
		json_write_string(writer, project->authorities[i]->row.key);
	json_write_array_end(writer);
	json_member_bool(writer, "digital", project->digital);
	json_member_bool(writer, "independent", project->independent);
	json_member_integer(writer, "stage", project->course.stage);
	write_fact(writer, "closed", &project->closed);
}

static void write_indicator(struct json_writer *writer, const struct row *row)
{
	const struct project_indicator *indicator = (const void *)row;
	json_member_string(writer, "project", indicator->project->row.key);
	json_member_string(writer, "indicator", indicator->indicator);
	write_fact(writer, "planned", &indicator->planned);
	if (fact_known(&indicator->planned)) {
		json_member_string(writer, "base_unit", indicator->base_unit == NULL ? NULL : indicator->base_unit->code);
		write_decimal(writer, "base", indicator->base);
	}
	write_fact(writer, "measured", &indicator->measured);
	if (fact_known(&indicator->measured)) {
		write_date(writer, "measured_on", indicator->measured_on_us);
		json_member_string(writer, "actual_unit", indicator->actual_unit == NULL ? NULL : indicator->actual_unit->code);
		write_decimal(writer, "actual", indicator->actual);
	}
}

static void write_authority(struct json_writer *writer, const struct row *row)
{
	const struct authority *authority = (const void *)row;
	json_member_string(writer, "authority", row->key);
	write_fact(writer, "registered", &authority->registered);
	write_date(writer, "registered_on", authority->registered_on_us);
}

static void write_headcount(struct json_writer *writer, const struct row *row)
{
	const struct headcount *headcount = (const void *)row;
	json_write_name(writer, "authority");
	json_write_span(writer, span_of(row->key, strcspn(row->key, "/")));
	json_member_string(writer, "as_of", strchr(row->key, '/') + 1);
	write_fact(writer, "reported", &headcount->reported);
	json_member_integer(writer, "civil_servants", headcount->civil_servants);
}

static void write_training(struct json_writer *writer, const struct row *row)
{
	const struct training *training = (const void *)row;
	json_member_string(writer, "training", row->key);
	write_fact(writer, "completed", &training->completed);
	write_date(writer, "completed_on", training->completed_on_us);
	json_member_integer(writer, "people", training->people);
}

static void write_practice(struct json_writer *writer, const struct row *row)
{
	const struct practice *practice = (const void *)row;
	json_member_string(writer, "practice", row->key);
	write_fact(writer, "published", &practice->published);
}

static void write_statement_text(struct json_writer *writer, const char *name, const char *text)
{
	if (text != NULL)
		json_member_raw(writer, name, span_of_text(text));
}

static void write_record(struct json_writer *writer, const struct row *row)
{
	const struct record *record = (const void *)row;
	json_member_string(writer, "id", row->key);
	if (record->linked != NULL) {
		json_member_string(writer, "kind", entity_kind_text(record->linked->kind));
		json_member_string(writer, "entity", strchr(record->linked->row.key, '/') + 1);
	}
	json_member_bool(writer, "in_effect", record->linked != NULL);
	write_fact(writer, "own", &record->own.place);
	if (fact_known(&record->own.place))
		json_member_string(writer, "type", event_type_text(record->own.type));
	write_statement_text(writer, "data", record->own.text);
	write_fact(writer, "changed", &record->changed.place);
	if (fact_known(&record->changed.place))
		json_member_string(writer, "changed_type", event_type_text(record->changed.type));
	write_statement_text(writer, "changed_data", record->changed.text);
}

struct save_question {
	write_row_fn *write;
	const char *sql;     /* $1: the region, $2: the rows as JSON */
	const char *delete;  /* the same of the rows that are gone */
};

#define UPSERT(table, key, names, types, sets) \
	"INSERT INTO effreg." table " (region_id, " names ")" \
	" SELECT $1::text, " names " FROM pg_catalog.json_to_recordset($2::json) AS saved(" types ")" \
	" ON CONFLICT (" key ") DO UPDATE SET " sets
#define DELETE(table, types, match) \
	"DELETE FROM effreg." table " AS kept USING pg_catalog.json_to_recordset($2::json) AS gone(" types ")" \
	" WHERE kept.region_id = $1::text AND " match
/* A text that was saved is not kept in memory: what is not written again stays, unless another correction holds. */
#define SET_DATA "data = COALESCE(EXCLUDED.data, fact.data)"
#define SET_CHANGED_DATA \
	"changed_data = CASE WHEN EXCLUDED.changed_id = fact.changed_id" \
	" THEN COALESCE(EXCLUDED.changed_data, fact.changed_data) ELSE EXCLUDED.changed_data END"

static const struct save_question SAVE_QUESTIONS[REGION_TABLE_COUNT] = {
	[REGION_PROJECT] = {write_project, UPSERT("project", "region_id, project",
		"project, state, " FACT_NAMES("opened") ", authorities, digital, independent, stage, " FACT_NAMES("closed"),
		"project text, state text, " FACT_TYPES("opened") ", authorities text[], digital boolean,"
		" independent boolean, stage smallint, " FACT_TYPES("closed"),
		SET("state") ", " SET_FACT("opened") ", " SET("authorities") ", " SET("digital") ", " SET("independent") ", "
		SET("stage") ", " SET_FACT("closed")),
		DELETE("project", "project text", "kept.project = gone.project")},
	[REGION_PROJECT_INDICATOR] = {write_indicator, UPSERT("project_indicator", "region_id, project, indicator",
		"project, indicator, " FACT_NAMES("planned") ", base_unit, base, " FACT_NAMES("measured")
		", measured_on, actual_unit, actual",
		"project text, indicator text, " FACT_TYPES("planned") ", base_unit text, base numeric, "
		FACT_TYPES("measured") ", measured_on date, actual_unit text, actual numeric",
		SET_FACT("planned") ", " SET("base_unit") ", " SET("base") ", " SET_FACT("measured") ", " SET("measured_on")
		", " SET("actual_unit") ", " SET("actual")),
		DELETE("project_indicator", "project text, indicator text",
		       "kept.project = gone.project AND kept.indicator = gone.indicator")},
	[REGION_AUTHORITY] = {write_authority, UPSERT("authority", "region_id, authority",
		"authority, " FACT_NAMES("registered") ", registered_on",
		"authority text, " FACT_TYPES("registered") ", registered_on date",
		SET_FACT("registered") ", " SET("registered_on")),
		DELETE("authority", "authority text", "kept.authority = gone.authority")},
	[REGION_HEADCOUNT] = {write_headcount, UPSERT("headcount", "region_id, authority, as_of",
		"authority, as_of, " FACT_NAMES("reported") ", civil_servants",
		"authority text, as_of date, " FACT_TYPES("reported") ", civil_servants bigint",
		SET_FACT("reported") ", " SET("civil_servants")),
		DELETE("headcount", "authority text, as_of date",
		       "kept.authority = gone.authority AND kept.as_of = gone.as_of")},
	[REGION_TRAINING] = {write_training, UPSERT("training", "region_id, training",
		"training, " FACT_NAMES("completed") ", completed_on, people",
		"training text, " FACT_TYPES("completed") ", completed_on date, people bigint",
		SET_FACT("completed") ", " SET("completed_on") ", " SET("people")),
		DELETE("training", "training text", "kept.training = gone.training")},
	[REGION_PRACTICE] = {write_practice, UPSERT("practice", "region_id, practice",
		"practice, " FACT_NAMES("published"), "practice text, " FACT_TYPES("published"), SET_FACT("published")),
		DELETE("practice", "practice text", "kept.practice = gone.practice")},
	[REGION_RECORD] = {write_record, UPSERT("fact", "region_id, id",
		"id, kind, entity, in_effect, type, own_time, own_source, own_sequence, data, changed_type, "
		FACT_NAMES("changed") ", changed_data",
		"id uuid, kind text, entity text, in_effect boolean, type text, own_time timestamptz, own_source text,"
		" own_sequence numeric, data json, changed_type text, " FACT_TYPES("changed") ", changed_data json",
		SET("kind") ", " SET("entity") ", " SET("in_effect") ", " SET("type") ", " SET("own_time") ", "
		SET("own_source") ", " SET("own_sequence") ", " SET_DATA ", " SET("changed_type") ", " SET_FACT("changed")
		", " SET_CHANGED_DATA), NULL},
};

static const char PARTICIPATION_SQL[] = UPSERT("region_state", "region_id",
	FACT_NAMES("joined") ", joined_on, year_first, year_last",
	FACT_TYPES("joined") ", joined_on date, year_first smallint, year_last smallint",
	SET_FACT("joined") ", " SET("joined_on") ", " SET("year_first") ", " SET("year_last"));

/* $3: the event seq */
static const char VALUES_SQL[] =
	"INSERT INTO effreg.indicator_value"
	" (region_id, period, code, numerator, denominator, observations, value, as_of_seq)"
	" SELECT $1::text, period, code, numerator, denominator, observations, value, $3::bigint"
	" FROM pg_catalog.json_to_recordset($2::json) AS saved(period text, code text, numerator numeric,"
	" denominator numeric, observations bigint, value numeric)"
	" ON CONFLICT (region_id, period, code) DO UPDATE SET " SET("numerator") ", " SET("denominator") ", "
	SET("observations") ", " SET("value") ", " SET("as_of_seq");

/* Rows being written: a JSON array in a buffer. */
struct rows_out {
	struct buf text;
	struct json_writer writer;
};

static void rows_begin(struct rows_out *rows)
{
	buf_init(&rows->text, ROWS_BYTES_MAX);
	json_writer_init(&rows->writer, &rows->text);
	json_write_array(&rows->writer);
}

/* Runs sql with the region, the rows and, when it is not NULL, a third parameter; gives the buffer back. */
static enum status rows_end(struct rows_out *rows, struct db *db, const char *sql, const struct region_state *state,
                            const struct db_param *third)
{
	json_write_array_end(&rows->writer);
	ASSERT(buf_ok(&rows->text));
	struct db_param params[] = {
		db_text(region_state_region(state)), db_text(rows->text.at), third == NULL ? db_text(NULL) : *third,
	};
	enum status status = db_run(db, sql, params, third == NULL ? 2 : 3, NULL);
	buf_clear(&rows->text);
	return status;
}

/* The changed rows that are there, or those that are gone. */
static enum status save_rows(struct db *db, const struct region_state *state, enum region_table table, bool gone,
                             const char *sql)
{
	const struct row_table *from = region_state_table(state, table);
	struct rows_out rows;
	size_t count = 0;
	rows_begin(&rows);
	for (size_t i = 0; i < row_table_changed_count(from); i++) {
		const struct row *row = row_table_changed_at(from, i);
		if (row->gone != gone)
			continue;
		json_write_object(&rows.writer);
		SAVE_QUESTIONS[table].write(&rows.writer, row);
		json_write_object_end(&rows.writer);
		count++;
	}
	if (count > 0)
		return rows_end(&rows, db, sql, state, NULL);
	buf_clear(&rows.text);
	return STATUS_OK;
}

/* Upserts from the first table on, deletions from the last: a project stands before its indicators and goes after. */
static enum status save_tables(struct db *db, const struct region_state *state)
{
	enum status status = STATUS_OK;
	for (unsigned table = 0; table < REGION_TABLE_COUNT && status == STATUS_OK; table++)
		status = save_rows(db, state, (enum region_table)table, false, SAVE_QUESTIONS[table].sql);
	for (unsigned table = REGION_TABLE_COUNT; table-- > 0 && status == STATUS_OK;) {
		if (SAVE_QUESTIONS[table].delete != NULL)
			status = save_rows(db, state, (enum region_table)table, true, SAVE_QUESTIONS[table].delete);
	}
	return status;
}

static enum status save_participation(struct db *db, const struct region_state *state)
{
	const struct participation *participation = region_state_participation(state);
	struct rows_out rows;
	if (!participation->changed)
		return STATUS_OK;
	rows_begin(&rows);
	json_write_object(&rows.writer);
	write_fact(&rows.writer, "joined", &participation->joined);
	if (fact_known(&participation->joined))
		write_date(&rows.writer, "joined_on", participation->joined_on_us);
	json_member_integer(&rows.writer, "year_first", participation->year_first);
	json_member_integer(&rows.writer, "year_last", participation->year_last);
	json_write_object_end(&rows.writer);
	return rows_end(&rows, db, PARTICIPATION_SQL, state, NULL);
}

static void write_value(struct json_writer *writer, const struct board_change *change)
{
	char period[16];
	snprintf(period, sizeof period, "%d", change->year);
	json_write_object(writer);
	json_member_string(writer, "period", period);
	json_member_string(writer, "code", indicator_code(change->indicator));
	write_decimal(writer, "numerator", change->value->numerator);
	write_decimal(writer, "denominator", change->value->denominator);
	json_member_integer(writer, "observations", change->value->observations);
	if (!change->value->missing)
		write_decimal(writer, "value", change->value->value);
	json_write_object_end(writer);
}

static enum status save_values(struct db *db, const struct region_state *state, const struct value_board *board,
                               uint64_t event_seq, struct arena *arena)
{
	struct rows_out rows;
	if (value_board_changes_count(board) == 0)
		return STATUS_OK;
	rows_begin(&rows);
	for (size_t i = 0; i < value_board_changes_count(board); i++) {
		struct board_change change = value_board_change_at(board, i);
		write_value(&rows.writer, &change);
	}
	const struct db_param as_of_seq = db_integer(arena, (int64_t)event_seq);
	return rows_end(&rows, db, VALUES_SQL, state, &as_of_seq);
}

enum status metrics_store_save(struct db *db, const struct region_state *state, const struct value_board *board,
                               uint64_t event_seq, struct arena *arena)
{
	enum status status = save_participation(db, state);
	if (status == STATUS_OK)
		status = save_tables(db, state);
	if (status == STATUS_OK)
		status = save_values(db, state, board, event_seq, arena);
	return status;
}

/* ---- The metric stream ---- */

static void write_period_begin(struct json_writer *writer, int year)
{
	char period[16];
	snprintf(period, sizeof period, "%d", year);
	json_write_object(writer);
	json_member_string(writer, "period", period);
	json_write_name(writer, "codes");
	json_write_array(writer);
}

static void write_period_end(struct json_writer *writer)
{
	json_write_array_end(writer);
	json_write_object_end(writer);
}

/* The changes come year by year. */
static void write_changed(struct json_writer *writer, const struct value_board *board)
{
	int year = 0;
	for (size_t i = 0; i < value_board_changes_count(board); i++) {
		struct board_change change = value_board_change_at(board, i);
		if (change.year != year && year != 0)
			write_period_end(writer);
		if (change.year != year)
			write_period_begin(writer, change.year);
		year = change.year;
		json_write_string(writer, indicator_code(change.indicator));
	}
	if (year != 0)
		write_period_end(writer);
}

enum status metrics_store_append(struct db *db, const struct region_state *state, const struct value_board *board,
                                 uint64_t event_seq, struct arena *arena, uint64_t *ret_seq)
{
	struct buf body;
	struct json_writer writer;
	buf_init(&body, ROWS_BYTES_MAX);
	json_writer_init(&writer, &body);
	json_write_object(&writer);
	json_member_integer(&writer, "event_seq", (int64_t)event_seq);
	json_write_name(&writer, "changed");
	json_write_array(&writer);
	write_changed(&writer, board);
	json_write_array_end(&writer);
	json_write_object_end(&writer);
	ASSERT(buf_ok(&body));
	enum status status = stream_write(db, &STREAM_METRIC, region_state_region(state), buf_span(&body), arena, ret_seq);
	buf_clear(&body);
	return status;
}
