#include "services/cli/cli_log_files.h"

#include "common/gzip.h"
#include "services/cli/cli_ledger.h"
#include "services/cli/cli_output.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define ARENA_BYTES_MAX    ((size_t)512 * 1024 * 1024)
#define UNPACKED_BYTES_MAX ((size_t)8 * 1024 * 1024 * 1024)
#define ARCHIVE_SUFFIX     ".ledger.gz"

/* A ledger being read. */
struct walk {
	struct log_report *report;
	const char *path;
	struct ledger_reader reader;
	struct ledger_chain chain;
	const struct ledger_chain *before;  /* of the part before it in an archive; NULL: it stands alone */
};

static void tell_problem(struct walk *walk, const struct ledger_entry *entry, enum ledger_problem problem)
{
	char id[UUID_TEXT_SIZE] = "";
	struct log_place place = {
		.region = walk->chain.region, .seq = walk->chain.seq + 1, .id = id, .file = walk->path, .offset = walk->reader.at};
	if (entry != NULL) {
		ledger_event_id(entry->event, id);
		place.seq = problem == LEDGER_EVENT_MISSING ? walk->chain.seq + 1 : entry->seq;
		place.offset = entry->offset;
	} else if (problem == LEDGER_HEAD_DIFFERS || problem == LEDGER_SHORTENED) {
		place.seq = walk->chain.seq;
	}
	log_report_problem(walk->report, &place, problem);
}

static void tell_fault(struct walk *walk, const struct fault *fault)
{
	const struct log_place place = {.region = walk->chain.region,
	                                .seq = walk->chain.seq + 1,
	                                .id = "",
	                                .file = walk->path,
	                                .offset = fault->offset < 0 ? 0 : (size_t)fault->offset};
	log_report_text(walk->report, &place, fault->text);
}

/* False: told. */
static bool follow_entries(struct walk *walk)
{
	struct ledger_entry entry;
	struct fault fault = {.offset = -1};
	enum status status;
	while ((status = ledger_read_entry(&walk->reader, &entry, &fault)) == STATUS_OK) {
		enum ledger_problem problem = ledger_chain_follow(&walk->chain, &entry);
		if (problem != LEDGER_SOUND) {
			tell_problem(walk, &entry, problem);
			return false;
		}
		walk->report->events++;
	}
	if (status == STATUS_NOT_FOUND)
		return true;
	tell_fault(walk, &fault);
	return false;
}

/* A part goes on where the one before it in the archive ended, and the first of a region is the beginning of its log; a single file has
 * none before it. A whole log is all there is. */
static enum status check_after(const struct walk *walk, const struct ledger_head *after, const struct ledger_head *head, struct fault *fault)
{
	const struct ledger_chain *before = walk->before;
	if (head != NULL && !text_equal(head->region, after->region))
		return fault_set(fault, STATUS_INVALID, "ledger", "", 0, "this is the ledger of region %s", after->region);
	if (head != NULL && after->seq > 0)
		return fault_set(fault, STATUS_INVALID, "ledger", "", 0, "this is a part of a log, and not the whole of it");
	if (before == NULL)
		return STATUS_OK;
	uint64_t expected = text_equal(before->region, after->region) ? before->seq : 0;
	if (after->seq != expected || (expected > 0 && memcmp(after->hash.bytes, before->hash.bytes, SHA256_BYTES) != 0))
		return fault_set(fault, STATUS_INVALID, "ledger", "", 0, "it goes on behind seq %" PRIu64 ", and the part before it ends at %" PRIu64, after->seq, expected);
	return STATUS_OK;
}

/* head may be NULL: then the ledger's own end is its head. */
static void follow(struct walk *walk, const struct ledger_head *head)
{
	struct fault fault = {.offset = -1};
	struct ledger_head after;
	enum status status = ledger_read_header_after(&walk->reader, &after, &fault);
	if (status == STATUS_OK) {
		memcpy(walk->chain.region, after.region, OKTMO_TEXT_SIZE);
		status = check_after(walk, &after, head, &fault);
	}
	if (status != STATUS_OK) {
		tell_fault(walk, &fault);
		return;
	}
	ledger_chain_init_after(&walk->chain, &after, log_report_witness(walk->report, after.region));
	if (!follow_entries(walk))
		return;
	enum ledger_problem problem =
		head == NULL ? ledger_chain_end(&walk->chain, walk->chain.seq, &walk->chain.hash)
		             : ledger_chain_end(&walk->chain, head->seq, &head->hash);
	/* An archive is the beginning of a log: that the checkpoint saw more is no fault of it. */
	if (problem == LEDGER_SHORTENED && (walk->before != NULL || after.seq > 0))
		problem = LEDGER_SOUND;
	if (problem != LEDGER_SOUND)
		tell_problem(walk, NULL, problem);
}

/* How much of the ledger counts. */
static struct span cut_to_head(const struct log_report *report, const char *path, struct span text,
                               const struct ledger_head *head)
{
	if (text.len > head->bytes) {
		fprintf(stderr, cli_text(report->args->lang, "%s: %zu bytes after the head are an export that did not end; not read\n",
		                         "%s: %zu байт после головы — незавершённая выгрузка; не читаются\n"),
		        path, text.len - (size_t)head->bytes);
		text.len = (size_t)head->bytes;
	}
	return text;
}

static void walk_text(struct walk *walk, struct span text, const struct ledger_head *head)
{
	walk->reader.text = head == NULL ? text : cut_to_head(walk->report, walk->path, text, head);
	cli_output_progress("%s", walk->path);
	follow(walk, head);
}

static bool is_packed(struct span text)
{
	return text.len >= 2 && memcmp(text.at, "\x1f\x8b", 2) == 0;
}

static void walk_packed(struct walk *walk, struct span packed, const struct ledger_head *head)
{
	struct fault fault = {.offset = -1};
	struct buf text;
	buf_init(&text, UNPACKED_BYTES_MAX);
	enum status status = packed.len > UINT32_MAX ? STATUS_TOO_LARGE : gzip_unpack(&text, packed);
	if (status == STATUS_OK) {
		walk_text(walk, buf_span(&text), head);
	} else {
		(void)fault_set(&fault, status, "ledger", "", 0, "%s", status == STATUS_TOO_LARGE ? "the ledger is too large for memory" : "the file is cut off or was changed");
		tell_fault(walk, &fault);
	}
	buf_clear(&text);
}

static void verify_walk(struct walk *walk, const struct ledger_head *head)
{
	struct fault fault = {.offset = -1};
	struct span text;
	if (ledger_open(walk->path, &text, &fault) != STATUS_OK) {
		tell_fault(walk, &fault);
		return;
	}
	if (is_packed(text))
		walk_packed(walk, text, head);
	else
		walk_text(walk, text, head);
	ledger_close(&text);
}

static void verify_file(struct log_report *report, const char *path, const struct ledger_head *head)
{
	struct walk walk = {.report = report, .path = path};
	report->regions++;
	memcpy(walk.chain.region, head == NULL ? "????????" : head->region, OKTMO_TEXT_SIZE);
	verify_walk(&walk, head);
}

void log_files_verify_file(struct log_report *report, const char *path)
{
	verify_file(report, path, NULL);
}

/* A region that the checkpoint knows and the folder does not. */
static void tell_absent(struct log_report *report, const char *dir, const struct ledger_head *heads, size_t count,
                        const char *region)
{
	for (size_t i = 0; i < report->witnesses_count; i++) {
		const struct ledger_head *witness = &report->witnesses[i];
		if (ledger_find_head(heads, count, witness->region) != NULL ||
		    (region != NULL && !text_equal(witness->region, region)))
			continue;
		const struct log_place place = {.region = witness->region, .seq = 0, .id = "", .file = dir};
		log_report_problem(report, &place, LEDGER_SHORTENED);
	}
}

static bool verify_heads(struct log_report *report, const char *dir, const char *region, const struct ledger_head *heads,
                         size_t count)
{
	char path[LEDGER_PATH_SIZE];
	for (size_t i = 0; i < count; i++) {
		if (region != NULL && !text_equal(heads[i].region, region))
			continue;
		if (!ledger_path(path, dir, heads[i].region))
			return false;
		verify_file(report, path, &heads[i]);
	}
	tell_absent(report, dir, heads, count, region);
	return true;
}

/* ---- A folder of log archive ---- */

static int is_archive_file(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);
	return len > sizeof ARCHIVE_SUFFIX && text_equal(entry->d_name + len - (sizeof ARCHIVE_SUFFIX - 1), ARCHIVE_SUFFIX);
}

static void verify_part(struct log_report *report, const char *dir, const char *name, const char *region, struct ledger_chain *before)
{
	char path[LEDGER_PATH_SIZE];
	if (region != NULL && strncmp(name, region, OKTMO_LEN) != 0)
		return;
	bool fits = (size_t)snprintf(path, sizeof path, "%s/%s", dir, name) < sizeof path;
	struct walk walk = {.report = report, .path = fits ? path : name, .before = before};
	snprintf(walk.chain.region, sizeof walk.chain.region, "%.*s", OKTMO_LEN, name);  /* until its first line says so */
	verify_walk(&walk, NULL);
	report->regions += !text_equal(before->region, walk.chain.region);
	*before = walk.chain;
}

/* Its files sort by region and then by seq. NOT_FOUND: there are none. */
static enum status verify_archive(struct log_report *report, const char *dir, const char *region)
{
	struct dirent **names;
	struct ledger_chain before = {.seq = 0};
	int count = scandir(dir, &names, is_archive_file, alphasort);
	if (count <= 0)
		return STATUS_NOT_FOUND;
	for (int i = 0; i < count; i++) {
		verify_part(report, dir, names[i]->d_name, region, &before);
		free(names[i]);
	}
	free(names);
	return STATUS_OK;
}

enum status log_files_verify_dir(struct log_report *report, const char *dir, const char *region, struct fault *fault)
{
	struct arena *arena = arena_new(ARENA_BYTES_MAX);
	const struct ledger_head *heads;
	size_t count;
	enum status status = ledger_load_heads(arena, dir, &heads, &count, fault);
	if (status == STATUS_OK && !verify_heads(report, dir, region, heads, count))
		status = fault_set(fault, STATUS_INVALID, "file", "", -1, "the path is too long");
	else if (status == STATUS_OK || status == STATUS_NOT_FOUND)
		status = verify_archive(report, dir, region) == STATUS_OK ? STATUS_OK : status;
	arena_destroy(&arena);
	return status;
}
