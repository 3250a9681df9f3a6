/* xlsx: the rows of a sheet as one line of text: "2:a|b/5:c", "!3" for a cell with flaw 3; what is refused, and how it says so.
 * Books are written here part by part, for no library writes the wrong ones, and by libxlsxwriter. */
#include "common/xlsx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <xlsxwriter.h>

#include "common/buf.h"
#include "tests/unit/common/zip_file.h"

#define MAIN "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define RELS "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define ROOT_RELS "<Relationships><Relationship Id='a' Type='" RELS "/officeDocument' Target='xl/workbook.xml'/></Relationships>"
#define BOOK_RELS \
	"<Relationships><Relationship Id='s1' Type='" RELS "/worksheet' Target='worksheets/sheet1.xml'/>" \
	"<Relationship Id='s2' Type='" RELS "/worksheet' Target='/xl/worksheets/../worksheets/./sheet1.xml'/>" \
	"<Relationship Id='c' Type='" RELS "/chartsheet' Target='worksheets/chart.xml'/>" \
	"<Relationship Id='t' Type='" RELS "/sharedStrings' Target='sharedStrings.xml'/>" \
	"<Relationship Id='f' Type='" RELS "/styles' Target='styles.xml'/></Relationships>"
#define ONE_SHEET "<sheet name='One' sheetId='1' r:id='s1'/>"
#define STRINGS \
	"<sst xmlns='" MAIN "'><si><t>plain</t></si><si><r><rPr><b/></rPr><t>ri</t></r><r><t xml:space='preserve'>ch </t></r>" \
	"<rPh sb='0' eb='1'><t>aid</t></rPh></si><si><t>a_x000D__x0416__x005F_x000D_</t></si><si/><si><t/></si></sst>"
#define STYLES \
	"<styleSheet xmlns='" MAIN "'><numFmts count='1'><numFmt numFmtId='164' formatCode='dd.mm.yyyy'/></numFmts>" \
	"<cellStyleXfs><xf numFmtId='9'/></cellStyleXfs><cellXfs><xf numFmtId='0'/><xf numFmtId='14'/><xf numFmtId='164'/><xf numFmtId='22'/>" \
	"<xf numFmtId='10'/></cellXfs></styleSheet>"

static struct arena *arena, *row_arena;
static struct buf rows;

struct book {
	const char *sheets, *properties, *sheet_data, *behind;   /* NULL: one sheet, nothing */
	const char *sheet, *strings, *styles, *workbook_rels;    /* NULL: as above */
};

static const char *text_or(const char *text, const char *other)
{
	return text == NULL ? other : text;
}

static struct span book_file(const struct book *book)
{
	const char *data = arena_printf(arena, "<worksheet xmlns='" MAIN "' xmlns:r='" RELS "'><dimension ref='A1'/><sheetData>%s</sheetData>%s</worksheet>",
	                                text_or(book->sheet_data, ""), text_or(book->behind, ""));
	const struct zip_part parts[] = {
		{.name = "_rels/.rels", .text = ROOT_RELS},
		{.name = "xl/workbook.xml",
		 .text = arena_printf(arena, "<workbook xmlns='" MAIN "' xmlns:r='" RELS "'>%s<sheets>%s</sheets></workbook>", text_or(book->properties, ""),
		                      text_or(book->sheets, ONE_SHEET))},
		{.name = "xl/_rels/workbook.xml.rels", .text = text_or(book->workbook_rels, BOOK_RELS)},
		{.name = "xl/sharedStrings.xml", .text = text_or(book->strings, STRINGS)},
		{.name = "xl/styles.xml", .text = text_or(book->styles, STYLES)},
		{.name = "xl/worksheets/sheet1.xml", .text = text_or(book->sheet, data)},
	};
	return zip_file(parts, ARRAY_COUNT(parts));
}

static enum status take(void *context, const struct xlsx_row *row, struct fault *fault)
{
	(void)context;
	(void)fault;
	buf_printf(&rows, "%s%zu:", rows.len > 0 ? "/" : "", row->number);
	for (size_t i = 0; i < row->count; i++) {
		buf_text(&rows, i > 0 ? "|" : "");
		buf_text(&rows, row->cells[i]);
		if (row->flaws[i] != XLSX_FLAW_NONE)
			buf_printf(&rows, "!%d", (int)row->flaws[i]);
	}
	return STATUS_OK;
}

static enum status read_file(struct span bytes, size_t sheet, struct fault *fault)
{
	struct xlsx *workbook = NULL;
	buf_reset(&rows);
	buf_text(&rows, "");
	enum status status = xlsx_open(arena, bytes, &workbook, fault);
	if (status == STATUS_OK)
		status = xlsx_read(workbook, sheet, row_arena, take, NULL, fault);
	xlsx_close(&workbook);
	return status;
}

static enum status read_book(const struct book *book, struct fault *fault)
{
	struct span bytes = book_file(book);
	enum status status = read_file(bytes, 0, fault);
	free((void *)(uintptr_t)bytes.at);
	return status;
}

static int setup(void **state)
{
	(void)state;
	arena = arena_new((size_t)256 * 1024 * 1024);
	row_arena = arena_new(XLSX_ROW_ARENA_BYTES);
	buf_init(&rows, (size_t)8 * 1024 * 1024);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_destroy(&arena);
	arena_destroy(&row_arena);
	buf_clear(&rows);
	return 0;
}

static void cells_of_every_kind_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *data, *rows;
	} CASES[] = {
		{"", ""},
		{"<row r='1'/>", ""},
		{"<row r='1'><c r='A1'/><c r='B1' s='1'/></row>", ""},
		{"<row r='2'><c r='A2' t='s'><v>0</v></c><c r='C2' t='s'><v>1</v></c></row>", "2:plain||rich "},
		{"<row r='2'><c r='A2' t='s'><v>2</v></c><c r='B2' t='s'><v>3</v></c><c r='C2' t='s'><v>4</v></c></row>", "2:a\r\xD0\x96_x000D_||"},
		{"<row><c t='inlineStr'><is><t>in</t></is></c><c t='inlineStr'><is><r><t>ri</t></r><r><t>ch</t></r><rPh><t>aid</t></rPh></is></c></row>", "1:in|rich"},
		{"<row r='3'><c><v>48.40</v></c></row><row><c t='n'><v>0.10000000000000001</v></c></row>", "3:48.4/4:0.1"},
		{"<row><c t='b'><v>1</v></c><c t='b'><v>0</v></c></row>", "1:ИСТИНА|ЛОЖЬ"},
		{"<row><c s='1'><v>45327</v></c><c s='2'><v>45327</v></c><c s='3'><v>45327.5</v></c></row>", "1:2024-02-05|2024-02-05|2024-02-05T12:00:00"},
		{"<row><c t='d'><v>2024-02-05</v></c><c t='d'><v>2024-02-05T00:00:00.000Z</v></c><c t='d'><v>2024-02-05T09:30:00.000</v></c></row>",
		 "1:2024-02-05|2024-02-05|2024-02-05T09:30:00"},
		{"<row><c><f>1+1</f><v>2</v></c><c t='str'><f>\"a\"</f><v>a</v></c><c t='str'><f>\"\"</f><v></v></c></row>", "1:2|a|"},
		{"<row><c><f>1+1</f></c><c><f>2</f><v/></c></row>", "1:!2|!2"},
		{"<row><c t='e'><v>#N/A</v></c><c t='e'><f>1/0</f><v>#DIV/0!</v></c></row>", "1:#N/A!1|#DIV/0!!1"},
		{"<row><c s='4'><v>0.05</v></c></row>", "1:0.05!4"},
		{"<row><c><v>1234567890123456</v></c><c s='1'><v>60</v></c></row>", "1:1234567890123456!5|60!7"},
		{"<row r='1'><c r='XFD1'><v>1</v></c></row><row r='1048576'><c r='B1048576'><v>2</v></c></row>", NULL},
		{"<row r='1' hidden='1'><c r='A1'><v>1</v></c></row>", "1:1"},
		{"<row><c><v>1</v><extLst><ext><v>2</v></ext></extLst></c></row>", "1:1"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		struct fault fault = {.offset = -1};
		const struct book book = {.sheet_data = CASES[i].data};
		if (read_book(&book, &fault) != STATUS_OK)
			fail_msg("%s: %s", CASES[i].data, fault.text);
		if (CASES[i].rows != NULL)
			assert_string_equal(rows.at, CASES[i].rows);
	}
}

static void the_last_cell_of_a_sheet_is_read(void **state)
{
	(void)state;
	const struct book book = {.sheet_data = "<row r='1048576'><c r='XFD1048576'><v>1</v></c></row>"};
	assert_int_equal(read_book(&book, NULL), STATUS_OK);
	assert_int_equal(rows.len, strlen("1048576:") + XLSX_COLUMNS_MAX);
}

static void merged_cells_go_down_and_not_to_the_right(void **state)
{
	(void)state;
	static const struct {
		const char *merges, *data, *rows;
	} CASES[] = {
		{"A1:A3", "<row r='1'><c r='A1'><v>7</v></c><c r='B1'><v>1</v></c></row><row r='2'><c r='A2'/><c r='B2'><v>2</v></c></row>"
		          "<row r='3'><c r='B3'><v>3</v></c></row><row r='4'><c r='B4'><v>4</v></c></row>", "1:7|1/2:7|2/3:7|3/4:|4"},
		{"A1:B1", "<row r='1'><c r='A1'><v>7</v></c></row>", "1:7|!3"},
		{"A1:B2", "<row r='1'><c r='A1'><v>7</v></c></row><row r='2'><c r='C2'><v>1</v></c></row>", "1:7|!3/2:7|!3|1"},
		{"A1:A9", "<row r='1'><c r='A1'><v>7</v></c></row><row r='5'><c r='A5'/></row>", "1:7"},
		{"A1:A2", "<row r='2'><c r='B2'><v>1</v></c></row>", "2:|1"},
		{"C1:C2", "<row r='1'><c r='C1' t='e'><v>#N/A</v></c></row><row r='2'><c r='A2'><v>1</v></c></row>", "1:||#N/A!1/2:1||#N/A!1"},
		{"B1", "<row r='1'><c r='B1'><v>7</v></c></row>", "1:|7"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		const struct book book = {.sheet_data = CASES[i].data, .behind = arena_printf(arena, "<mergeCells><mergeCell ref='%s'/></mergeCells>", CASES[i].merges)};
		assert_int_equal(read_book(&book, NULL), STATUS_OK);
		assert_string_equal(rows.at, CASES[i].rows);
	}
}

static void the_date_system_is_the_books(void **state)
{
	(void)state;
	const struct book book = {.properties = "<workbookPr date1904='1'/>", .sheet_data = "<row><c s='1'><v>43865</v></c></row>"};
	assert_int_equal(read_book(&book, NULL), STATUS_OK);
	assert_string_equal(rows.at, "1:2024-02-05");
}

static void sheets_are_told_with_what_is_hidden(void **state)
{
	(void)state;
	const struct xlsx_sheet *sheets;
	struct xlsx *workbook;
	const struct book book = {.sheets = "<sheet name='&#x416; &amp; 1' sheetId='1' state='hidden' r:id='s1'/><sheet name='Chart' sheetId='2' r:id='c'/>"
	                                    "<sheet name='Two' sheetId='3' r:id='s2'/><sheet name='V' sheetId='4' state='veryHidden' r:id='s1'/>",
	                          .sheet_data = "<row><c><v>1</v></c></row>"};
	struct span bytes = book_file(&book);
	assert_int_equal(xlsx_open(arena, bytes, &workbook, NULL), STATUS_OK);
	assert_int_equal(xlsx_sheets(workbook, &sheets), 3);
	assert_string_equal(sheets[0].name, "\xD0\x96 & 1");
	assert_true(sheets[0].is_hidden && !sheets[1].is_hidden && sheets[2].is_hidden);
	buf_reset(&rows);
	assert_int_equal(xlsx_read(workbook, 1, row_arena, take, NULL, NULL), STATUS_OK);
	assert_string_equal(rows.at, "1:1");
	xlsx_close(&workbook);
	assert_null(workbook);
	free((void *)(uintptr_t)bytes.at);
}

static void a_broken_sheet_is_refused_with_its_place(void **state)
{
	(void)state;
	static const struct {
		const char *data, *text;
	} CASES[] = {
		{"<row r='2'/><row r='2'/>", "sheet \"One\", row 2"},
		{"<row r='0'/>", "not in order"},
		{"<row r='1048577'/>", "not in order"},
		{"<row r='1'><c r='B1'/><c r='A1'/></row>", "cells are not in order"},
		{"<row r='1'><c r='A2'/></row>", "cells are not in order"},
		{"<row r='1'><c r='XFE1'/></row>", "cells are not in order"},
		{"<row r='1'><c r='1A'/></row>", "cells are not in order"},
		{"<row r='7'><c r='C7' t='s'><v>5</v></c></row>", "sheet \"One\", row 7, column C: the cell names a text"},
		{"<row><c t='s'><v>-1</v></c></row>", "names a text"},
		{"<row><c t='s'><v>99999999999999999999</v></c></row>", "names a text"},
		{"<row><c t='x'><v>1</v></c></row>", "unknown type"},
		{"<row><c s='5'><v>1</v></c></row>", "a style"},
		{"<row><c><v>one</v></c></row>", "what stands in it is none"},
		{"<c/>", "something else than a row"},
		{"<row><v/></row>", "something else than a cell"},
		{"<row><c></row>", "mismatched tag"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		struct fault fault = {.offset = -1};
		const struct book book = {.sheet_data = CASES[i].data};
		assert_int_equal(read_book(&book, &fault), STATUS_INVALID);
		if (strstr(fault.text, CASES[i].text) == NULL)
			fail_msg("%s: %s", CASES[i].data, fault.text);
		assert_string_not_equal(fault.text_ru, "");
	}
}

static void parts_that_are_missing_or_of_another_kind_are_refused(void **state)
{
	(void)state;
	static const struct {
		struct book book;
		const char *text;
	} CASES[] = {
		{{.workbook_rels = "<Relationships/>"}, "no sheet of cells"},
		{{.sheets = ""}, "no sheet of cells"},
		{{.sheets = "<sheet sheetId='1' r:id='s1'/>"}, "no name"},
		{{.sheet = "<chartsheet xmlns='" MAIN "'/>"}, "no sheet of cells"},
		{{.sheet = "<worksheet/>"}, "no sheet of cells"},
		{{.strings = "<styleSheet xmlns='" MAIN "'/>"}, "table of texts"},
		{{.strings = "<!DOCTYPE sst [<!ENTITY a 'lol'>]><sst xmlns='" MAIN "'><si><t>&a;</t></si></sst>"}, "document type"},
		{{.behind = "<mergeCells><mergeCell ref='B2:A1'/></mergeCells>"}, "merged range"},
		{{.behind = "<mergeCells><mergeCell/></mergeCells>"}, "merged range"},
		{{.workbook_rels = "<Relationships><Relationship Id='s1' Type='" RELS "/worksheet' Target='absent.xml'/></Relationships>"}, "no such part"},
		{{.workbook_rels = "<Relationships><Relationship Id='s1' Type='" RELS "/worksheet' TargetMode='External' Target='http://x/'/></Relationships>"}, "no sheet of cells"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		struct fault fault = {.offset = -1};
		assert_int_equal(read_book(&CASES[i].book, &fault), STATUS_INVALID);
		if (strstr(fault.text, CASES[i].text) == NULL && !(text_equal(CASES[i].text, "no sheet of cells") && strstr(fault.text, "no sheet") != NULL))
			fail_msg("%zu: %s", i, fault.text);
	}
}

static void another_document_is_refused_with_the_way_to_mend_it(void **state)
{
	(void)state;
	static const char OLD[] = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 W\0o\0r\0k\0b\0o\0o\0k\0";
	static const char LOCKED[] = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0";
	const struct zip_part ods[] = {{.name = "mimetype", .text = "application/vnd.oasis.opendocument.spreadsheet"}, {.name = "content.xml", .text = "<a/>"}};
	const struct zip_part archive[] = {{.name = "projects.csv", .text = "a,b"}};
	const struct zip_part binary[] = {{.name = "_rels/.rels", .text = "<Relationships><Relationship Id='a' Type='" RELS "/officeDocument' Target='xl/workbook.bin'/></Relationships>"}};
	const struct zip_part letter[] = {{.name = "_rels/.rels", .text = "<Relationships><Relationship Id='a' Type='" RELS "/officeDocument' Target='word/document.xml'/></Relationships>"},
	                                  {.name = "word/document.xml", .text = "<document/>"}};
	const struct {
		struct span bytes;
		const char *text, *ru;
	} CASES[] = {
		{span_of(OLD, sizeof OLD - 1), ".xls)", "«Книга Excel (*.xlsx)»"},
		{span_of(LOCKED, sizeof LOCKED - 1), "has a password", "сотрите пароль"},
		{span_of_text("a;b\n"), "no workbook", "«Книга Excel (*.xlsx)»"},
		{zip_file(ods, ARRAY_COUNT(ods)), ".ods", "«Книга Excel (*.xlsx)»"},
		{zip_file(archive, ARRAY_COUNT(archive)), "an archive", "сам файл .xlsx"},
		{zip_file(binary, ARRAY_COUNT(binary)), ".xlsb", "«Книга Excel (*.xlsx)»"},
		{zip_file(letter, ARRAY_COUNT(letter)), "another program", "«Книга Excel (*.xlsx)»"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		struct fault fault = {.offset = -1};
		assert_int_equal(xlsx_is(CASES[i].bytes), i != 2);
		assert_int_equal(read_file(CASES[i].bytes, 0, &fault), STATUS_INVALID);
		assert_non_null(strstr(fault.text, CASES[i].text));
		assert_non_null(strstr(fault.text_ru, CASES[i].ru));
		if (i >= 3)
			free((void *)(uintptr_t)CASES[i].bytes.at);
	}
}

/* before, count times text, behind: given back by free(). */
static char *text_around(const char *before, const char *text, size_t count, const char *behind)
{
	struct buf whole;
	buf_init(&whole, (size_t)80 * 1024 * 1024);
	buf_text(&whole, before);
	for (size_t i = 0; i < count; i++)
		buf_text(&whole, text);
	buf_text(&whole, behind);
	assert_true(buf_ok(&whole));
	return whole.at;
}

enum part { PART_SHEETS, PART_STRINGS, PART_STYLES, PART_DATA, PART_BEHIND };

static struct book book_with(enum part part, const char *text)
{
	return (struct book){
		.sheets = part == PART_SHEETS ? text : NULL,
		.strings = part == PART_STRINGS ? text : NULL,
		.styles = part == PART_STYLES ? text : NULL,
		.sheet_data = part == PART_DATA ? text : NULL,
		.behind = part == PART_BEHIND ? text : NULL,
	};
}

static void every_limit_holds(void **state)
{
	(void)state;
	static const struct {
		enum part part;
		const char *before, *text;
		size_t most;
		const char *behind;
	} CASES[] = {
		{PART_SHEETS, "", ONE_SHEET, XLSX_SHEETS_MAX, ""},
		{PART_STRINGS, "<sst xmlns='" MAIN "'>", "<si/>", XLSX_STRINGS_MAX, "</sst>"},
		{PART_STRINGS, "<sst xmlns='" MAIN "'><si><t>", "x", XLSX_CELL_BYTES_MAX, "</t></si></sst>"},
		{PART_STYLES, "<styleSheet xmlns='" MAIN "'><cellXfs>", "<xf/>", XLSX_STYLES_MAX, "</cellXfs></styleSheet>"},
		{PART_STYLES, "<styleSheet xmlns='" MAIN "'><numFmts>", "<numFmt numFmtId='200' formatCode='0'/>", XLSX_FORMATS_MAX, "</numFmts></styleSheet>"},
		{PART_BEHIND, "<mergeCells>", "<mergeCell ref='A1:A2'/>", XLSX_MERGES_MAX, "</mergeCells>"},
		{PART_DATA, "<row><c><v>", "1", XLSX_CELL_BYTES_MAX, "</v></c></row>"},
		{PART_DATA, "<row>", "<c><v>1111111111111111111111111111111111111111111111111111111111111111</v></c>", XLSX_COLUMNS_MAX, "</row>"},
		{PART_DATA, "", "<row><c/></row>", XLSX_ROWS_MAX, ""},
	};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		for (size_t more = 0; more < 2; more++) {
			struct fault fault = {.offset = -1};
			char *text = text_around(CASES[i].before, CASES[i].text, CASES[i].most + more, CASES[i].behind);
			const struct book book = book_with(CASES[i].part, text);
			arena_reset(arena);
			enum status status = read_book(&book, &fault);
			free(text);
			if (more == 0 && status != STATUS_OK)
				fail_msg("%zu: %s", i, fault.text);
			if (more == 1 && status == STATUS_OK)
				fail_msg("%zu is over a limit", i);
		}
	}
}

/* Whole columns merged make every row wide. */
static void the_cells_of_a_sheet_are_bounded(void **state)
{
	(void)state;
	for (size_t more = 0; more < 2; more++) {
		struct fault fault = {.offset = -1};
		char *data = text_around("", "<row/>", XLSX_CELLS_MAX / XLSX_COLUMNS_MAX + more, "");
		const struct book book = {.sheet_data = data, .behind = "<mergeCells><mergeCell ref='A1:XFD1048576'/></mergeCells>"};
		arena_reset(arena);
		assert_int_equal(read_book(&book, &fault), more == 0 ? STATUS_OK : STATUS_TOO_LARGE);
		free(data);
	}
	assert_int_equal(rows.len, 0);
}

static void the_bytes_of_all_texts_are_bounded(void **state)
{
	(void)state;
	size_t len = XLSX_CELL_BYTES_MAX;
	char *item = text_around("<si><t>", "x", len - 1, "</t></si>");
	for (size_t more = 0; more < 2; more++) {
		char *strings = text_around("<sst xmlns='" MAIN "'>", item, XLSX_STRINGS_BYTES_MAX / len + more, "</sst>");
		const struct book book = {.strings = strings};
		arena_reset(arena);
		assert_int_equal(read_book(&book, NULL), more == 0 ? STATUS_OK : STATUS_TOO_LARGE);
		free(strings);
	}
	free(item);
}

static void write_with_libxlsxwriter(const char *path)
{
	lxw_workbook *workbook = workbook_new(path);
	lxw_worksheet *sheet = workbook_add_worksheet(workbook, "Проекты"), *hidden = workbook_add_worksheet(workbook, "Списки");
	lxw_format *date = workbook_add_format(workbook), *bold = workbook_add_format(workbook);
	lxw_datetime on = {.year = 2024, .month = 2, .day = 29}, at = {.year = 2024, .month = 2, .day = 29, .hour = 9, .min = 30};
	lxw_format *instant = workbook_add_format(workbook);
	format_set_num_format(date, "dd.mm.yyyy");
	format_set_num_format(instant, "dd.mm.yyyy hh:mm");
	format_set_bold(bold);
	static char plain_text[] = "обычный ", strong_text[] = "жирный";
	lxw_rich_string_tuple plain = {.string = plain_text}, strong = {.format = bold, .string = strong_text};
	lxw_rich_string_tuple *runs[] = {&plain, &strong, NULL};
	worksheet_write_string(sheet, 0, 0, "текст & <знаки>", NULL);
	worksheet_write_rich_string(sheet, 0, 1, runs, NULL);
	worksheet_write_number(sheet, 1, 0, 0.1 + 0.2, NULL);
	worksheet_write_number(sheet, 1, 1, 1250000.5, NULL);
	worksheet_write_datetime(sheet, 1, 2, &on, date);
	worksheet_write_datetime(sheet, 1, 3, &at, instant);
	worksheet_write_boolean(sheet, 1, 4, 1, NULL);
	worksheet_write_formula_num(sheet, 3, 0, "=6*7", NULL, 42);
	worksheet_write_formula_str(sheet, 3, 1, "=\"a\"&\"b\"", NULL, "ab");
	worksheet_merge_range(sheet, 4, 0, 5, 1, "общее", NULL);
	worksheet_write_number(sheet, 5, 2, 1, NULL);
	worksheet_hide(hidden);
	assert_int_equal(workbook_close(workbook), LXW_NO_ERROR);
}

static void a_book_of_libxlsxwriter_is_read(void **state)
{
	(void)state;
	static char bytes[64 * 1024];
	char path[] = "/tmp/effreg-xlsx.XXXXXX";
	const struct xlsx_sheet *sheets;
	struct xlsx *workbook;
	assert_true(mkstemp(path) >= 0);
	write_with_libxlsxwriter(path);
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	size_t len = fread(bytes, 1, sizeof bytes, file);
	(void)fclose(file);
	(void)remove(path);
	assert_int_equal(read_file(span_of(bytes, len), 0, NULL), STATUS_OK);
	assert_string_equal(rows.at, "1:текст & <знаки>|обычный жирный/2:0.3|1250000.5|2024-02-29|2024-02-29T09:30:00|ИСТИНА/4:42|ab/5:общее|!3/6:общее|!3|1");
	assert_int_equal(xlsx_open(arena, span_of(bytes, len), &workbook, NULL), STATUS_OK);
	assert_int_equal(xlsx_sheets(workbook, &sheets), 2);
	assert_string_equal(sheets[0].name, "Проекты");
	assert_true(sheets[1].is_hidden);
	xlsx_close(&workbook);
}

/* Any byte of a real book changed, and any cut: an answer, never a crash. What a flip leaves readable is no fault. */
static void a_damaged_book_gets_an_answer(void **state)
{
	(void)state;
	const struct book book = {.sheet_data = "<row><c t='s'><v>1</v></c><c s='1'><v>45327</v></c></row>"};
	struct span bytes = book_file(&book);
	size_t refused = 0;
	char *copy = malloc(bytes.len);
	assert_non_null(copy);
	for (size_t i = 0; i < bytes.len; i++) {
		struct fault fault = {.offset = -1};
		memcpy(copy, bytes.at, bytes.len);
		copy[i] = (char)(copy[i] ^ (1 << i % 8));
		enum status status = read_file(span_of(copy, bytes.len), 0, &fault);
		refused += status != STATUS_OK;
		assert_true(status == STATUS_OK || (fault.code[0] != '\0' && fault.text[0] != '\0' && fault.text_ru[0] != '\0'));
		assert_int_not_equal(read_file(span_of(bytes.at, i), 0, &fault), STATUS_OK);
		arena_reset(arena);
	}
	assert_true(refused > bytes.len / 4);
	free(copy);
	free((void *)(uintptr_t)bytes.at);
}

static void columns_have_letters(void **state)
{
	(void)state;
	static const struct {
		size_t column;
		const char *letters;
	} CASES[] = {{0, "A"}, {2, "C"}, {25, "Z"}, {26, "AA"}, {51, "AZ"}, {52, "BA"}, {701, "ZZ"}, {702, "AAA"}, {16383, "XFD"}};
	for (size_t i = 0; i < ARRAY_COUNT(CASES); i++) {
		char text[XLSX_COLUMN_SIZE];
		assert_string_equal(xlsx_column(CASES[i].column, text), CASES[i].letters);
	}
}

static void every_flaw_is_told_in_both_languages(void **state)
{
	(void)state;
	for (enum xlsx_flaw flaw = XLSX_FLAW_ERROR; flaw <= XLSX_FLAW_DATE; flaw++) {
		struct fault fault = {.offset = -1}, bare = {.offset = -1};
		assert_int_equal(xlsx_flaw_tell(flaw, "#N/A", &fault), STATUS_INVALID);
		assert_int_equal(xlsx_flaw_tell(flaw, "", &bare), STATUS_INVALID);
		assert_string_equal(fault.code, "bad_cell");
		assert_memory_equal(fault.text, "#N/A: ", 6);
		assert_memory_equal(fault.text_ru, "#N/A: ", 6);
		assert_string_equal(fault.text + 6, bare.text);
		assert_true(strlen(bare.text) > 20 && strlen(bare.text_ru) > 20);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cells_of_every_kind_are_read),
		cmocka_unit_test(the_last_cell_of_a_sheet_is_read),
		cmocka_unit_test(merged_cells_go_down_and_not_to_the_right),
		cmocka_unit_test(the_date_system_is_the_books),
		cmocka_unit_test(sheets_are_told_with_what_is_hidden),
		cmocka_unit_test(a_broken_sheet_is_refused_with_its_place),
		cmocka_unit_test(parts_that_are_missing_or_of_another_kind_are_refused),
		cmocka_unit_test(another_document_is_refused_with_the_way_to_mend_it),
		cmocka_unit_test(every_limit_holds),
		cmocka_unit_test(the_cells_of_a_sheet_are_bounded),
		cmocka_unit_test(the_bytes_of_all_texts_are_bounded),
		cmocka_unit_test(a_book_of_libxlsxwriter_is_read),
		cmocka_unit_test(a_damaged_book_gets_an_answer),
		cmocka_unit_test(columns_have_letters),
		cmocka_unit_test(every_flaw_is_told_in_both_languages),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
