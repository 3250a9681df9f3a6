/* cli_log_export: log export: the logs as ledgers in a folder, continued by the next export.
 *
 * Events are appended to DIR/<region>.ledger and synced before DIR/heads.json, replaced as a whole, says that they
 * count. An export that is killed therefore leaves the folder as it was, with bytes behind a head that nobody reads; the
 * next one cuts them off and goes on from the head, after asking the log whether it still has that head's hash. */
#include "common/ambient.h"
#include "services/cli/cli_commands.h"
#include "services/cli/cli_ledger.h"
#include "services/cli/cli_log_report.h"
#include "services/cli/cli_log_store.h"
#include "services/cli/cli_output.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROWS_AT_ONCE    500
#define ARENA_BYTES_MAX ((size_t)512 * 1024 * 1024)
#define PAGE_BYTES_MAX  ((size_t)256 * 1024 * 1024)

static const struct cli_option OPTIONS[] = {
	{"out", "DIR", NULL, NULL, "the folder to write into or to continue", "папка, в которую писать или продолжать"},
	{"region", "CODE", NULL, NULL, "only this region: OKTMO or ISO code", "только этот регион: ОКТМО или код ISO"},
	CLI_LOG_ARCHIVE_OPTION,
	CLI_DSN_OPTIONS,
};

static const struct cli_command COMMAND = {
	.name = "log export",
	.example = "effreg log export --out logs",
	.en = "Writes each region's log into DIR/REGION.ledger, byte for byte, and how far it goes into DIR/heads.json. Run again, it\n"
	      "adds what is new; a log that is no longer the one exported before is refused. log verify DIR checks the result anywhere.",
	.ru = "Пишет журнал каждого региона в DIR/РЕГИОН.ledger байт в байт, а его голову — в DIR/heads.json. Повторный запуск дописывает\n"
	      "новое; журнал, который разошёлся с прежней выгрузкой, отклоняется. Проверить результат где угодно: log verify DIR.",
	.options = OPTIONS,
	.options_count = ARRAY_COUNT(OPTIONS),
	.exits_en = "0 written, 1 a log is broken or not the one exported before, 2 bad arguments, 4 no database",
	.exits_ru = "0 записано, 1 журнал нарушен или не тот, что был выгружен, 2 неверные аргументы, 4 нет базы данных",
};

struct export {
	const struct cli_args *args;
	const char *dir;
	struct db *db;
	struct archive *archive;
	struct arena *arena;        /* one page of events */
	struct ledger_head *heads;  /* of the folder, in the order of regions; room for those to come */
	size_t heads_count;
	struct fault fault;
	size_t events;
};

/* ---- the folder ---- */

static enum status file_fault(struct export *export, const char *path)
{
	return fault_set(&export->fault, STATUS_INVALID, "file", "", -1, "%s: %s", path, strerror(errno));
}

static enum status load_heads(struct export *export, struct arena *arena, size_t new_max)
{
	const struct ledger_head *heads = NULL;
	size_t count = 0;
	enum status status = ledger_load_heads(arena, export->dir, &heads, &count, &export->fault);
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		return status;
	export->fault = (struct fault){.offset = -1};
	export->heads = arena_array(arena, struct ledger_head, count + new_max);
	export->heads_count = count;
	for (size_t i = 0; i < count; i++)
		export->heads[i] = heads[i];
	return STATUS_OK;
}

static enum status save_head(struct export *export, const struct ledger_head *head)
{
	size_t at = 0;
	while (at < export->heads_count && strcmp(export->heads[at].region, head->region) < 0)
		at++;
	if (at == export->heads_count || !text_equal(export->heads[at].region, head->region)) {
		memmove(&export->heads[at + 1], &export->heads[at], (export->heads_count - at) * sizeof *export->heads);
		export->heads_count++;
	}
	export->heads[at] = *head;
	return ledger_save_heads(export->dir, export->heads, export->heads_count, &export->fault);
}

/* ---- one region ---- */

/* A ledger being written. */
struct ledger_out {
	FILE *file;
	const char *path;
	struct ledger_chain chain;
	uint64_t bytes;  /* written so far */
};

static enum status write_out(struct export *export, struct ledger_out *out, const struct buf *text)
{
	ASSERT(buf_ok(text));
	if (fwrite(text->at, 1, text->len, out->file) != text->len)
		return file_fault(export, out->path);
	out->bytes += text->len;
	return STATUS_OK;
}

static enum status refuse_log(struct export *export, const char *region, uint64_t seq, const char *id, const char *en,
                              const char *ru)
{
	return fault_set(&export->fault, STATUS_CONFLICT, "log", "", -1, "%s seq %" PRIu64 " %s: %s", region, seq, id,
	                 cli_text(export->args->lang, en, ru));
}

/* The log must still be the one whose head this is. */
static enum status continue_chain(struct export *export, struct ledger_out *out, const struct ledger_head *known)
{
	struct stored_entry *entries;
	size_t count;
	arena_reset(export->arena);
	enum status status =
		cli_log_store_load_entries(export->db, export->archive, export->arena, known->region, known->seq, 1, &entries, &count, &export->fault);
	if (status != STATUS_OK)
		return status;
	if (count == 0 || entries[0].entry.seq != known->seq ||
	    memcmp(entries[0].entry.hash.bytes, known->hash.bytes, SHA256_BYTES) != 0)
		return refuse_log(export, known->region, known->seq, "",
		                  "the log is not the one exported here before: it was changed or restored",
		                  "журнал разошёлся с прежней выгрузкой: он изменён или восстановлен");
	out->chain.seq = known->seq;
	out->chain.hash = known->hash;
	out->chain.recorded_us = entries[0].entry.recorded_us;
	out->bytes = known->bytes;
	return STATUS_OK;
}

/* Cuts the file to what counts. */
static enum status cut_file(struct export *export, struct ledger_out *out, uint64_t bytes)
{
	struct stat info;
	int fd = fileno(out->file);
	if (fstat(fd, &info) != 0)
		return file_fault(export, out->path);
	if ((uint64_t)info.st_size < bytes)
		return fault_set(&export->fault, STATUS_INVALID, "file", "", -1, "%s is shorter than heads.json says", out->path);
	if (ftruncate(fd, (off_t)bytes) != 0 || fseeko(out->file, (off_t)bytes, SEEK_SET) != 0)
		return file_fault(export, out->path);
	return STATUS_OK;
}

static enum status begin_ledger(struct export *export, struct ledger_out *out, const struct ledger_head *known)
{
	struct buf header;
	enum status status = cut_file(export, out, known == NULL ? 0 : known->bytes);
	if (status != STATUS_OK || known != NULL)
		return status == STATUS_OK ? continue_chain(export, out, known) : status;
	buf_init(&header, 256);
	ledger_write_header(&header, out->chain.region);
	status = write_out(export, out, &header);
	buf_clear(&header);
	return status;
}

static enum status write_entries(struct export *export, struct ledger_out *out, const struct stored_entry *entries,
                                 size_t count)
{
	enum status status = STATUS_OK;
	struct buf page;
	buf_init(&page, PAGE_BYTES_MAX);
	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		if (ledger_chain_follow(&out->chain, &entries[i].entry) != LEDGER_SOUND)
			status = refuse_log(export, out->chain.region, out->chain.seq + 1, entries[i].id,
			                    "the chain is broken; see log verify", "цепочка нарушена; см. log verify");
		else
			ledger_write_entry(&page, &entries[i].entry);
	}
	if (status == STATUS_OK)
		status = write_out(export, out, &page);
	buf_clear(&page);
	export->events += status == STATUS_OK ? count : 0;
	return status;
}

static enum status write_log(struct export *export, struct ledger_out *out, const struct ledger_head *head)
{
	struct stored_entry *entries;
	while (out->chain.seq < head->seq) {
		size_t count;
		uint64_t left = head->seq - out->chain.seq;
		cli_output_progress("%s %" PRIu64 "/%" PRIu64, head->region, out->chain.seq, head->seq);
		arena_reset(export->arena);
		enum status status =
			cli_log_store_load_entries(export->db, export->archive, export->arena, head->region, out->chain.seq + 1,
			                           left < ROWS_AT_ONCE ? (size_t)left : ROWS_AT_ONCE, &entries, &count, &export->fault);
		if (status == STATUS_OK && count == 0)
			status = refuse_log(export, head->region, out->chain.seq + 1, "", "the event is missing", "событие пропало");
		if (status == STATUS_OK)
			status = write_entries(export, out, entries, count);
		if (status != STATUS_OK)
			return status;
	}
	return ledger_chain_end(&out->chain, head->seq, &head->hash) == LEDGER_SOUND
	               ? STATUS_OK
	               : refuse_log(export, head->region, head->seq, "", "the head is not the hash of the last event",
	                            "голова журнала не равна хешу последнего события");
}

static enum status write_ledger(struct export *export, struct ledger_out *out, const struct ledger_head *head,
                                const struct ledger_head *known)
{
	enum status status = begin_ledger(export, out, known);
	if (status == STATUS_OK)
		status = write_log(export, out, head);
	if (status == STATUS_OK && (fflush(out->file) != 0 || fsync(fileno(out->file)) != 0))
		status = file_fault(export, out->path);
	return status;
}

/* Made when it is not there; NULL with errno. */
static FILE *open_ledger(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r+b");
	if (file == NULL && fd >= 0)
		close(fd);
	return file;
}

static enum status export_region(struct export *export, const struct ledger_head *head)
{
	char path[LEDGER_PATH_SIZE];
	struct ledger_out out = {.path = path};
	const struct ledger_head *known = ledger_find_head(export->heads, export->heads_count, head->region);
	if (!ledger_path(path, export->dir, head->region))
		return fault_set(&export->fault, STATUS_INVALID, "file", "", -1, "the path is too long");
	if (head->seq == 0 && known == NULL)
		return STATUS_OK;
	if (known != NULL && known->seq > head->seq)
		return refuse_log(export, head->region, head->seq, "", "the log is shorter than it was when exported here before",
		                  "журнал короче, чем при прежней выгрузке");
	out.file = open_ledger(path);
	if (out.file == NULL)
		return file_fault(export, path);
	ledger_chain_init(&out.chain, head->region, NULL);
	enum status status = write_ledger(export, &out, head, known);
	if (fclose(out.file) != 0 && status == STATUS_OK)
		status = file_fault(export, path);
	if (status != STATUS_OK)
		return status;
	struct ledger_head reached = *head;
	reached.bytes = out.bytes;
	return save_head(export, &reached);
}

/* ---- all of them ---- */

static enum status export_all(struct export *export, struct arena *arena, size_t *ret_regions)
{
	const char *region = cli_args_value(export->args, "region");
	struct ledger_head *heads;
	size_t count;
	if (mkdir(export->dir, 0755) != 0 && errno != EEXIST)
		return file_fault(export, export->dir);
	enum status status = ledger_lock_dir(export->dir, &export->fault);
	if (status == STATUS_OK)
		status = cli_log_store_load_heads(export->db, arena, region, &heads, &count);
	if (status == STATUS_OK && count == 0 && region != NULL)
		status = fault_set(&export->fault, STATUS_NOT_FOUND, "region", "", -1,
		                   cli_text(export->args->lang, "there is no log of %s", "нет журнала региона %s"), region);
	if (status == STATUS_OK)
		status = load_heads(export, arena, count);
	for (size_t i = 0; status == STATUS_OK && i < count; i++)
		status = export_region(export, &heads[i]);
	*ret_regions = status == STATUS_OK ? count : 0;
	return status;
}

static int conclude(const struct export *export, enum status status, size_t regions)
{
	cli_output_progress_end();
	if (status == STATUS_OK) {
		fprintf(stderr, cli_text(export->args->lang, "%zu events added, %zu regions\n", "добавлено событий: %zu, регионов: %zu\n"),
		        export->events, regions);
		return CLI_EXIT_OK;
	}
	if (export->fault.text[0] != '\0')
		cli_output_fault(export->args, &export->fault);
	else
		cli_output_error(export->args, "%s", db_error(export->db));
	if (status_group(status) == STATUS_GROUP_TRANSIENT && export->fault.text[0] == '\0')
		return CLI_EXIT_UNREACHABLE;
	return status == STATUS_INVALID || status == STATUS_UNAVAILABLE ? CLI_EXIT_USAGE : CLI_EXIT_NEGATIVE;
}

int cli_log_export(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	struct export export = {.args = &args, .fault = {.offset = -1}};
	size_t regions = 0;
	int exit_code;
	if (!cli_args_parse(&COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	export.dir = cli_args_required(&args, "out");
	if (export.dir == NULL)
		return CLI_EXIT_USAGE;
	if (cli_output_connect_db(&args, &export.db) != STATUS_OK)
		return CLI_EXIT_UNREACHABLE;
	if (cli_output_open_archive(&args, export.db, &export.archive) != STATUS_OK) {
		db_disconnect(&export.db);
		return CLI_EXIT_USAGE;
	}
	struct arena *arena = arena_new(ARENA_BYTES_MAX);
	export.arena = arena_new(ARENA_BYTES_MAX);
	enum status status = export_all(&export, arena, &regions);
	exit_code = conclude(&export, status, regions);
	arena_destroy(&export.arena);
	arena_destroy(&arena);
	archive_destroy(&export.archive);
	db_disconnect(&export.db);
	return exit_code;
}
