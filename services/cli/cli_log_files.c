#include "services/cli/cli_log_files.h"

#include "services/cli/cli_ledger.h"
#include "services/cli/cli_output.h"

#include <stdio.h>

#define ARENA_BYTES_MAX ((size_t)512 * 1024 * 1024)

/* A ledger being read. */
struct walk {
	struct log_report *report;
	const char *path;
	struct ledger_reader reader;
	struct ledger_chain chain;
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

/* head may be NULL: then the ledger's own end is its head. */
static void follow(struct walk *walk, const struct ledger_head *head)
{
	struct fault fault = {.offset = -1};
	char region[OKTMO_TEXT_SIZE];
	if (ledger_read_header(&walk->reader, region, &fault) != STATUS_OK) {
		tell_fault(walk, &fault);
		return;
	}
	if (head != NULL && !text_equal(head->region, region)) {
		(void)fault_set(&fault, STATUS_INVALID, "ledger", "", 0, "this is the ledger of region %s", region);
		tell_fault(walk, &fault);
		return;
	}
	ledger_chain_init(&walk->chain, region, log_report_witness(walk->report, region));
	if (!follow_entries(walk))
		return;
	enum ledger_problem problem =
		head == NULL ? ledger_chain_end(&walk->chain, walk->chain.seq, &walk->chain.hash)
		             : ledger_chain_end(&walk->chain, head->seq, &head->hash);
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

static void verify_file(struct log_report *report, const char *path, const struct ledger_head *head)
{
	struct walk walk = {.report = report, .path = path};
	struct fault fault = {.offset = -1};
	struct span text;
	report->regions++;
	memcpy(walk.chain.region, head == NULL ? "????????" : head->region, OKTMO_TEXT_SIZE);
	if (ledger_open(path, &text, &fault) != STATUS_OK) {
		tell_fault(&walk, &fault);
		return;
	}
	walk.reader.text = head == NULL ? text : cut_to_head(report, path, text, head);
	cli_output_progress("%s", path);
	follow(&walk, head);
	ledger_close(&text);
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

enum status log_files_verify_dir(struct log_report *report, const char *dir, const char *region, struct fault *fault)
{
	struct arena *arena = arena_new(ARENA_BYTES_MAX);
	const struct ledger_head *heads;
	size_t count;
	enum status status = ledger_load_heads(arena, dir, &heads, &count, fault);
	if (status == STATUS_OK && !verify_heads(report, dir, region, heads, count))
		status = fault_set(fault, STATUS_INVALID, "file", "", -1, "the path is too long");
	arena_destroy(&arena);
	return status;
}
