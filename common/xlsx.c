/* xlsx: what a file is, and which parts it has: sheets, shared texts, styles. */
#include "common/xlsx.h"

#include "common/xlsx_model.h"

#include <stdlib.h>

#define RELATIONS "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define RELATIONS_STRICT "http://purl.oclc.org/ooxml/officeDocument/relationships"
#define RELATIONS_MAX 1024

struct relation {
	const char *id, *type, *target;
};

/* The reading of one part of the book's frame. */
struct frame {
	struct xlsx *workbook;
	struct arena *arena;
	const char *part;                      /* whose relations are read */
	struct relation relations[RELATIONS_MAX];
	size_t relations_count;
	const char *sheet_ids[XLSX_SHEETS_MAX];
};

/* ---- What kind of file it is ---- */

static bool begins_with(struct span bytes, const char *start, size_t len)
{
	return bytes.len >= len && memcmp(bytes.at, start, len) == 0;
}

static bool is_zip(struct span bytes)
{
	return begins_with(bytes, "PK\x03\x04", 4) || begins_with(bytes, "PK\x05\x06", 4);
}

/* OLE: workbooks before 2007, and those of today behind a password. */
static bool is_ole(struct span bytes)
{
	return begins_with(bytes, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8);
}

bool xlsx_is(struct span bytes)
{
	return is_zip(bytes) || is_ole(bytes);
}

static enum status refuse(struct fault *fault, const char *en, const char *ru)
{
	return fault_say(fault, STATUS_INVALID, "bad_xlsx", "", -1, en, ru);
}

static enum status refuse_ole(struct span bytes, struct fault *fault)
{
	static const char STREAM[] = "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e";  /* in UTF-16 */
	if (memmem(bytes.at, bytes.len, STREAM, sizeof STREAM) != NULL)
		return refuse(fault, "the workbook has a password: in Excel, File - Info - Protect Workbook - Encrypt with Password, clear it and save",
		              "книга защищена паролем: в Excel выберите «Файл» — «Сведения» — «Защита книги» — «Зашифровать с использованием пароля», сотрите пароль и сохраните");
	return refuse(fault, "this is a workbook of Excel 97-2003 (.xls): save it as \"Excel Workbook (*.xlsx)\"",
	              "это книга Excel 97–2003 (.xls): сохраните её как «Книга Excel (*.xlsx)»");
}

/* ---- Reading parts ---- */

bool xlsx_is_element(const struct xml_element *element, const char *name)
{
	return text_equal(element->name, name) && (text_equal(element->space, "http://schemas.openxmlformats.org/spreadsheetml/2006/main") ||
	                                           text_equal(element->space, "http://purl.oclc.org/ooxml/spreadsheetml/main"));
}

static enum status feed(void *context, struct span piece, struct fault *fault)
{
	return xml_feed(context, piece, fault);
}

enum status xlsx_read_part(struct xlsx *workbook, const char *part, const struct xml_taker *taker, struct fault *fault)
{
	struct xml *xml = xml_new(taker, part);
	enum status status = package_read(workbook->package, part, feed, xml, fault);
	if (status == STATUS_OK)
		status = xml_finish(xml, fault);
	xml_destroy(&xml);
	return status;
}

/* ---- Relations ---- */

/* A target, relative to the folder of part or, with a slash, to the root, without "." and "..". */
static const char *resolve(struct arena *arena, const char *part, const char *target)
{
	const char *slash = strrchr(part, '/');
	const char *joined = target[0] == '/' ? target : arena_printf(arena, "%.*s/%s", slash == NULL ? 0 : (int)(slash - part), part, target);
	char *path = arena_alloc(arena, strlen(joined) + 2);
	size_t len = 0;
	while (*joined != '\0') {
		joined += *joined == '/';
		size_t step = strcspn(joined, "/");
		if (step == 2 && memcmp(joined, "..", 2) == 0) {
			while (len > 0 && path[--len] != '/')
				continue;
		} else if (step > 0 && !(step == 1 && joined[0] == '.')) {
			if (len > 0)
				path[len++] = '/';
			memcpy(path + len, joined, step);
			len += step;
		}
		joined += step;
	}
	path[len] = '\0';
	return path;
}

static const char *copy(struct arena *arena, const char *text)
{
	return arena_text(arena, text, strlen(text));
}

static enum status take_relation(void *context, const struct xml_element *element, struct fault *fault)
{
	struct frame *frame = context;
	if (element->depth != 2 || !text_equal(element->name, "Relationship"))
		return STATUS_OK;
	const char *id = xml_attribute(element, "", "Id"), *type = xml_attribute(element, "", "Type"), *target = xml_attribute(element, "", "Target");
	const char *mode = xml_attribute(element, "", "TargetMode");
	if (id == NULL || type == NULL || target == NULL || (mode != NULL && text_equal(mode, "External")))
		return STATUS_OK;  /* leads out of the file: nothing that is read */
	if (strlen(id) > PACKAGE_NAME_MAX || strlen(target) > PACKAGE_NAME_MAX || strlen(type) > PACKAGE_NAME_MAX ||
	    frame->relations_count == RELATIONS_MAX)
		return fault_say(fault, STATUS_TOO_LARGE, "too_large", "", -1, "the workbook has too many relations between its parts, or their names are too long",
		                 "в книге слишком много связей между частями или у них слишком длинные имена");
	const char *kind = strrchr(type, '/');
	bool is_office = strncmp(type, RELATIONS "/", sizeof RELATIONS) == 0 || strncmp(type, RELATIONS_STRICT "/", sizeof RELATIONS_STRICT) == 0;
	frame->relations[frame->relations_count++] = (struct relation){
		.id = copy(frame->arena, id), .type = is_office ? copy(frame->arena, kind + 1) : "", .target = resolve(frame->arena, frame->part, target)};
	return STATUS_OK;
}

/* part: "" for those of the package itself. */
static enum status read_relations(struct frame *frame, const char *part, struct fault *fault)
{
	const struct xml_taker taker = {.begin = take_relation, .context = frame};
	const char *slash = strrchr(part, '/');
	int folder = slash == NULL ? 0 : (int)(slash - part) + 1;
	const char *name = arena_printf(frame->arena, "%.*s_rels/%s.rels", folder, part, part + folder);
	frame->part = part;
	frame->relations_count = 0;
	return xlsx_read_part(frame->workbook, name, &taker, fault);
}

static const struct relation *find_relation(const struct frame *frame, const char *id, const char *type)
{
	for (size_t i = 0; i < frame->relations_count; i++) {
		const struct relation *relation = &frame->relations[i];
		if (text_equal(relation->type, type) && (id == NULL || text_equal(relation->id, id)))
			return relation;
	}
	return NULL;
}

/* ---- The book ---- */

static enum status take_sheet(struct frame *frame, const struct xml_element *element, struct fault *fault)
{
	struct xlsx *workbook = frame->workbook;
	const char *name = xml_attribute(element, "", "name"), *state = xml_attribute(element, "", "state");
	const char *id = xml_attribute(element, RELATIONS, "id");
	if (id == NULL)
		id = xml_attribute(element, RELATIONS_STRICT, "id");
	if (name == NULL || id == NULL || strlen(name) > PACKAGE_NAME_MAX || strlen(id) > PACKAGE_NAME_MAX)
		return refuse(fault, "a sheet has no name: open the file in Excel and save it again", "у листа нет имени: откройте файл в Excel и сохраните заново");
	if (workbook->sheets_count == XLSX_SHEETS_MAX)
		return fault_tell(fault, STATUS_TOO_LARGE, "too_large", "", -1, "the workbook has more than %d sheets", "в книге больше %d листов", XLSX_SHEETS_MAX);
	frame->sheet_ids[workbook->sheets_count] = copy(frame->arena, id);
	workbook->sheets[workbook->sheets_count++] =
		(struct xlsx_sheet){.name = copy(frame->arena, name), .is_hidden = state != NULL && !text_equal(state, "visible")};
	return STATUS_OK;
}

static enum status take_book(void *context, const struct xml_element *element, struct fault *fault)
{
	struct frame *frame = context;
	if (element->depth == 1 && !xlsx_is_element(element, "workbook"))
		return refuse(fault, "this is a document of another program, not a workbook: save the table as \"Excel Workbook (*.xlsx)\"",
		              "это документ другой программы, а не книга Excel: сохраните таблицу как «Книга Excel (*.xlsx)»");
	if (element->depth == 2 && xlsx_is_element(element, "workbookPr")) {
		const char *is_1904 = xml_attribute(element, "", "date1904");
		frame->workbook->is_1904 = is_1904 != NULL && (text_equal(is_1904, "1") || text_equal(is_1904, "true"));
	}
	return element->depth == 3 && xlsx_is_element(element, "sheet") ? take_sheet(frame, element, fault) : STATUS_OK;
}

/* Those that are sheets of cells: a chart of its own has another relation. */
static void bind_sheets(struct frame *frame)
{
	struct xlsx *workbook = frame->workbook;
	size_t kept = 0;
	for (size_t i = 0; i < workbook->sheets_count; i++) {
		const struct relation *relation = find_relation(frame, frame->sheet_ids[i], "worksheet");
		if (relation == NULL)
			continue;
		workbook->sheets[kept] = workbook->sheets[i];
		workbook->parts[kept++] = relation->target;
	}
	workbook->sheets_count = kept;
}

static enum status find_book(struct frame *frame, const char **ret_part, struct fault *fault)
{
	const struct package *package = frame->workbook->package;
	if (!package_has(package, "_rels/.rels")) {
		if (package_has(package, "content.xml"))
			return refuse(fault, "this is an OpenDocument table (.ods): save it as \"Excel Workbook (*.xlsx)\"",
			              "это таблица OpenDocument (.ods): сохраните её как «Книга Excel (*.xlsx)»");
		return refuse(fault, "this is an archive, not a workbook: give the .xlsx file itself", "это архив, а не книга Excel: укажите сам файл .xlsx");
	}
	enum status status = read_relations(frame, "", fault);
	if (status != STATUS_OK)
		return status;
	const struct relation *relation = find_relation(frame, NULL, "officeDocument");
	if (relation == NULL)
		return refuse(fault, "this is an archive, not a workbook: give the .xlsx file itself", "это архив, а не книга Excel: укажите сам файл .xlsx");
	size_t len = strlen(relation->target);
	if (len > 4 && text_equal(relation->target + len - 4, ".bin"))
		return refuse(fault, "this is a binary workbook (.xlsb): save it as \"Excel Workbook (*.xlsx)\"",
		              "это двоичная книга (.xlsb): сохраните её как «Книга Excel (*.xlsx)»");
	*ret_part = relation->target;
	return STATUS_OK;
}

static enum status read_frame(struct frame *frame, struct fault *fault)
{
	const struct xml_taker taker = {.begin = take_book, .context = frame};
	const char *part = NULL;
	enum status status = find_book(frame, &part, fault);
	if (status == STATUS_OK)
		status = xlsx_read_part(frame->workbook, part, &taker, fault);
	if (status == STATUS_OK)
		status = read_relations(frame, part, fault);
	if (status != STATUS_OK)
		return status;
	bind_sheets(frame);
	if (frame->workbook->sheets_count == 0)
		return refuse(fault, "the workbook has no sheet of cells", "в книге нет листа с ячейками");
	const struct relation *strings = find_relation(frame, NULL, "sharedStrings"), *styles = find_relation(frame, NULL, "styles");
	if (strings != NULL)
		status = xlsx_load_strings(frame->workbook, strings->target, fault);
	if (status == STATUS_OK && styles != NULL)
		status = xlsx_load_styles(frame->workbook, frame->arena, styles->target, fault);
	return status;
}

enum status xlsx_open(struct arena *arena, struct span bytes, struct xlsx **ret_workbook, struct fault *fault)
{
	if (is_ole(bytes))
		return refuse_ole(bytes, fault);
	if (!is_zip(bytes))
		return refuse(fault, "this is no workbook: save the table as \"Excel Workbook (*.xlsx)\"",
		              "это не книга Excel: сохраните таблицу как «Книга Excel (*.xlsx)»");
	struct xlsx *workbook = arena_alloc(arena, sizeof *workbook);
	struct frame *frame = arena_alloc(arena, sizeof *frame);
	*frame = (struct frame){.workbook = workbook, .arena = arena};
	buf_init(&workbook->strings, XLSX_STRINGS_BYTES_MAX);
	buf_init(&workbook->starts, XLSX_STRINGS_MAX * sizeof(uint32_t));
	enum status status = package_open(bytes, &workbook->package, fault);
	if (status == STATUS_OK)
		status = read_frame(frame, fault);
	if (status == STATUS_OK)
		*ret_workbook = workbook;
	else
		xlsx_close(&workbook);
	return status;
}

void xlsx_close(struct xlsx **workbook)
{
	if (*workbook == NULL)
		return;
	package_close(&(*workbook)->package);
	buf_clear(&(*workbook)->strings);
	buf_clear(&(*workbook)->starts);
	*workbook = NULL;
}

size_t xlsx_sheets(const struct xlsx *workbook, const struct xlsx_sheet **ret_sheets)
{
	*ret_sheets = workbook->sheets;
	return workbook->sheets_count;
}
