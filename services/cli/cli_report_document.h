/* cli_report_document: a report as a tree, before anybody has decided how it looks: sections of sentences, figures and
 * tables. Texts are in the report's language already; codes are for programs and the same in every language.
 *
 * Everything lives in the arena of the document; texts that are handed in are borrowed and must live as long. */
#ifndef EFFREG_CLI_REPORT_DOCUMENT_H
#define EFFREG_CLI_REPORT_DOCUMENT_H

#include "common/arena.h"
#include "common/buf.h"
#include "services/cli/cli_lang.h"

#define REPORT_COLUMNS_MAX 8

/* What a row or sentence asks of its reader; said by a sign and a word, never by a colour alone. */
enum report_mark { REPORT_MARK_NONE, REPORT_MARK_GOOD, REPORT_MARK_ATTENTION, REPORT_MARK_PROBLEM };

struct report_note {
	enum report_mark mark;
	const char *text;
	struct report_note *next;
};

struct report_figure {
	const char *code;
	const char *label;
	const char *text;         /* as it is read: "57,14 %"; a dash when it is not known */
	const char *value;        /* exact decimal, or NULL: not known */
	const char *numerator, *denominator;  /* exact, or NULL: the figure is no share */
	int64_t observations;     /* -1: not counted */
	const char *basis;        /* "141 of 195", or NULL */
	int permille;             /* the share that a bar shows, 0..1000; -1 = no bar */
	struct report_figure *next;
};

struct report_row {
	enum report_mark mark;
	const char *cells[REPORT_COLUMNS_MAX];
	struct report_row *next;
};

struct report_column {
	const char *code, *title;
	bool number;              /* to the right */
};

struct report_table {
	const char *code, *title;
	struct report_column columns[REPORT_COLUMNS_MAX];
	size_t columns_count;
	struct report_row *rows, *last_row;
	size_t rows_count, rows_max;  /* what is beyond rows_max is counted, not shown */
	struct report_table *next;
};

struct report_section {
	const char *code, *title;
	struct report_note *notes, *last_note;
	struct report_figure *figures, *last_figure;
	struct report_table *tables, *last_table;
	struct report_section *next;
};

struct report_document {
	struct arena *arena;
	enum cli_lang lang;
	const char *title, *subtitle, *basis;
	const char *region, *authority, *period;  /* codes; authority "" = the whole region */
	int64_t as_of_seq;
	struct report_section *sections, *last_section;
};

struct report_document *report_document_new(struct arena *arena, enum cli_lang lang);
struct report_section *report_section_add(struct report_document *document, const char *code, const char *title);
void report_note_add(struct report_document *document, struct report_section *section, enum report_mark mark, const char *text);
/* Returns the figure to be filled further: observations -1, no bar. */
struct report_figure *report_figure_add(struct report_document *document, struct report_section *section, const char *code,
                                        const char *label, const char *text);
struct report_table *report_table_add(struct report_document *document, struct report_section *section, const char *code,
                                      const char *title, size_t rows_max);
void report_column_add(struct report_table *table, const char *code, const char *title, bool number);
/* cells: as many as there are columns; NULL is an empty one. */
void report_row_add(struct report_document *document, struct report_table *table, enum report_mark mark, const char *const *cells);

/* The labels of the figures that are not known, one after the other; NULL when all are. They are no lines of their own. */
const char *report_unknown_labels(const struct report_document *document, const struct report_section *section);

bool report_section_is_empty(const struct report_section *section);
const char *report_mark_sign(enum report_mark mark);                      /* "✓", "!", "✗"; "" for none */
const char *report_mark_word(enum report_mark mark, enum cli_lang lang);  /* "good", … for who cannot see the sign */

/* ---- The three ways it is written ---- */

/* For a terminal: 100 columns; long cells go on in the next line. */
void report_text_write(const struct report_document *document, struct buf *buf);
/* One self-contained page: no script, no address of another file, its own Content-Security-Policy; every bar beside its number. */
void report_html_write(const struct report_document *document, struct buf *buf);
/* One object in one line: sections with their notes, figures and tables (rows as objects by the columns' codes). */
void report_json_write(const struct report_document *document, struct buf *buf);

#endif
