/* cli_log: log verify: recomputes every region's hash chain, from the database or from exported files. */
#include "services/cli/cli_commands.h"
#include "services/cli/cli_ledger.h"
#include "services/cli/cli_log_files.h"
#include "services/cli/cli_log_store.h"
#include "services/cli/cli_output.h"
#include "services/cli/cli_registry.h"

#include <inttypes.h>
#include <stdio.h>

#define ROWS_AT_ONCE    1000
#define ARENA_BYTES_MAX ((size_t)512 * 1024 * 1024)

static const struct cli_option OPTIONS[] = {
	{"region", "CODE", NULL, NULL, "only this region: OKTMO or ISO code", "только этот регион: ОКТМО или код ISO"},
	CLI_CHECKPOINT_OPTIONS,
	CLI_LOG_ARCHIVE_OPTION,
	{"format", "text|json", NULL, "text", "how to print", "вид результата"},
	CLI_DSN_OPTIONS,
};

static const struct cli_command COMMAND = {
	.name = "log verify",
	.example = "effreg log verify --region RU-VOR",
	.en = "Recomputes the hash chain of each region's log from the stored bytes: one changed byte, one missing or moved event is found\n"
	      "and named by its region, seq and id. With DIR or FILE: of exported or archived logs, without a database; then the byte offset is\n"
	      "named too. Of archived events the digests are followed, with --log-archive the bytes.\n"
	      "With --checkpoint: the logs must also be those whose heads were signed, or their continuation.",
	.ru = "Пересчитывает хеш-цепочку журнала каждого региона по сохранённым байтам: изменённый байт, пропавшее или переставленное\n"
	      "событие находятся и называются: регион, seq и id. С DIR или FILE — по выгруженным или вынесенным журналам, без базы\n"
	      "данных; тогда называется и смещение в файле. Вынесенные события проверяются по дайджестам, с --log-archive — по байтам.\n"
	      "С --checkpoint журналы должны быть теми, чьи головы подписаны, или их продолжением.",
	.options = OPTIONS,
	.options_count = ARRAY_COUNT(OPTIONS),
	.arguments = "[DIR|FILE...]",
	.arguments_max = LEDGER_REGIONS_MAX,
	.exits_en = "0 every chain holds, 1 a chain is broken, 2 bad arguments or unreadable file, 4 no database",
	.exits_ru = "0 все цепочки целы, 1 цепочка нарушена, 2 неверные аргументы или файл не читается, 4 нет базы данных",
};

/* ---- in the database ---- */

struct verify {
	struct log_report report;
	struct db *db;
	struct archive *archive;  /* NULL: archived events are followed by their digests */
	struct arena *arena;      /* one page of events */
	uint64_t by_digest;
	struct fault fault;
};

static void tell(struct verify *verify, const struct ledger_chain *chain, uint64_t seq, const char *id,
                 enum ledger_problem problem)
{
	const struct log_place place = {.region = chain->region, .seq = seq, .id = id};
	log_report_problem(&verify->report, &place, problem);
}

/* False: told. */
static bool follow_entries(struct verify *verify, struct ledger_chain *chain, const struct stored_entry *entries,
                           size_t count)
{
	for (size_t i = 0; i < count; i++) {
		enum ledger_problem problem = ledger_chain_follow(chain, &entries[i].entry);
		if (problem == LEDGER_EVENT_MISSING)
			tell(verify, chain, chain->seq + 1, "", problem);
		else if (problem != LEDGER_SOUND)
			tell(verify, chain, entries[i].entry.seq, entries[i].id, problem);
		if (problem != LEDGER_SOUND)
			return false;
		verify->report.events++;
		verify->by_digest += entries[i].entry.digest != NULL;
	}
	return true;
}

static enum status verify_region(struct verify *verify, const struct ledger_head *head)
{
	struct ledger_chain chain;
	struct stored_entry *entries;
	size_t count = 1;
	ledger_chain_init(&chain, head->region, log_report_witness(&verify->report, head->region));
	while (count > 0 && chain.seq < head->seq) {
		cli_output_progress("%s %" PRIu64 "/%" PRIu64, head->region, chain.seq, head->seq);
		arena_reset(verify->arena);
		/* What is appended meanwhile is not asked for: the head was read before. */
		uint64_t left = head->seq - chain.seq;
		size_t limit = left < ROWS_AT_ONCE ? (size_t)left : ROWS_AT_ONCE;
		enum status status = cli_log_store_load_entries(verify->db, verify->archive, verify->arena, head->region, chain.seq + 1, limit,
		                                                &entries, &count, &verify->fault);
		if (status != STATUS_OK)
			return status;
		if (!follow_entries(verify, &chain, entries, count))
			return STATUS_OK;
	}
	enum ledger_problem problem = ledger_chain_end(&chain, head->seq, &head->hash);
	if (problem != LEDGER_SOUND)
		tell(verify, &chain, problem == LEDGER_EVENT_MISSING ? chain.seq + 1 : chain.seq, "", problem);
	return STATUS_OK;
}

/* Regions of the checkpoint whose log is empty now. */
static void tell_absent(struct verify *verify, const struct ledger_head *heads, size_t count)
{
	for (size_t i = 0; i < verify->report.witnesses_count; i++) {
		const char *region = verify->report.witnesses[i].region;
		const struct log_place place = {.region = region, .seq = 0, .id = ""};
		if (ledger_find_head(heads, count, region) == NULL)
			log_report_problem(&verify->report, &place, LEDGER_SHORTENED);
	}
}

static enum status verify_heads(struct verify *verify)
{
	struct arena *arena = arena_new(ARENA_BYTES_MAX);
	const char *region = cli_args_value(verify->report.args, "region");
	struct ledger_head *heads;
	enum status status =
		cli_log_store_load_heads(verify->db, arena, region, &heads, &verify->report.regions);
	for (size_t i = 0; status == STATUS_OK && i < verify->report.regions; i++)
		status = verify_region(verify, &heads[i]);
	if (status == STATUS_OK && region == NULL)
		tell_absent(verify, heads, verify->report.regions);
	arena_destroy(&arena);
	return status;
}

static int verify_database(struct verify *verify)
{
	if (cli_output_connect_db(verify->report.args, &verify->db) != STATUS_OK)
		return CLI_EXIT_UNREACHABLE;
	const char *dir = cli_args_value(verify->report.args, "log-archive");
	verify->archive = dir == NULL ? NULL : archive_new(dir);
	verify->arena = arena_new(ARENA_BYTES_MAX);
	enum status status = verify_heads(verify);
	cli_output_progress_end();
	if (status != STATUS_OK)
		cli_output_error(verify->report.args, "%s", verify->fault.text[0] != '\0' ? verify->fault.text : db_error(verify->db));
	else if (verify->by_digest > 0)
		fprintf(stderr, cli_text(verify->report.args->lang, "%" PRIu64 " archived events were followed by their digests; with --log-archive also their bytes are\n",
		                         "вынесенных событий проверено по дайджестам: %" PRIu64 "; с --log-archive проверяются и байты\n"), verify->by_digest);
	arena_destroy(&verify->arena);
	archive_destroy(&verify->archive);
	db_disconnect(&verify->db);
	/* A file of the archive that is not what was archived is a broken log, and not a database out of reach. */
	if (status != STATUS_OK && verify->fault.text[0] != '\0')
		return CLI_EXIT_NEGATIVE;
	return status == STATUS_OK ? CLI_EXIT_OK : CLI_EXIT_UNREACHABLE;
}

/* ---- in files ---- */

static enum status verify_path(struct log_report *report, const char *path, const char *region, struct fault *fault)
{
	if (ledger_is_dir(path))
		return log_files_verify_dir(report, path, region, fault);
	if (region != NULL)
		return fault_set(fault, STATUS_INVALID, "region", "", -1, "--region is for a folder; %s is one region's ledger", path);
	log_files_verify_file(report, path);
	return STATUS_OK;
}

static int verify_files(struct log_report *report)
{
	struct fault fault = {.offset = -1};
	char region[OKTMO_TEXT_SIZE];
	const char *code = cli_args_value(report->args, "region");
	enum status status = code == NULL ? STATUS_OK : registry_find_region(code, region, &fault);
	for (size_t i = 0; i < report->args->arguments_count && status == STATUS_OK; i++)
		status = verify_path(report, report->args->arguments[i], code == NULL ? NULL : region, &fault);
	cli_output_progress_end();
	if (status == STATUS_OK)
		return CLI_EXIT_OK;
	cli_output_fault(report->args, &fault);
	return CLI_EXIT_USAGE;
}

/* The verdict over what was read. */
static int conclude(const struct log_report *report)
{
	const char *region = cli_args_value(report->args, "region");
	log_report_end(report);
	if (report->regions == 0 && region != NULL) {
		cli_output_error(report->args, cli_text(report->args->lang, "there is no log of %s", "нет журнала региона %s"), region);
		return CLI_EXIT_NEGATIVE;
	}
	return report->broken == 0 ? CLI_EXIT_OK : CLI_EXIT_NEGATIVE;
}

int cli_log_verify(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	struct verify verify = {.report = {.args = &args}, .fault = {.offset = -1}};
	enum cli_format format;
	int exit_code;
	if (!cli_args_parse(&COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	if (!cli_output_format(&args, &format))
		return CLI_EXIT_USAGE;
	verify.report.json = format == CLI_FORMAT_JSON;
	struct arena *arena = arena_new(ARENA_BYTES_MAX);
	if (log_report_load_checkpoint(&verify.report, arena, &exit_code)) {
		exit_code = args.arguments_count > 0 ? verify_files(&verify.report) : verify_database(&verify);
		if (exit_code == CLI_EXIT_OK)
			exit_code = conclude(&verify.report);
	}
	arena_destroy(&arena);
	return exit_code;
}
