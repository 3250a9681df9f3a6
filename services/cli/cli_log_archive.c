/* cli_log_archive: log archive: the bytes of old events out of the database, into files.
 *
 * For each region: the next part of its log is chained and packed block by block, the file is written and synced, read again and
 * followed again from its own bytes; only then one transaction says where each block is and drops the bytes from the log, each
 * event only if the database finds the digest that the file has. Killed anywhere, the log is as before or archived; the
 * file of an attempt that came no further is the same in the next one, byte for byte. */
#include "common/ambient.h"
#include "common/gzip.h"
#include "services/cli/cli_commands.h"
#include "services/cli/cli_ledger.h"
#include "services/cli/cli_log_store.h"
#include "services/cli/cli_output.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define ARENA_BYTES_MAX  ((size_t)512 * 1024 * 1024)
#define PLAIN_BYTES_MAX  (ARCHIVE_BLOCK_BYTES + (size_t)128 * 1024)
/* Of a file, which is made in memory: what does not fit goes into the next one. */
#define PACKED_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define PART_BYTES_MAX   ((uint64_t)256 * 1024 * 1024)  /* unpacked: log verify holds a file in memory */

static const struct cli_option OPTIONS[] = {
	{"log-archive", "DIR", "EFFREG_LOG_ARCHIVE", NULL, "the folder of the files", "папка для файлов"},
	{"before", "TIME", NULL, NULL, "events recorded before this moment (2026-01-01T00:00:00Z); otherwise before this year",
	 "события, записанные до этого момента (2026-01-01T00:00:00Z); без параметра — до начала текущего года"},
	{"region", "CODE", NULL, NULL, "only this region: OKTMO or ISO code", "только этот регион: ОКТМО или код ISO"},
	{"dry-run", NULL, NULL, NULL, "say what would be archived", "только показать, что будет вынесено"},
	{"format", "text|json", NULL, "text", "how to print", "вид результата"},
	CLI_DSN_OPTIONS,
};

static const struct cli_command COMMAND = {
	.name = "log archive",
	.example = "effreg log archive --log-archive /log-archive",
	.en = "Moves the bytes of events recorded before this year out of the database into compressed files, one for each region. Their ids, hashes\n"
	      "and digests stay, so nothing counts twice and each chain still holds; metrics, rebuild, log export and log verify read the bytes\n"
	      "from --log-archive. log verify DIR checks the files anywhere. As the owner of the database, as effreg migrate.",
	.ru = "Выносит из базы данных содержимое событий, записанных до начала текущего года, в сжатые файлы, по одному на регион. Их id, хеши и\n"
	      "дайджесты остаются: ничто не учитывается дважды, цепочки целы; metrics, rebuild, log export и log verify читают содержимое из\n"
	      "--log-archive. Файлы проверяет где угодно log verify DIR. Выполняется владельцем базы данных, как effreg migrate.",
	.options = OPTIONS,
	.options_count = ARRAY_COUNT(OPTIONS),
	.exits_en = "0 archived, or there is nothing to archive, 1 a log is broken or not what its file has, 2 bad arguments or unwritable folder, 4 no database",
	.exits_ru = "0 вынесено или выносить нечего, 1 журнал нарушен или расходится с файлом, 2 неверные аргументы или папка недоступна, 4 нет базы данных",
};

struct archiving {
	const struct cli_args *args;
	enum cli_format format;
	const char *dir;
	struct db *db;
	int64_t before_us;
	bool is_dry;
	struct fault fault;
	uint64_t regions, events, behind;
};

/* The next part of a region's log, packed: a file. */
struct part {
	struct ledger_head after;
	uint64_t last_seq;            /* asked for; then what was packed */
	struct ledger_chain chain;
	char file[ARCHIVE_FILE_MAX];
	struct buf packed;
	uint64_t plain_bytes;
	struct archive_block *blocks;
	size_t blocks_count, blocks_capacity;
	struct arena *arena;          /* of the blocks' digests */
};

/* ---- Packing ---- */

static enum status refuse_log(struct archiving *archiving, const struct part *part, enum ledger_problem problem)
{
	return fault_set(&archiving->fault, STATUS_CONFLICT, "log", "", -1, "%s seq %" PRIu64 ": %s", part->after.region, part->chain.seq + 1,
	                 problem == LEDGER_EVENT_MISSING
	                         ? cli_text(archiving->args->lang, "the event is missing: log verify says more", "событие пропало: подробнее скажет log verify")
	                         : cli_text(archiving->args->lang, "the chain is broken: log verify says more", "цепочка нарушена: подробнее скажет log verify"));
}

static struct archive_block *add_block(struct part *part)
{
	if (part->blocks_count == part->blocks_capacity) {
		size_t capacity = 2 * part->blocks_capacity + 64;
		struct archive_block *larger = arena_array(part->arena, struct archive_block, capacity);
		if (part->blocks_count > 0)
			memcpy(larger, part->blocks, part->blocks_count * sizeof *larger);
		part->blocks = larger;
		part->blocks_capacity = capacity;
	}
	return &part->blocks[part->blocks_count++];
}

/* Follows and writes entries until the block is full; how many it took. */
static enum status fill_block(struct archiving *archiving, struct part *part, const struct stored_entry *entries, size_t count, struct buf *plain,
                              struct sha256 *digests, size_t *ret_taken)
{
	size_t taken = 0;
	while (taken < count && plain->len < ARCHIVE_BLOCK_BYTES) {
		const struct ledger_entry *entry = &entries[taken].entry;
		enum ledger_problem problem = ledger_chain_follow(&part->chain, entry);
		if (problem != LEDGER_SOUND)
			return refuse_log(archiving, part, problem);
		digests[taken++] = sha256_of(entry->event.at, entry->event.len);
		ledger_write_entry(plain, entry);
	}
	*ret_taken = taken;
	return STATUS_OK;
}

static enum status pack_block(struct archiving *archiving, struct part *part, struct arena *arena)
{
	struct stored_entry *entries;
	size_t count, taken = 0;
	uint64_t left = part->last_seq - part->chain.seq;
	uint64_t first_seq = part->chain.seq + 1;
	enum status status = cli_log_store_load_entries(archiving->db, NULL, arena, part->after.region, first_seq,
	                                                left < ARCHIVE_BLOCK_EVENTS ? (size_t)left : ARCHIVE_BLOCK_EVENTS, &entries, &count, &archiving->fault);
	if (status == STATUS_OK && count == 0)
		status = refuse_log(archiving, part, LEDGER_EVENT_MISSING);
	if (status != STATUS_OK)
		return status;
	struct buf plain;
	buf_init(&plain, PLAIN_BYTES_MAX);
	struct sha256 *digests = arena_array(arena, struct sha256, count);
	status = fill_block(archiving, part, entries, count, &plain, digests, &taken);
	if (status == STATUS_OK) {
		size_t offset = part->packed.len;
		ASSERT(buf_ok(&plain));
		gzip_pack(&part->packed, buf_span(&plain));
		size_t bytes = part->packed.len - offset;
		part->plain_bytes += plain.len;
		struct sha256 *kept = arena_array(part->arena, struct sha256, taken);
		memcpy(kept, digests, taken * sizeof *kept);
		*add_block(part) = (struct archive_block){.first_seq = first_seq, .last_seq = first_seq + taken - 1, .offset = offset, .bytes = bytes,
		                                          .digest = sha256_of(part->packed.at + offset, bytes), .events = kept};
	}
	buf_clear(&plain);
	return status;
}

static enum status pack_part(struct archiving *archiving, struct part *part)
{
	struct buf header;
	struct arena *arena = arena_new(ARENA_BYTES_MAX);
	enum status status = STATUS_OK;
	buf_init(&header, 256);
	ledger_write_header_after(&header, &part->after);
	gzip_pack(&part->packed, buf_span(&header));
	buf_clear(&header);
	ledger_chain_init_after(&part->chain, &part->after, NULL);
	while (status == STATUS_OK && part->chain.seq < part->last_seq && part->packed.len < PACKED_BYTES_MAX &&
	       part->plain_bytes < PART_BYTES_MAX) {
		cli_output_progress("%s %" PRIu64 "/%" PRIu64, part->after.region, part->chain.seq, part->last_seq);
		arena_reset(arena);
		status = pack_block(archiving, part, arena);
	}
	arena_destroy(&arena);
	part->last_seq = part->chain.seq;
	snprintf(part->file, sizeof part->file, "%s.%0*" PRIu64 "-%0*" PRIu64 ".ledger.gz", part->after.region, ARCHIVE_SEQ_LEN,
	         part->after.seq + 1, ARCHIVE_SEQ_LEN, part->last_seq);
	return status;
}

/* ---- The file ---- */

/* Each block is what it was, and its events go on behind those before it. */
static bool follow_block(const struct archive_block *block, struct span file, struct ledger_chain *chain)
{
	struct ledger_entry entry;
	struct buf plain;
	struct span packed = span_of(file.at + block->offset, block->bytes);
	struct sha256 digest = sha256_of(packed.at, packed.len);
	buf_init(&plain, PLAIN_BYTES_MAX);
	bool sound = memcmp(digest.bytes, block->digest.bytes, SHA256_BYTES) == 0 && gzip_unpack(&plain, packed) == STATUS_OK;
	struct ledger_reader reader = {.text = buf_span(&plain)};
	while (sound && chain->seq < block->last_seq)
		sound = ledger_read_entry(&reader, &entry, NULL) == STATUS_OK && ledger_chain_follow(chain, &entry) == LEDGER_SOUND;
	sound = sound && reader.at == reader.text.len;
	buf_clear(&plain);
	return sound;
}

static enum status check_file(struct archiving *archiving, const struct part *part, const char *path)
{
	struct span file;
	struct ledger_chain chain;
	enum status status = ledger_open(path, &file, &archiving->fault);
	if (status != STATUS_OK)
		return status;
	bool sound = file.len == part->packed.len;
	ledger_chain_init_after(&chain, &part->after, NULL);
	for (size_t i = 0; i < part->blocks_count && sound; i++)
		sound = follow_block(&part->blocks[i], file, &chain);
	sound = sound && ledger_chain_end(&chain, part->chain.seq, &part->chain.hash) == LEDGER_SOUND;
	ledger_close(&file);
	return sound ? STATUS_OK
	             : fault_set(&archiving->fault, STATUS_CONFLICT, "file", "", -1, "%s: %s", path,
	                         cli_text(archiving->args->lang, "what is on disk is not what the log has: move the file away, look at the disk, and run again",
	                                  "на диске не то, что в журнале: уберите файл, проверьте диск и повторите"));
}

/* A file that begins where this part does, and that no row names, is one of an attempt that came no further and ended elsewhere: under its
 * name it would stand among the parts. It goes aside, and is not lost. */
static enum status put_aside(struct archiving *archiving, const struct part *part, const char *name)
{
	char from[LEDGER_PATH_SIZE], to[LEDGER_PATH_SIZE];
	if ((size_t)snprintf(from, sizeof from, "%s/%s", archiving->dir, name) >= sizeof from ||
	    (size_t)snprintf(to, sizeof to, "%s.unrecorded", from) >= sizeof to)
		return fault_set(&archiving->fault, STATUS_INVALID, "file", "", -1, "the path is too long");
	if (text_equal(name, part->file))
		return STATUS_OK;
	if (rename(from, to) != 0)
		return fault_set(&archiving->fault, STATUS_INVALID, "file", "", -1, "%s: %s", from, strerror(errno));
	return STATUS_OK;
}

static enum status put_others_aside(struct archiving *archiving, const struct part *part)
{
	static const char SUFFIX[] = ".ledger.gz";
	enum status status = STATUS_OK;
	size_t begins = strlen(part->after.region) + 1 + ARCHIVE_SEQ_LEN + 1;  /* "20000000.000000000001-" */
	DIR *dir = opendir(archiving->dir);
	if (dir == NULL)
		return fault_set(&archiving->fault, STATUS_INVALID, "file", "", -1, "%s: %s", archiving->dir, strerror(errno));
	for (const struct dirent *entry; status == STATUS_OK && (entry = readdir(dir)) != NULL;) {
		size_t len = strlen(entry->d_name);
		if (len > sizeof SUFFIX && strncmp(entry->d_name, part->file, begins) == 0 && text_equal(entry->d_name + len - (sizeof SUFFIX - 1), SUFFIX))
			status = put_aside(archiving, part, entry->d_name);
	}
	closedir(dir);
	return status;
}

/* A name lasts once its folder does: that of a file that was there already may not yet. */
static enum status sync_folder(struct archiving *archiving)
{
	int fd = open(archiving->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool synced = fd >= 0 && fsync(fd) == 0;
	if (!synced)
		(void)fault_set(&archiving->fault, STATUS_INVALID, "file", "", -1, "%s: %s", archiving->dir, strerror(errno));
	if (fd >= 0)
		close(fd);
	return synced ? STATUS_OK : STATUS_INVALID;
}

/* A file of that name is one of an attempt that came no further: then it is the same. */
static enum status write_file(struct archiving *archiving, const struct part *part)
{
	char path[LEDGER_PATH_SIZE];
	struct span there;
	if ((size_t)snprintf(path, sizeof path, "%s/%s", archiving->dir, part->file) >= sizeof path)
		return fault_set(&archiving->fault, STATUS_INVALID, "file", "", -1, "the path is too long");
	enum status status = put_others_aside(archiving, part);
	if (status != STATUS_OK)
		return status;
	status = ledger_open(path, &there, &archiving->fault);
	if (status == STATUS_OK) {
		ledger_close(&there);
		status = sync_folder(archiving);
	} else if (status == STATUS_NOT_FOUND) {
		archiving->fault = (struct fault){.offset = -1};
		if (!buf_ok(&part->packed))
			return fault_set(&archiving->fault, STATUS_TOO_LARGE, "file", "", -1, "%s would be too large", path);
		status = ambient_write_file(path, buf_span(&part->packed), 0644, &archiving->fault);
	}
	return status == STATUS_OK ? check_file(archiving, part, path) : status;
}

/* ---- A region ---- */

static enum status record_part(struct archiving *archiving, const struct part *part)
{
	struct arena *arena = arena_new(ARENA_BYTES_MAX);
	enum status status = db_begin(archiving->db);
	for (size_t i = 0; i < part->blocks_count && status == STATUS_OK; i++) {
		arena_reset(arena);
		status = cli_log_store_archive_block(archiving->db, arena, part->after.region, part->file, &part->blocks[i]);
		if (status == STATUS_CONFLICT)
			status = fault_set(&archiving->fault, STATUS_CONFLICT, "log", "", -1, "%s seq %" PRIu64 ": %s", part->after.region, part->blocks[i].first_seq,
			                   cli_text(archiving->args->lang, "the log changed meanwhile, or another log archive is at work: run again",
			                            "журнал тем временем изменился, или работает другая log archive: повторите"));
	}
	if (status == STATUS_OK)
		status = cli_log_store_close_way_back(archiving->db);
	if (status == STATUS_OK)
		status = db_commit(archiving->db);
	if (status != STATUS_OK)
		db_rollback(archiving->db);
	arena_destroy(&arena);
	return status;
}

static void print_part(const struct archiving *archiving, const struct part *part)
{
	cli_output_progress_end();
	if (archiving->format == CLI_FORMAT_JSON)
		printf("{\"region\":\"%s\",\"first_seq\":%" PRIu64 ",\"last_seq\":%" PRIu64 ",\"file\":\"%s\",\"bytes\":%zu}\n", part->after.region,
		       part->after.seq + 1, part->last_seq, part->file, part->packed.len);
	else
		printf("%s  %" PRIu64 "..%" PRIu64 "  %s  %zu\n", part->after.region, part->after.seq + 1, part->last_seq, part->file, part->packed.len);
}

static enum status archive_part(struct archiving *archiving, struct part *part)
{
	part->arena = arena_new(ARENA_BYTES_MAX);
	buf_init(&part->packed, PACKED_BYTES_MAX + 2 * PLAIN_BYTES_MAX);
	enum status status = pack_part(archiving, part);
	if (status == STATUS_OK && !archiving->is_dry)
		status = write_file(archiving, part);
	if (status == STATUS_OK && !archiving->is_dry)
		status = record_part(archiving, part);
	if (status == STATUS_OK) {
		archiving->events += part->last_seq - part->after.seq;
		print_part(archiving, part);
	}
	buf_clear(&part->packed);
	arena_destroy(&part->arena);
	return status;
}

static enum status archive_region(struct archiving *archiving, const char *region)
{
	struct ledger_head after;
	uint64_t last_seq, behind;
	struct arena *arena = arena_new(ARENA_BYTES_MAX);
	enum status status = cli_log_store_plan_archive(archiving->db, arena, region, archiving->before_us, &after, &last_seq, &behind);
	arena_destroy(&arena);
	if (status != STATUS_OK)
		return status;
	archiving->behind += behind;
	archiving->regions += last_seq > after.seq;
	while (status == STATUS_OK && after.seq < last_seq) {
		struct part part = {.after = after, .last_seq = last_seq};
		status = archive_part(archiving, &part);
		after.seq = part.chain.seq;
		after.hash = part.chain.hash;
	}
	return status;
}

/* ---- All of them ---- */

/* The parts of before are there, or this is not the folder that metrics reads. */
static enum status check_folder(struct archiving *archiving)
{
	struct archive *archive = archive_new(archiving->dir);
	enum status status = archive_check(archive, archiving->db, &archiving->fault);
	archive_destroy(&archive);
	return status;
}

static enum status archive_all(struct archiving *archiving)
{
	const char *region = cli_args_value(archiving->args, "region");
	struct arena *arena = arena_new(ARENA_BYTES_MAX);
	struct ledger_head *heads;
	size_t count = 0;
	enum status status = cli_log_store_may_archive(archiving->db, &archiving->fault);
	if (status == STATUS_OK)
		status = ledger_lock_dir(archiving->dir, &archiving->fault);
	if (status == STATUS_OK)
		status = check_folder(archiving);
	if (status == STATUS_OK)
		status = cli_log_store_load_heads(archiving->db, arena, region, &heads, &count);
	if (status == STATUS_OK && count == 0 && region != NULL)
		status = fault_set(&archiving->fault, STATUS_NOT_FOUND, "region", "", -1,
		                   cli_text(archiving->args->lang, "there is no log of %s", "нет журнала региона %s"), region);
	for (size_t i = 0; i < count && status == STATUS_OK; i++)
		status = archive_region(archiving, heads[i].region);
	arena_destroy(&arena);
	/* So that new events take the room of what went. */
	if (status == STATUS_OK && archiving->events > 0 && !archiving->is_dry) {
		cli_output_progress("VACUUM effreg.event");
		status = db_exec(archiving->db, "VACUUM effreg.event");
	}
	cli_output_progress_end();
	return status;
}

static int conclude(const struct archiving *archiving, enum status status)
{
	enum cli_lang lang = archiving->args->lang;
	if (status != STATUS_OK) {
		if (archiving->fault.text[0] != '\0')
			cli_output_fault(archiving->args, &archiving->fault);
		else
			cli_output_error(archiving->args, "%s", db_error(archiving->db));
		if (archiving->fault.text[0] == '\0' && status_group(status) == STATUS_GROUP_TRANSIENT)
			return CLI_EXIT_UNREACHABLE;
		return status == STATUS_CONFLICT || status == STATUS_NOT_FOUND ? CLI_EXIT_NEGATIVE : CLI_EXIT_USAGE;
	}
	fflush(stdout);
	fprintf(stderr, archiving->is_dry ? cli_text(lang, "%" PRIu64 " events of %" PRIu64 " regions would be archived\n",
	                                             "будет вынесено событий: %" PRIu64 ", регионов: %" PRIu64 "\n")
	                                  : cli_text(lang, "%" PRIu64 " events of %" PRIu64 " regions archived\n", "вынесено событий: %" PRIu64 ", регионов: %" PRIu64 "\n"),
	        archiving->events, archiving->regions);
	if (archiving->behind > 0)
		fprintf(stderr, cli_text(lang, "%" PRIu64 " events are not counted yet and stay: is metrics running, or a rebuild under way?\n",
		                         "ещё не учтено событий: %" PRIu64 ", они остаются: работает ли metrics, не идёт ли перестройка?\n"),
		        archiving->behind);
	return CLI_EXIT_OK;
}

/* Without --before: the first moment of this year (UTC). False after telling. */
static bool read_before(struct archiving *archiving)
{
	const char *text = cli_args_value(archiving->args, "before");
	char year[INSTANT_TEXT_SIZE];
	int64_t now_us = ambient_now_us();
	instant_format(now_us, year);
	memcpy(year + 4, "-01-01T00:00:00Z", sizeof "-01-01T00:00:00Z");
	if (!instant_parse(text == NULL ? year : text, &archiving->before_us)) {
		cli_output_error(archiving->args, cli_text(archiving->args->lang, "--before: %s is no moment; write it as 2026-01-01T00:00:00Z",
		                                           "--before: %s — не момент времени; запишите его как 2026-01-01T00:00:00Z"), text);
		return false;
	}
	if (archiving->before_us > now_us) {
		cli_output_error(archiving->args, "%s", cli_text(archiving->args->lang, "--before: only what is past can be archived", "--before: вынести можно только прошедшее"));
		return false;
	}
	return true;
}

int cli_log_archive(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	struct archiving archiving = {.args = &args, .fault = {.offset = -1}};
	int exit_code;
	if (!cli_args_parse(&COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	archiving.dir = cli_args_required(&args, "log-archive");
	archiving.is_dry = cli_args_flag(&args, "dry-run");
	if (archiving.dir == NULL || !cli_output_format(&args, &archiving.format) || !read_before(&archiving))
		return CLI_EXIT_USAGE;
	if (cli_output_connect_db(&args, &archiving.db) != STATUS_OK)
		return CLI_EXIT_UNREACHABLE;
	exit_code = conclude(&archiving, archive_all(&archiving));
	db_disconnect(&archiving.db);
	return exit_code;
}
