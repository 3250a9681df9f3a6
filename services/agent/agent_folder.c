#include "services/agent/agent_folder.h"

#include "common/ambient.h"
#include "common/csv.h"
#include "common/log.h"
#include "common/mapping.h"
#include "common/telemetry.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOK_MS         1000
#define TURN_BYTES_MAX  ((size_t)1024 * 1024)     /* of lines in one turn */
#define TABLE_BYTES_MAX ((size_t)8 * 1024 * 1024)  /* a table is in memory while it is read; larger ones are split */
#define TABLE_ARENA_MAX (4 * TABLE_BYTES_MAX)
#define ROW_ARENA_MAX   ((size_t)40 * 1024 * 1024)
#define REPORT_MAX      ((size_t)16 * 1024 * 1024) /* of a report; what would be more is only counted in its last line */

struct agent_folder {
	struct loop *loop;
	struct agent_input *input;
	char path[PATH_MAX];
	const struct json *mapping_document;    /* NULL = no tables */
	/* a table at hand */
	struct arena *table_arena, *row_arena;
	struct mapping *mapping;
	struct csv_reader reader;
	bool is_table;
	/* the file at hand; NULL = none */
	FILE *file;
	char name[NAME_MAX + 1];
	size_t line;                            /* the last one read */
	size_t accepted, duplicate, refused;
	struct buf report;
	/* a turn's lines, kept until they are taken */
	struct buf text;
	struct span events[AGENT_INPUT_MAX];
	size_t offsets[AGENT_INPUT_MAX];
	size_t lines[AGENT_INPUT_MAX];
	size_t count;
	struct agent_result results[AGENT_INPUT_MAX];
};

/* ---- Finding a file ---- */

static bool is_ours(const struct agent_folder *folder, const char *name)
{
	enum agent_file_kind kind = agent_file_kind(name);
	return kind == AGENT_FILE_LINES || (kind == AGENT_FILE_TABLE && folder->mapping_document != NULL);
}

/* The first name, in their order, of a file that is ours. */
static bool find_file(struct agent_folder *folder)
{
	DIR *directory = opendir(folder->path);
	const struct dirent *entry;
	folder->name[0] = '\0';
	if (directory == NULL) {
		log_write(LOG_EVENT_input_failed, "folder", folder->path, "error", strerror(errno), NULL);
		return false;
	}
	while ((entry = readdir(directory)) != NULL) {
		bool first = folder->name[0] == '\0' || strcmp(entry->d_name, folder->name) < 0;
		if (first && is_ours(folder, entry->d_name))
			snprintf(folder->name, sizeof folder->name, "%s", entry->d_name);
	}
	closedir(directory);
	return folder->name[0] != '\0';
}

/* ---- The report ---- */

static void report(struct agent_folder *folder, size_t line, const char *column, const struct fault *fault)
{
	struct json_writer writer;
	folder->refused++;
	if (folder->report.len > REPORT_MAX)
		return;
	json_writer_init(&writer, &folder->report);
	json_write_object(&writer);
	json_member_integer(&writer, "line", (int64_t)line);
	if (column != NULL)
		json_member_string(&writer, "column", column);
	agent_refusal_write(&writer, fault);
	json_write_object_end(&writer);
	buf_text(&folder->report, "\n");
}

/* ---- Tables ---- */

static enum status read_header(struct agent_folder *folder, const char *path, struct fault *fault)
{
	struct span text = {0};
	const char *const *header;
	size_t count;
	arena_reset(folder->table_arena);
	enum status status = ambient_read_file(folder->table_arena, path, TABLE_BYTES_MAX, &text, fault);
	if (status == STATUS_OK)
		status = mapping_new(folder->table_arena, folder->mapping_document, &folder->mapping, fault);
	if (status != STATUS_OK)
		return status;
	csv_reader_init(&folder->reader, text);
	folder->reader.separator = mapping_separator(folder->mapping);
	status = csv_read_row(&folder->reader, folder->table_arena, &header, &count, fault);
	if (status == STATUS_NOT_FOUND)
		return fault_set(fault, STATUS_INVALID, "bad_csv", "", -1, "the table is empty: its first row names the columns");
	return status == STATUS_OK ? mapping_bind(folder->mapping, header, count, fault) : status;
}

/* A table that cannot be read has no rows, and a refusal. */
static void open_table(struct agent_folder *folder, const char *path)
{
	struct fault fault = {.offset = -1};
	if (read_header(folder, path, &fault) == STATUS_OK)
		return;
	csv_reader_init(&folder->reader, span_of("", 0));
	report(folder, 1, NULL, &fault);
}

static void take_row(struct agent_folder *folder, const char *const *cells, size_t count)
{
	struct mapping_event events[MAPPING_EVENTS_MAX];
	size_t events_count;
	const char *column;
	struct fault fault = {.offset = -1};
	if (mapping_make(folder->mapping, folder->row_arena, cells, count, events, &events_count, &column, &fault) != STATUS_OK) {
		report(folder, folder->reader.line, column, &fault);
		return;
	}
	for (size_t i = 0; i < events_count; i++) {
		folder->offsets[folder->count] = folder->text.len;
		folder->events[folder->count] = span_of(NULL, events[i].bytes.len);
		folder->lines[folder->count++] = folder->reader.line;
		buf_append(&folder->text, events[i].bytes.at, events[i].bytes.len);
	}
}

static bool is_empty(const char *const *cells, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (cells[i][strspn(cells[i], " \t")] != '\0')
			return false;
	}
	return true;
}

/* Rows as long as there is room for all events of one more. */
static void read_rows(struct agent_folder *folder)
{
	const char *const *cells;
	size_t count;
	struct fault fault = {.offset = -1};
	while (folder->count + MAPPING_EVENTS_MAX <= AGENT_INPUT_MAX && folder->text.len < TURN_BYTES_MAX) {
		arena_reset(folder->row_arena);
		enum status status = csv_read_row(&folder->reader, folder->row_arena, &cells, &count, &fault);
		if (status == STATUS_OK && !is_empty(cells, count))
			take_row(folder, cells, count);
		if (status == STATUS_OK)
			continue;
		if (status != STATUS_NOT_FOUND)
			report(folder, folder->reader.line, NULL, &fault);
		csv_reader_init(&folder->reader, span_of("", 0));
		return;
	}
}

static bool open_file(struct agent_folder *folder)
{
	char path[PATH_MAX + NAME_MAX + 2];
	struct stat info;
	snprintf(path, sizeof path, "%s/%s", folder->path, folder->name);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
		log_write(LOG_EVENT_input_failed, "folder", folder->path, "file", folder->name, "error", fd < 0 ? strerror(errno) : "it is no file", NULL);
		if (fd >= 0)
			close(fd);
		return false;
	}
	folder->file = fdopen(fd, "r");
	ASSERT(folder->file != NULL);
	folder->line = folder->accepted = folder->duplicate = folder->refused = folder->count = 0;
	buf_reset(&folder->report);
	folder->is_table = agent_file_kind(folder->name) == AGENT_FILE_TABLE;
	if (folder->is_table)
		open_table(folder, path);
	return true;
}

/* ---- Reading lines ---- */

/* Appends the next line that is not empty, without its end, to text; of one over the limit only so much that it is seen to be too
 * large. False at the end of the file. */
static bool read_line(struct agent_folder *folder, size_t *ret_len)
{
	int byte;
	size_t len = 0;
	while ((byte = getc_unlocked(folder->file)) != EOF) {
		if (byte == '\n') {
			folder->line++;
			if (len > 0)
				break;
			continue;
		}
		if (byte == '\r')
			continue;  /* a raw CR stands in no JSON string: here it is the half of a line's end, or blank */
		if (len <= EVENT_BYTES_MAX)
			buf_append(&folder->text, &(char){(char)byte}, 1);
		len++;
	}
	if (byte == EOF && len > 0)
		folder->line++;
	*ret_len = len <= EVENT_BYTES_MAX ? len : EVENT_BYTES_MAX + 1;
	return len > 0;
}

/* Fills the turn; false when the file has nothing more. */
static bool read_turn(struct agent_folder *folder)
{
	size_t len;
	buf_reset(&folder->text);
	if (folder->is_table)
		read_rows(folder);
	while (!folder->is_table && folder->count < AGENT_INPUT_MAX && folder->text.len < TURN_BYTES_MAX) {
		size_t offset = folder->text.len;
		if (!read_line(folder, &len))
			break;
		folder->offsets[folder->count] = offset;
		folder->events[folder->count] = span_of(NULL, len);
		folder->lines[folder->count++] = folder->line;
	}
	for (size_t i = 0; i < folder->count; i++)
		folder->events[i].at = folder->text.at + folder->offsets[i];
	return folder->count > 0;
}

/* ---- Results ---- */

static void note_results(struct agent_folder *folder)
{
	for (size_t i = 0; i < folder->count; i++) {
		const struct agent_result *result = &folder->results[i];
		if (result->outcome == AGENT_ACCEPTED)
			folder->accepted++;
		else if (result->outcome == AGENT_DUPLICATE)
			folder->duplicate++;
		else
			report(folder, folder->lines[i], NULL, &result->fault);
	}
	folder->count = 0;
}

/* ---- The end of a file ---- */

/* The place to move to; a name that is taken there gets the instant behind it. */
static void choose_target(const struct agent_folder *folder, const char *into, char target[PATH_MAX + NAME_MAX + 64])
{
	snprintf(target, PATH_MAX + NAME_MAX + 64, "%s/%s/%s", folder->path, into, folder->name);
	if (access(target, F_OK) == 0)
		snprintf(target, PATH_MAX + NAME_MAX + 64, "%s/%s/%s.%" PRId64, folder->path, into, folder->name, ambient_now_us());
}

static enum status move_file(struct agent_folder *folder, struct fault *fault)
{
	char from[PATH_MAX + NAME_MAX + 2], target[PATH_MAX + NAME_MAX + 64], beside[PATH_MAX + NAME_MAX + 96];
	enum status status = STATUS_OK;
	snprintf(from, sizeof from, "%s/%s", folder->path, folder->name);
	choose_target(folder, folder->refused > 0 ? "refused" : "done", target);
	snprintf(beside, sizeof beside, "%s.report.ndjson", target);
	if (folder->refused > 0)
		status = ambient_write_file(beside, buf_span(&folder->report), 0640, fault);
	if (status == STATUS_OK && rename(from, target) != 0)
		status = fault_set(fault, STATUS_UNAVAILABLE, "file", "", -1, "%s: %s", from, strerror(errno));
	return status;
}

static void finish_file(struct agent_folder *folder)
{
	char accepted[24], duplicate[24], refused[24];
	struct fault fault = {.offset = -1};
	fclose(folder->file);
	folder->file = NULL;
	enum status status = move_file(folder, &fault);
	if (status != STATUS_OK) {
		/* It stays, and is read again: what was taken is a duplicate then. */
		log_write(LOG_EVENT_input_failed, "folder", folder->path, "file", folder->name, "error", fault.text, NULL);
		return;
	}
	snprintf(accepted, sizeof accepted, "%zu", folder->accepted);
	snprintf(duplicate, sizeof duplicate, "%zu", folder->duplicate);
	snprintf(refused, sizeof refused, "%zu", folder->refused);
	telemetry_count("effreg_agent_files_total", "Files read to their end.", folder->refused > 0 ? "outcome=\"refused\"" : "outcome=\"done\"", 1);
	log_write(LOG_EVENT_file_taken, "file", folder->name, "accepted", accepted, "duplicate", duplicate, "refused", refused, NULL);
}

/* ---- Turns ---- */

/* One turn; true when there is more to do at once. */
static bool work(struct agent_folder *folder)
{
	struct fault fault = {.offset = -1};
	if (folder->file == NULL && (!find_file(folder) || !open_file(folder)))
		return false;
	if (folder->count == 0 && !read_turn(folder)) {
		finish_file(folder);
		return true;
	}
	if (agent_input_take(folder->input, folder->events, folder->count, folder->results, &fault) != STATUS_OK)
		return false;  /* these lines are handed in again at the next look */
	note_results(folder);
	return true;
}

static void on_turn(void *context)
{
	struct agent_folder *folder = context;
	if (work(folder))
		loop_soon(folder->loop, on_turn, folder);
}

static enum status make_subfolder(const char *path, const char *name, struct fault *fault)
{
	char subfolder[PATH_MAX + 16];
	snprintf(subfolder, sizeof subfolder, "%s/%s", path, name);
	if (mkdir(subfolder, 0770) != 0 && errno != EEXIST)
		return fault_set(fault, STATUS_INVALID, "file", "", -1, "%s: %s", subfolder, strerror(errno));
	return STATUS_OK;
}

enum status agent_folder_new(struct loop *loop, const char *path, const struct json *mapping, struct agent_input *input,
                             struct agent_folder **ret_folder, struct fault *fault)
{
	enum status status = make_subfolder(path, "done", fault);
	if (status == STATUS_OK)
		status = make_subfolder(path, "refused", fault);
	if (status != STATUS_OK)
		return status;
	struct agent_folder *folder = calloc(1, sizeof *folder);
	ASSERT(folder != NULL);
	folder->loop = loop;
	folder->input = input;
	folder->mapping_document = mapping;
	folder->table_arena = arena_new(TABLE_ARENA_MAX);
	folder->row_arena = arena_new(ROW_ARENA_MAX);
	snprintf(folder->path, sizeof folder->path, "%s", path);
	buf_init(&folder->report, REPORT_MAX + 8192);
	buf_init(&folder->text, TURN_BYTES_MAX + TABLE_BYTES_MAX * MAPPING_EVENTS_MAX);
	loop_every(loop, LOOK_MS, on_turn, folder);
	loop_soon(loop, on_turn, folder);
	*ret_folder = folder;
	return STATUS_OK;
}

void agent_folder_destroy(struct agent_folder **folder)
{
	if (*folder == NULL)
		return;
	if ((*folder)->file != NULL)
		fclose((*folder)->file);
	buf_clear(&(*folder)->report);
	buf_clear(&(*folder)->text);
	arena_destroy(&(*folder)->table_arena);
	arena_destroy(&(*folder)->row_arena);
	free(*folder);
	*folder = NULL;
}
