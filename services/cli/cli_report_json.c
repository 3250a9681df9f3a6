#include "services/cli/cli_report_document.h"

#include "common/json.h"

static void write_notes(struct json_writer *writer, const struct report_section *section)
{
	static const char *const MARKS[] = {
		[REPORT_MARK_NONE] = NULL, [REPORT_MARK_GOOD] = "good", [REPORT_MARK_ATTENTION] = "attention", [REPORT_MARK_PROBLEM] = "problem",
	};
	json_write_name(writer, "notes");
	json_write_array(writer);
	for (const struct report_note *note = section->notes; note != NULL; note = note->next) {
		json_write_object(writer);
		json_member_string(writer, "mark", MARKS[note->mark]);
		json_member_string(writer, "text", note->text);
		json_write_object_end(writer);
	}
	json_write_array_end(writer);
}

static void write_figure(struct json_writer *writer, const struct report_figure *figure)
{
	json_write_object(writer);
	json_member_string(writer, "code", figure->code);
	json_member_string(writer, "label", figure->label);
	json_member_string(writer, "text", figure->text);
	json_member_string(writer, "value", figure->value);
	if (figure->numerator != NULL) {
		json_member_string(writer, "numerator", figure->numerator);
		json_member_string(writer, "denominator", figure->denominator);
	}
	if (figure->observations >= 0)
		json_member_integer(writer, "observations", figure->observations);
	json_write_object_end(writer);
}

static void write_figures(struct json_writer *writer, const struct report_section *section)
{
	json_write_name(writer, "figures");
	json_write_array(writer);
	for (const struct report_figure *figure = section->figures; figure != NULL; figure = figure->next)
		write_figure(writer, figure);
	json_write_array_end(writer);
}

static void write_rows(struct json_writer *writer, const struct report_table *table)
{
	json_write_name(writer, "rows");
	json_write_array(writer);
	for (const struct report_row *row = table->rows; row != NULL; row = row->next) {
		json_write_object(writer);
		for (size_t i = 0; i < table->columns_count; i++)
			json_member_string(writer, table->columns[i].code, row->cells[i]);
		json_write_object_end(writer);
	}
	json_write_array_end(writer);
}

static void write_table(struct json_writer *writer, const struct report_table *table)
{
	json_write_object(writer);
	json_member_string(writer, "code", table->code);
	json_member_string(writer, "title", table->title);
	json_member_integer(writer, "rows_count", (int64_t)table->rows_count);
	write_rows(writer, table);
	json_write_object_end(writer);
}

static void write_section(struct json_writer *writer, const struct report_section *section)
{
	json_write_object(writer);
	json_member_string(writer, "code", section->code);
	json_member_string(writer, "title", section->title);
	write_notes(writer, section);
	write_figures(writer, section);
	json_write_name(writer, "tables");
	json_write_array(writer);
	for (const struct report_table *table = section->tables; table != NULL; table = table->next)
		write_table(writer, table);
	json_write_array_end(writer);
	json_write_object_end(writer);
}

void report_json_write(const struct report_document *document, struct buf *buf)
{
	struct json_writer writer;
	json_writer_init(&writer, buf);
	json_write_object(&writer);
	json_member_string(&writer, "title", document->title);
	json_member_string(&writer, "region", document->region);
	json_member_string(&writer, "authority", document->authority[0] == '\0' ? NULL : document->authority);
	json_member_string(&writer, "period", document->period);
	json_member_string(&writer, "lang", document->lang == CLI_LANG_RU ? "ru" : "en");
	json_member_integer(&writer, "as_of_seq", document->as_of_seq);
	json_write_name(&writer, "sections");
	json_write_array(&writer);
	for (const struct report_section *section = document->sections; section != NULL; section = section->next)
		write_section(&writer, section);
	json_write_array_end(&writer);
	json_write_object_end(&writer);
	buf_text(buf, "\n");
}
