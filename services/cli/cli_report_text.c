#include "services/cli/cli_report_document.h"

#define WIDTH        100
#define LABEL_WIDTH  58
#define NUMBER_WIDTH 16
#define CELL_WIDTH   44  /* of the widest column of a table */

/* Columns a text takes: code points, which serves Russian and English. */
static size_t width_of(const char *text, size_t len)
{
	size_t width = 0;
	for (size_t i = 0; i < len; i++)
		width += ((unsigned char)text[i] & 0xC0) != 0x80;
	return width;
}

static void blanks(struct buf *buf, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_text(buf, " ");
}

static void padded(struct buf *buf, struct span text, size_t width, bool right)
{
	size_t taken = width_of(text.at, text.len);
	size_t missing = taken < width ? width - taken : 0;
	blanks(buf, right ? missing : 0);
	buf_append(buf, text.at, text.len);
	blanks(buf, right ? 0 : missing);
}

static void rule(struct buf *buf, const char *text, const char *line)
{
	for (size_t i = width_of(text, strlen(text)); i > 0; i--)
		buf_text(buf, line);
	buf_text(buf, "\n");
}

/* Without the blanks that pad empty cells at its end. */
static void end_line(struct buf *buf)
{
	while (buf->len > 0 && buf->at[buf->len - 1] == ' ')
		buf->len--;
	buf_text(buf, "\n");
}

/* Takes the next line of at most width columns off a text: broken at a blank where there is one. */
static struct span take_line(const char **at, size_t width)
{
	const char *start = *at, *blank = NULL, *c = start;
	for (size_t taken = 0; *c != '\0'; c++) {
		if (((unsigned char)*c & 0xC0) != 0x80 && taken++ == width)
			break;
		if (*c == ' ')
			blank = c;
	}
	const char *end = *c == '\0' || blank == NULL || blank == start ? c : blank;
	*at = end;
	while (**at == ' ')
		(*at)++;
	return span_of(start, (size_t)(end - start));
}

static void write_wrapped(struct buf *buf, const char *first, const char *indent, const char *text)
{
	size_t width = WIDTH - width_of(first, strlen(first)) - width_of(indent, strlen(indent));
	const char *at = text;
	buf_text(buf, first);
	do {
		struct span line = take_line(&at, width);
		buf_append(buf, line.at, line.len);
		buf_text(buf, "\n");
		if (*at != '\0')
			buf_text(buf, indent);
	} while (*at != '\0');
}

static void write_note(struct buf *buf, const struct report_note *note)
{
	if (note->mark == REPORT_MARK_NONE) {
		write_wrapped(buf, "  ", "  ", note->text);
		return;
	}
	buf_printf(buf, "  %s ", report_mark_sign(note->mark));
	write_wrapped(buf, "", "    ", note->text);
}

static void write_figure(struct buf *buf, const struct report_figure *figure)
{
	const char *at = figure->label;
	struct span line = take_line(&at, LABEL_WIDTH);
	buf_text(buf, "  ");
	padded(buf, line, LABEL_WIDTH, false);
	padded(buf, span_of_text(figure->text), NUMBER_WIDTH, true);
	buf_printf(buf, "%s%s\n", figure->basis == NULL ? "" : "   ", figure->basis == NULL ? "" : figure->basis);
	while (*at != '\0') {
		line = take_line(&at, LABEL_WIDTH);
		buf_text(buf, "  ");
		buf_append(buf, line.at, line.len);
		buf_text(buf, "\n");
	}
}

/* ---- Tables ---- */

static void measure_columns(const struct report_table *table, size_t widths[REPORT_COLUMNS_MAX])
{
	for (size_t i = 0; i < table->columns_count; i++) {
		widths[i] = width_of(table->columns[i].title, strlen(table->columns[i].title));
		for (const struct report_row *row = table->rows; row != NULL; row = row->next) {
			size_t width = width_of(row->cells[i], strlen(row->cells[i]));
			widths[i] = width > widths[i] ? width : widths[i];
		}
		widths[i] = widths[i] > CELL_WIDTH ? CELL_WIDTH : widths[i];
	}
}

static bool any_marked(const struct report_table *table)
{
	for (const struct report_row *row = table->rows; row != NULL; row = row->next) {
		if (row->mark != REPORT_MARK_NONE)
			return true;
	}
	return false;
}

/* One row, over as many lines as its longest cell takes. */
static void write_cells(struct buf *buf, const struct report_table *table, const size_t widths[REPORT_COLUMNS_MAX],
                        const char *const *cells, const char *sign)
{
	const char *at[REPORT_COLUMNS_MAX];
	bool more = true;
	for (size_t i = 0; i < table->columns_count; i++)
		at[i] = cells[i];
	while (more) {
		more = false;
		buf_text(buf, "  ");
		if (sign != NULL)
			padded(buf, span_of_text(sign), 2, false);
		for (size_t i = 0; i < table->columns_count; i++) {
			struct span line = take_line(&at[i], widths[i]);
			bool last = i + 1 == table->columns_count;
			padded(buf, line, last && !table->columns[i].number ? 0 : widths[i], table->columns[i].number);
			buf_text(buf, last ? "" : "  ");
			more = more || *at[i] != '\0';
		}
		end_line(buf);
		sign = sign == NULL ? NULL : "";
	}
}

static void write_table(struct buf *buf, const struct report_document *document, const struct report_table *table)
{
	size_t widths[REPORT_COLUMNS_MAX];
	const char *titles[REPORT_COLUMNS_MAX];
	bool marked = any_marked(table);
	measure_columns(table, widths);
	for (size_t i = 0; i < table->columns_count; i++)
		titles[i] = table->columns[i].title;
	buf_printf(buf, "\n  %s\n", table->title);
	write_cells(buf, table, widths, titles, marked ? "" : NULL);
	for (const struct report_row *row = table->rows; row != NULL; row = row->next)
		write_cells(buf, table, widths, row->cells, marked ? report_mark_sign(row->mark) : NULL);
	if (table->rows_count > table->rows_max)
		buf_printf(buf, cli_text(document->lang, "  … and %zu more\n", "  … и ещё %zu\n"), table->rows_count - table->rows_max);
}

static void write_section(struct buf *buf, const struct report_document *document, const struct report_section *section)
{
	buf_printf(buf, "\n%s\n", section->title);
	rule(buf, section->title, "─");
	if (report_section_is_empty(section))
		buf_text(buf, cli_text(document->lang, "  Nothing was reported.\n", "  Сведений нет.\n"));
	for (const struct report_note *note = section->notes; note != NULL; note = note->next)
		write_note(buf, note);
	for (const struct report_figure *figure = section->figures; figure != NULL; figure = figure->next) {
		if (figure->value != NULL)
			write_figure(buf, figure);
	}
	const char *unknown = report_unknown_labels(document, section);
	if (unknown != NULL)
		write_wrapped(buf, cli_text(document->lang, "  Not known: ", "  Нет данных: "), "  ", unknown);
	for (const struct report_table *table = section->tables; table != NULL; table = table->next) {
		if (table->rows_count > 0)
			write_table(buf, document, table);
	}
}

void report_text_write(const struct report_document *document, struct buf *buf)
{
	buf_printf(buf, "%s\n", document->title);
	rule(buf, document->title, "═");
	buf_printf(buf, "%s\n", document->subtitle);
	write_wrapped(buf, "", "", document->basis);
	for (const struct report_section *section = document->sections; section != NULL; section = section->next)
		write_section(buf, document, section);
}
