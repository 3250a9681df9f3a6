/* Any bytes as a workbook, or, when they do not begin as a ZIP file does, as its parts with zeros between them: sheet, shared texts,
 * styles, book. The reader keeps to its arenas, gives rows in order with well-formed texts, and says of a fault what and in both
 * languages. */
#include <stdint.h>

#include "common/utf8.h"
#include "common/xlsx.h"
#include "tests/unit/common/zip_file.h"

#define MAIN " xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'"
#define RELS "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define ARENA_MAX (XLSX_ARENA_BYTES + (size_t)4 * 1024 * 1024)

enum { SHEET, STRINGS, STYLES, BOOK, PARTS };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum status take(void *context, const struct xlsx_row *row, struct fault *fault)
{
	size_t *last = context;
	(void)fault;
	ASSERT(row->number > *last && row->number <= XLSX_ROWS_MAX && row->count > 0 && row->count <= XLSX_COLUMNS_MAX);
	*last = row->number;
	for (size_t i = 0; i < row->count; i++) {
		const char *cell = row->cells[i];
		struct fault flaw = {.offset = -1};
		for (size_t len = strlen(cell), step; len > 0; cell += step, len -= step) {
			step = utf8_sequence(cell, len);
			ASSERT(step > 0);
		}
		ASSERT(row->flaws[i] <= XLSX_FLAW_DATE);
		if (row->flaws[i] != XLSX_FLAW_NONE) {
			enum status status = xlsx_flaw_tell(row->flaws[i], row->cells[i], &flaw);
			ASSERT(status == STATUS_INVALID && flaw.text_ru[0] != '\0');
		}
	}
	return STATUS_OK;
}

/* The arena is a row's own: ASSERT in it when a row takes more than it says. */
static void read_book(struct span bytes)
{
	struct arena *arena = arena_new(ARENA_MAX), *row_arena = arena_new(XLSX_ROW_ARENA_BYTES);
	const struct xlsx_sheet *sheets;
	struct xlsx *workbook = NULL;
	struct fault fault = {.offset = -1};
	enum status status = xlsx_open(arena, bytes, &workbook, &fault);
	size_t count = status == STATUS_OK ? xlsx_sheets(workbook, &sheets) : 0;
	for (size_t i = 0; status == STATUS_OK && i < count; i++) {
		size_t last = 0;
		status = xlsx_read(workbook, i, row_arena, take, &last, &fault);
	}
	ASSERT(status == STATUS_OK || (fault.status == status && fault.code[0] != '\0' && fault.text[0] != '\0' && fault.text_ru[0] != '\0'));
	xlsx_close(&workbook);
	arena_destroy(&arena);
	arena_destroy(&row_arena);
}

static void read_parts(const uint8_t *data, size_t size)
{
	struct zip_part parts[] = {
		[SHEET] = {.name = "xl/s.xml", .text = "<worksheet" MAIN "/>"},
		[STRINGS] = {.name = "xl/t.xml", .text = "<sst" MAIN "><si><t>a</t></si></sst>"},
		[STYLES] = {.name = "xl/f.xml", .text = "<styleSheet" MAIN "><cellXfs><xf numFmtId='0'/><xf numFmtId='14'/></cellXfs></styleSheet>"},
		[BOOK] = {.name = "xl/b.xml", .text = "<workbook" MAIN " xmlns:r='" RELS "'><sheets><sheet name='One' r:id='s'/></sheets></workbook>"},
		{.name = "_rels/.rels", .text = "<a><Relationship Id='a' Type='" RELS "/officeDocument' Target='xl/b.xml'/></a>"},
		{.name = "xl/_rels/b.xml.rels",
		 .text = "<a><Relationship Id='s' Type='" RELS "/worksheet' Target='s.xml'/><Relationship Id='t' Type='" RELS
		         "/sharedStrings' Target='t.xml'/><Relationship Id='f' Type='" RELS "/styles' Target='f.xml'/></a>"},
	};
	for (size_t part = 0; part < PARTS && size > 0; part++) {
		const uint8_t *zero = memchr(data, 0, size);
		size_t len = zero == NULL ? size : (size_t)(zero - data);
		if (len > 0) {
			parts[part].text = (const char *)data;
			parts[part].len = len;
		}
		len += zero != NULL;
		data += len;
		size -= len;
	}
	struct span bytes = zip_file(parts, ARRAY_COUNT(parts));
	read_book(bytes);
	free((void *)(uintptr_t)bytes.at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size >= 2 && data[0] == 'P' && data[1] == 'K')
		read_book(span_of((const char *)data, size));
	else
		read_parts(data, size);
	return 0;
}
