/* Rows travel to PostgreSQL as one JSON array per table, whose members are the columns by name, and are unpacked there
 * by json_to_recordset; decimals, big integers and instants travel as text, exactly. */
#include "services/metrics/metrics_store.h"

#include "common/stream.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define ROWS_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define DAY_US         ((int64_t)86400 * 1000000)

/* The columns of a fact as a query gives them: instant in microseconds since 1970, source, sequence, id. */
#define FACT_COLUMNS(fact) \
	"(EXTRACT(EPOCH FROM " fact "_time) * 1000000)::bigint, " fact "_source, " fact "_sequence, " fact "_id"
#define FACT_WIDTH 4
#define DAYS(column) column " - DATE '1970-01-01'"
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

static int64_t load_date(const struct loading *loading, size_t row, int column)
{
	return db_get_integer(loading->rows, row, column) * DAY_US;
}

static bool load_participation(const struct loading *loading, size_t row)
{
	struct participation *participation = region_state_load_participation(loading->state);
	participation->joined_on_us = load_date(loading, row, FACT_WIDTH);
	participation->year_first = (int)db_get_integer(loading->rows, row, FACT_WIDTH + 1);
	participation->year_last = (int)db_get_integer(loading->rows, row, FACT_WIDTH + 2);
	return load_fact(loading, row, 0, &participation->joined);
}

/* names: ids joined by commas, which no id contains. */
static bool load_parties(const struct loading *loading, const char *names, struct project *project)
{
	while (*names != '\0') {
		size_t len = strcspn(names, ",");
		char name[80];
		if (len >= sizeof name || project->authorities_count == PROJECT_AUTHORITIES_MAX)
			return false;
		memcpy(name, names, len);
		name[len] = '\0';
		struct authority *authority = region_state_load_authority(loading->state, name);
		if (authority == NULL)
			return false;
		project->authorities[project->authorities_count++] = authority;
		names += len + (names[len] == ',');
	}
	return true;
}

static bool load_project(const struct loading *loading, size_t row)
{
	const int rest = 1 + 2 * FACT_WIDTH;
	struct project *project = region_state_load_project(loading->state, db_get_text(loading->rows, row, 0));
	if (project == NULL || !load_fact(loading, row, 1, &project->opened)
	    || !load_fact(loading, row, 1 + FACT_WIDTH, &project->closed))
		return false;
	project->digital = db_get_bool(loading->rows, row, rest + 1);
	project->independent = db_get_bool(loading->rows, row, rest + 2);
	project->stage = (unsigned)db_get_integer(loading->rows, row, rest + 3);
	return project->stage <= PROJECT_STAGE_LAST
	       && load_parties(loading, db_get_text(loading->rows, row, rest), project);
}

/* A unit and a value in it, two columns from column on; needed only when the fact is known. */
static bool load_figure(const struct loading *loading, size_t row, int column, const struct fact *fact,
                        const struct unit **ret_unit, decimal *ret_value)
{
	if (!fact_known(fact))
		return true;
	*ret_unit = region_state_unit(loading->state, db_get_text(loading->rows, row, column));
	return *ret_unit != NULL && decimal_parse(db_get_text(loading->rows, row, column + 1), ret_value);
}

static bool load_indicator(const struct loading *loading, size_t row)
{
	const int rest = 2 + 2 * FACT_WIDTH;
	struct project_indicator *indicator = region_state_load_indicator(
		loading->state, db_get_text(loading->rows, row, 0), db_get_text(loading->rows, row, 1));
	if (indicator == NULL || !load_fact(loading, row, 2, &indicator->planned)
	    || !load_fact(loading, row, 2 + FACT_WIDTH, &indicator->measured))
		return false;
	indicator->measured_on_us = load_date(loading, row, rest);
	return load_figure(loading, row, rest + 1, &indicator->planned, &indicator->base_unit, &indicator->base)
	       && load_figure(loading, row, rest + 3, &indicator->measured, &indicator->actual_unit, &indicator->actual);
}

static bool load_authority(const struct loading *loading, size_t row)
{
	struct authority *authority = region_state_load_authority(loading->state, db_get_text(loading->rows, row, 0));
	if (authority == NULL)
		return false;
	authority->registered_on_us = load_date(loading, row, 1 + FACT_WIDTH);
	return load_fact(loading, row, 1, &authority->registered);
}

static bool load_headcount(const struct loading *loading, size_t row)
{
	struct headcount *headcount = region_state_load_headcount(
		loading->state, db_get_text(loading->rows, row, 0), load_date(loading, row, 1 + FACT_WIDTH));
	if (headcount == NULL)
		return false;
	headcount->civil_servants = db_get_integer(loading->rows, row, 2 + FACT_WIDTH);
	return load_fact(loading, row, 1, &headcount->reported);
}

static bool load_training(const struct loading *loading, size_t row)
{
	struct training *training = region_state_load_training(loading->state, db_get_text(loading->rows, row, 0));
	if (training == NULL)
		return false;
	training->completed_on_us = load_date(loading, row, 1 + FACT_WIDTH);
	training->people = db_get_integer(loading->rows, row, 2 + FACT_WIDTH);
	return load_fact(loading, row, 1, &training->completed);
}

static bool load_practice(const struct loading *loading, size_t row)
{
	struct practice *practice = region_state_load_practice(loading->state, db_get_text(loading->rows, row, 0));
	return practice != NULL && load_fact(loading, row, 1, &practice->published);
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

/* Projects before their indicators is not needed, but reads better in a trace. */
static const struct load_question LOAD_QUESTIONS[] = {
	{"region_state", "SELECT " FACT_COLUMNS("joined") ", " DAYS("joined_on") ", year_first, year_last"
	                 " FROM effreg.region_state WHERE region_id = $1", load_participation},
	{"project", "SELECT project, " FACT_COLUMNS("opened") ", " FACT_COLUMNS("closed") ","
	            " pg_catalog.array_to_string(authorities, ','), digital, independent, stage"
	            " FROM effreg.project WHERE region_id = $1", load_project},
	{"project_indicator", "SELECT project, indicator, " FACT_COLUMNS("planned") ", " FACT_COLUMNS("measured") ", "
	                      DAYS("measured_on") ", base_unit, base, actual_unit, actual"
	                      " FROM effreg.project_indicator WHERE region_id = $1", load_indicator},
	{"authority", "SELECT authority, " FACT_COLUMNS("registered") ", " DAYS("registered_on")
	              " FROM effreg.authority WHERE region_id = $1", load_authority},
	{"headcount", "SELECT authority, " FACT_COLUMNS("reported") ", " DAYS("as_of") ", civil_servants"
	              " FROM effreg.headcount WHERE region_id = $1", load_headcount},
	{"training", "SELECT training, " FACT_COLUMNS("completed") ", " DAYS("completed_on") ", people"
	             " FROM effreg.training WHERE region_id = $1", load_training},
	{"practice", "SELECT practice, " FACT_COLUMNS("published") " FROM effreg.practice WHERE region_id = $1",
	             load_practice},
	{"indicator_value", "SELECT period, code, numerator, denominator, observations, value"
	                    " FROM effreg.indicator_value WHERE region_id = $1", load_value},
};

static enum status load_table(struct db *db, const struct load_question *question, struct region_state *state,
                              struct value_board *board, struct fault *fault)
{
	const struct db_param params[] = {db_text(region_state_region(state))};
	struct db_rows *rows;
	enum status status = db_query(db, question->sql, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	const struct loading loading = {.state = state, .board = board, .rows = rows};
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
	for (size_t i = 0; i < ARRAY_COUNT(LOAD_QUESTIONS); i++) {
		enum status status = load_table(db, &LOAD_QUESTIONS[i], state, board, fault);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
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
	json_member_string(writer, "state", project_state_text(project_state(project)));
	write_fact(writer, "opened", &project->opened);
	json_write_name(writer, "authorities");
	json_write_array(writer);
	for (unsigned i = 0; i < project->authorities_count; i++)
		json_write_string(writer, project->authorities[i]->row.key);
	json_write_array_end(writer);
	json_member_bool(writer, "digital", project->digital);
	json_member_bool(writer, "independent", project->independent);
	json_member_integer(writer, "stage", project->stage);
	write_fact(writer, "closed", &project->closed);
}

static void write_indicator(struct json_writer *writer, const struct row *row)
{
	const struct project_indicator *indicator = (const void *)row;
	json_member_string(writer, "project", indicator->project->row.key);
	json_member_string(writer, "indicator", indicator->indicator);
	write_fact(writer, "planned", &indicator->planned);
	if (fact_known(&indicator->planned)) {
		json_member_string(writer, "base_unit", indicator->base_unit->code);
		write_decimal(writer, "base", indicator->base);
	}
	write_fact(writer, "measured", &indicator->measured);
	if (fact_known(&indicator->measured)) {
		write_date(writer, "measured_on", indicator->measured_on_us);
		json_member_string(writer, "actual_unit", indicator->actual_unit->code);
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
	write_date(writer, "as_of", headcount->as_of_us);
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

struct save_question {
	write_row_fn *write;
	const char *sql;  /* $1: the region, $2: the rows as JSON */
};

#define UPSERT(table, key, names, types, sets) \
	"INSERT INTO effreg." table " (region_id, " names ")" \
	" SELECT $1::text, " names " FROM pg_catalog.json_to_recordset($2::json) AS saved(" types ")" \
	" ON CONFLICT (" key ") DO UPDATE SET " sets

static const struct save_question SAVE_QUESTIONS[REGION_TABLE_COUNT] = {
	[REGION_PROJECT] = {write_project, UPSERT("project", "region_id, project",
		"project, state, " FACT_NAMES("opened") ", authorities, digital, independent, stage, " FACT_NAMES("closed"),
		"project text, state text, " FACT_TYPES("opened") ", authorities text[], digital boolean,"
		" independent boolean, stage smallint, " FACT_TYPES("closed"),
		SET("state") ", " SET_FACT("opened") ", " SET("authorities") ", " SET("digital") ", " SET("independent") ", "
		SET("stage") ", " SET_FACT("closed"))},
	[REGION_PROJECT_INDICATOR] = {write_indicator, UPSERT("project_indicator", "region_id, project, indicator",
		"project, indicator, " FACT_NAMES("planned") ", base_unit, base, " FACT_NAMES("measured")
		", measured_on, actual_unit, actual",
		"project text, indicator text, " FACT_TYPES("planned") ", base_unit text, base numeric, "
		FACT_TYPES("measured") ", measured_on date, actual_unit text, actual numeric",
		SET_FACT("planned") ", " SET("base_unit") ", " SET("base") ", " SET_FACT("measured") ", " SET("measured_on")
		", " SET("actual_unit") ", " SET("actual"))},
	[REGION_AUTHORITY] = {write_authority, UPSERT("authority", "region_id, authority",
		"authority, " FACT_NAMES("registered") ", registered_on",
		"authority text, " FACT_TYPES("registered") ", registered_on date",
		SET_FACT("registered") ", " SET("registered_on"))},
	[REGION_HEADCOUNT] = {write_headcount, UPSERT("headcount", "region_id, authority, as_of",
		"authority, as_of, " FACT_NAMES("reported") ", civil_servants",
		"authority text, as_of date, " FACT_TYPES("reported") ", civil_servants bigint",
		SET_FACT("reported") ", " SET("civil_servants"))},
	[REGION_TRAINING] = {write_training, UPSERT("training", "region_id, training",
		"training, " FACT_NAMES("completed") ", completed_on, people",
		"training text, " FACT_TYPES("completed") ", completed_on date, people bigint",
		SET_FACT("completed") ", " SET("completed_on") ", " SET("people"))},
	[REGION_PRACTICE] = {write_practice, UPSERT("practice", "region_id, practice",
		"practice, " FACT_NAMES("published"), "practice text, " FACT_TYPES("published"), SET_FACT("published"))},
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

static enum status save_table(struct db *db, const struct region_state *state, enum region_table table)
{
	const struct row_table *from = region_state_table(state, table);
	struct rows_out rows;
	if (row_table_changed_count(from) == 0)
		return STATUS_OK;
	rows_begin(&rows);
	for (size_t i = 0; i < row_table_changed_count(from); i++) {
		json_write_object(&rows.writer);
		SAVE_QUESTIONS[table].write(&rows.writer, row_table_changed_at(from, i));
		json_write_object_end(&rows.writer);
	}
	return rows_end(&rows, db, SAVE_QUESTIONS[table].sql, state, NULL);
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
	for (unsigned table = 0; table < REGION_TABLE_COUNT && status == STATUS_OK; table++)
		status = save_table(db, state, (enum region_table)table);
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
