#include "services/cli/cli_report_document.h"

static const char *const SIGNS[] = {
	[REPORT_MARK_NONE] = "", [REPORT_MARK_GOOD] = "✓", [REPORT_MARK_ATTENTION] = "!", [REPORT_MARK_PROBLEM] = "✗",
};

static const char *const WORDS[][2] = {
	[REPORT_MARK_NONE] = {"", ""},
	[REPORT_MARK_GOOD] = {"good", "хорошо"},
	[REPORT_MARK_ATTENTION] = {"attention", "внимание"},
	[REPORT_MARK_PROBLEM] = {"problem", "нарушение"},
};

struct report_document *report_document_new(struct arena *arena, enum cli_lang lang)
{
	struct report_document *document = arena_alloc(arena, sizeof *document);
	document->arena = arena;
	document->lang = lang;
	return document;
}

struct report_section *report_section_add(struct report_document *document, const char *code, const char *title)
{
	struct report_section *section = arena_alloc(document->arena, sizeof *section);
	section->code = code;
	section->title = title;
	if (document->last_section == NULL)
		document->sections = section;
	else
		document->last_section->next = section;
	document->last_section = section;
	return section;
}

void report_note_add(struct report_document *document, struct report_section *section, enum report_mark mark, const char *text)
{
	struct report_note *note = arena_alloc(document->arena, sizeof *note);
	*note = (struct report_note){.mark = mark, .text = text};
	if (section->last_note == NULL)
		section->notes = note;
	else
		section->last_note->next = note;
	section->last_note = note;
}

struct report_figure *report_figure_add(struct report_document *document, struct report_section *section, const char *code,
                                        const char *label, const char *text)
{
	struct report_figure *figure = arena_alloc(document->arena, sizeof *figure);
	*figure = (struct report_figure){.code = code, .label = label, .text = text, .observations = -1, .permille = -1};
	if (section->last_figure == NULL)
		section->figures = figure;
	else
		section->last_figure->next = figure;
	section->last_figure = figure;
	return figure;
}

struct report_table *report_table_add(struct report_document *document, struct report_section *section, const char *code,
                                      const char *title, size_t rows_max)
{
	struct report_table *table = arena_alloc(document->arena, sizeof *table);
	*table = (struct report_table){.code = code, .title = title, .rows_max = rows_max};
	if (section->last_table == NULL)
		section->tables = table;
	else
		section->last_table->next = table;
	section->last_table = table;
	return table;
}

void report_column_add(struct report_table *table, const char *code, const char *title, bool number)
{
	ASSERT(table->columns_count < REPORT_COLUMNS_MAX);
	table->columns[table->columns_count++] = (struct report_column){.code = code, .title = title, .number = number};
}

void report_row_add(struct report_document *document, struct report_table *table, enum report_mark mark, const char *const *cells)
{
	if (table->rows_count++ >= table->rows_max)
		return;
	struct report_row *row = arena_alloc(document->arena, sizeof *row);
	row->mark = mark;
	for (size_t i = 0; i < table->columns_count; i++)
		row->cells[i] = cells[i] == NULL ? "" : cells[i];
	if (table->last_row == NULL)
		table->rows = row;
	else
		table->last_row->next = row;
	table->last_row = row;
}

const char *report_unknown_labels(const struct report_document *document, const struct report_section *section)
{
	const char *labels = NULL;
	for (const struct report_figure *figure = section->figures; figure != NULL; figure = figure->next) {
		if (figure->value != NULL)
			continue;
		labels = labels == NULL ? figure->label : arena_printf(document->arena, "%s; %s", labels, figure->label);
	}
	return labels;
}

bool report_section_is_empty(const struct report_section *section)
{
	for (const struct report_table *table = section->tables; table != NULL; table = table->next) {
		if (table->rows_count > 0)
			return false;
	}
	return section->notes == NULL && section->figures == NULL;
}

const char *report_mark_sign(enum report_mark mark)
{
	return SIGNS[mark];
}

const char *report_mark_word(enum report_mark mark, enum cli_lang lang)
{
	return WORDS[mark][lang == CLI_LANG_RU ? 1 : 0];
}
