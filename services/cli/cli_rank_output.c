#include "services/cli/cli_rank_output.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "services/cli/cli_output.h"

#define OUTPUT_BYTES_MAX ((size_t)4 * 1024 * 1024 * 1024)

/* ---- the table ---- */

/* ---- options ---- */

bool rank_format_read(const struct cli_args *args, enum rank_format *ret_format)
{
	static const char *const NAMES[] = {"csv", "json", "table"};
	const char *value = cli_args_value(args, "format");
	for (size_t i = 0; i < ARRAY_COUNT(NAMES); i++) {
		if (!text_equal(NAMES[i], value))
			continue;
		*ret_format = (enum rank_format)i;
		return true;
	}
	cli_output_error(args, cli_text(args->lang, "--format is csv, json or table, not %s",
	                                "--format — это csv, json или table, а не %s"), value);
	return false;
}

bool rank_seed_read(const struct cli_args *args, uint64_t *ret_seed)
{
	const char *text = cli_args_value(args, "seed");
	char *end = NULL;
	*ret_seed = strtoull(text, &end, 10);
	if (text[0] >= '0' && text[0] <= '9' && *end == '\0')
		return true;
	cli_output_error(args, cli_text(args->lang, "--seed is a whole number, not %s", "--seed — целое число, а не %s"), text);
	return false;
}

bool rank_share_read(const struct cli_args *args, const char *name, double min, double max, double *ret_share)
{
	const char *text = cli_args_value(args, name);
	char *end = NULL;
	*ret_share = strtod(text, &end);
	if (end != text && *end == '\0' && *ret_share >= min && *ret_share <= max)
		return true;
	cli_output_error(args, cli_text(args->lang, "--%s is a share from %g to %g, not %s", "--%s — доля от %g до %g, а не %s"),
	                 name, min, max, text);
	return false;
}

void rank_fault_print(const struct cli_args *args, const struct fault *fault)
{
	if (fault->pointer[0] == '\0')
		cli_output_error(args, "%s", fault->text);
	else
		cli_output_error(args, "%s (%s)", fault->text, fault->pointer);
}

int rank_fault_exit(const struct cli_args *args, const struct fault *fault)
{
	rank_fault_print(args, fault);
	return fault->status == STATUS_NOT_FOUND && text_equal(fault->code, "unit") ? CLI_EXIT_NEGATIVE : CLI_EXIT_USAGE;
}

/* ---- columns ---- */

void rank_table_init(struct rank_table *table, struct arena *arena, size_t columns_max, size_t rows, int decimals)
{
	*table = (struct rank_table){.arena = arena, .capacity = columns_max, .rows = rows, .decimals = decimals};
	table->columns = arena_array(arena, struct rank_column, columns_max);
}

static const char **add_column(struct rank_table *table, const char *name, bool is_text)
{
	ASSERT(table->count < table->capacity);
	struct rank_column *column = &table->columns[table->count++];
	*column = (struct rank_column){.name = name, .is_text = is_text};
	column->cells = arena_array(table->arena, const char *, table->rows);
	return column->cells;
}

void rank_table_add_texts(struct rank_table *table, const char *name, const char *const *texts)
{
	const char **cells = add_column(table, name, true);
	for (size_t i = 0; i < table->rows; i++)
		cells[i] = texts[i];
}

static bool is_zero(const char *text)
{
	return strspn(text, "-0.") == strlen(text);
}

void rank_table_add_scores(struct rank_table *table, const char *name, const double *scores)
{
	const char **cells = add_column(table, name, false);
	for (size_t i = 0; i < table->rows; i++) {
		if (isnan(scores[i]))
			continue;
		cells[i] = table->decimals == RANK_EXACT ? arena_printf(table->arena, "%.17g", scores[i])
		                                         : arena_printf(table->arena, "%.*f", table->decimals, scores[i]);
		if (cells[i][0] == '-' && is_zero(cells[i]))
			cells[i]++;
	}
}

void rank_table_add_places(struct rank_table *table, const char *name, const uint32_t *places)
{
	const char **cells = add_column(table, name, false);
	for (size_t i = 0; i < table->rows; i++) {
		if (places[i] != 0)
			cells[i] = arena_printf(table->arena, "%u", places[i]);
	}
}

/* ---- notes ---- */

static const struct {
	const char *name;
	bool is_node;
	const char *en, *ru;
} NOTES[] = {
	[RANKING_NOTE_CONSTANT] = {"constant", false, "all values are equal: it tells nobody apart",
	                           "все значения равны: показатель никого не различает"},
	[RANKING_NOTE_EMPTY] = {"empty", false, "nobody has a value", "значений нет ни у кого"},
	[RANKING_NOTE_NO_LOGARITHM] = {"no_logarithm", false, "values without a logarithm, taken as missing",
	                               "значений без логарифма, считаются пропусками"},
	[RANKING_NOTE_NO_DENOMINATOR] = {"no_denominator", false, "values without a denominator, taken as missing",
	                                 "значений без знаменателя, считаются пропусками"},
	[RANKING_NOTE_IMPUTED] = {"imputed", false, "values imputed", "значений восполнено"},
	[RANKING_NOTE_WINSORISED] = {"winsorised", false, "outliers pulled in", "выбросов притянуто"},
	[RANKING_NOTE_LOG_INSTEAD] = {"log_instead", false, "values: too many outliers, the logarithm was taken instead",
	                              "значений: выбросов слишком много, взят логарифм"},
	[RANKING_NOTE_NO_REFERENCE] = {"no_reference", false,
	                               "values: the reference unit has no value or the lowest, the indicator is missing",
	                               "значений: у эталона нет значения или оно наименьшее, показатель пропущен"},
	[RANKING_NOTE_TARGET_REACHED] = {"target_reached", false, "values: everyone has reached the target",
	                                 "значений: цели достигли все"},
	[RANKING_NOTE_NODE_IMPUTED] = {"node_imputed", true, "scores imputed", "оценок восполнено"},
	[RANKING_NOTE_NODE_NEGATIVE] = {"node_negative", true, "scores missing: the mean is not defined with a negative child",
	                                "оценок нет: среднее с отрицательным слагаемым не определено"},
};

static const char *note_code(const struct methodology *methodology, const struct ranking_note *note)
{
	return NOTES[note->kind].is_node ? methodology->nodes[note->index].code : methodology->indicators[note->index].code;
}

void rank_notes_print(const struct cli_args *args, const struct methodology *methodology,
                      const struct ranking_scores *scores)
{
	for (size_t i = 0; i < scores->note_count; i++) {
		const struct ranking_note *note = &scores->notes[i];
		const char *text = cli_text(args->lang, NOTES[note->kind].en, NOTES[note->kind].ru);
		bool counted = note->kind != RANKING_NOTE_CONSTANT && note->kind != RANKING_NOTE_EMPTY;
		if (counted)
			cli_output_error(args, "%s: %zu %s", note_code(methodology, note), note->count, text);
		else
			cli_output_error(args, "%s: %s", note_code(methodology, note), text);
	}
}

void rank_notes_write(struct json_writer *writer, const struct methodology *methodology,
                      const struct ranking_scores *scores)
{
	json_write_name(writer, "notes");
	json_write_array(writer);
	for (size_t i = 0; i < scores->note_count; i++) {
		const struct ranking_note *note = &scores->notes[i];
		json_write_object(writer);
		json_member_string(writer, "note", NOTES[note->kind].name);
		json_member_string(writer, NOTES[note->kind].is_node ? "node" : "indicator", note_code(methodology, note));
		json_member_integer(writer, "count", (int64_t)note->count);
		json_write_object_end(writer);
	}
	json_write_array_end(writer);
}

/* ---- forms ---- */

static void print_csv(const struct rank_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		fputs(i > 0 ? "," : "", stdout);
		cli_output_csv_field(table->columns[i].name);
	}
	putchar('\n');
	for (size_t row = 0; row < table->rows; row++) {
		for (size_t i = 0; i < table->count; i++) {
			const char *cell = table->columns[i].cells[row];
			fputs(i > 0 ? "," : "", stdout);
			cli_output_csv_field(cell == NULL ? "NA" : cell);
		}
		putchar('\n');
	}
}

static void write_row(struct json_writer *writer, const struct rank_table *table, size_t row)
{
	json_write_object(writer);
	for (size_t i = 0; i < table->count; i++) {
		const struct rank_column *column = &table->columns[i];
		const char *cell = column->cells[row];
		if (cell == NULL)
			json_member_null(writer, column->name);
		else if (column->is_text)
			json_member_string(writer, column->name, cell);
		else
			json_member_raw(writer, column->name, span_of_text(cell));
	}
	json_write_object_end(writer);
}

bool rank_document_print(void (*write)(struct json_writer *writer, const void *context), const void *context)
{
	struct buf text;
	struct json_writer writer;
	buf_init(&text, OUTPUT_BYTES_MAX);
	json_writer_init(&writer, &text);
	write(&writer, context);
	bool complete = buf_ok(&text);
	if (complete)
		printf("%s\n", text.at);
	buf_clear(&text);
	return complete && fflush(stdout) == 0 && ferror(stdout) == 0;
}

/* A table and what stands beside it. */
struct document {
	const struct rank_table *table;
	const struct rank_members *members;
};

static void write_document(struct json_writer *writer, const void *context)
{
	const struct document *document = context;
	json_write_object(writer);
	document->members->write_before(writer, document->members->context);
	json_write_name(writer, "rows");
	json_write_array(writer);
	for (size_t row = 0; row < document->table->rows; row++)
		write_row(writer, document->table, row);
	json_write_array_end(writer);
	if (document->members->write_after != NULL)
		document->members->write_after(writer, document->members->context);
	json_write_object_end(writer);
}

static size_t column_width(const struct rank_table *table, const struct rank_column *column)
{
	size_t width = cli_output_width(column->name);
	for (size_t row = 0; row < table->rows; row++) {
		size_t cell = column->cells[row] == NULL ? 1 : cli_output_width(column->cells[row]);
		width = cell > width ? cell : width;
	}
	return width;
}

static void print_cell(const struct rank_column *column, const char *cell, size_t width)
{
	if (column->is_text)
		cli_output_padded(cell, width);
	else
		cli_output_right(cell, width);
	fputs("  ", stdout);
}

static void print_text(const struct rank_table *table)
{
	size_t *widths = arena_array(table->arena, size_t, table->count);
	for (size_t i = 0; i < table->count; i++) {
		widths[i] = column_width(table, &table->columns[i]);
		print_cell(&table->columns[i], table->columns[i].name, widths[i]);
	}
	putchar('\n');
	for (size_t row = 0; row < table->rows; row++) {
		for (size_t i = 0; i < table->count; i++) {
			const char *cell = table->columns[i].cells[row];
			print_cell(&table->columns[i], cell == NULL ? "–" : cell, widths[i]);
		}
		putchar('\n');
	}
}

bool rank_table_print(const struct rank_table *table, enum rank_format format, const struct rank_members *members)
{
	bool complete = true;
	switch (format) {
	case RANK_FORMAT_CSV:
		print_csv(table);
		break;
	case RANK_FORMAT_JSON:
		complete = rank_document_print(write_document, &(struct document){.table = table, .members = members});
		break;
	case RANK_FORMAT_TABLE:
		print_text(table);
		break;
	}
	return complete && fflush(stdout) == 0 && ferror(stdout) == 0;
}
