#include "common/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/crypto.h"
#include "common/gzip.h"
#include "common/ledger.h"

/* An event has 64 KiB at most, an entry beside its event some 160 bytes. */
#define BLOCK_BYTES_MAX (ARCHIVE_BLOCK_BYTES + (size_t)128 * 1024)
#define PATH_BYTES_MAX  4096

/* Where a block is. */
struct place {
	uint64_t first_seq, last_seq;
	char file[ARCHIVE_FILE_MAX];
	int64_t offset, bytes;
	struct sha256 digest;
};

struct kept_block {
	char region[OKTMO_TEXT_SIZE];  /* "" = free */
	uint64_t first_seq;
	size_t count;
	struct buf text;
	struct span events[ARCHIVE_BLOCK_EVENTS];  /* inside text */
	uint64_t used;                             /* when: greater is later */
};

struct archive {
	char *dir;
	uint64_t uses;
	struct fault fault;  /* of the last load that failed */
	struct kept_block *kept[ARCHIVE_KEPT_MAX];
};

struct archive *archive_new(const char *dir)
{
	struct archive *archive = calloc(1, sizeof *archive);
	ASSERT(archive != NULL);
	if (dir != NULL && dir[0] != '\0') {
		archive->dir = strdup(dir);
		ASSERT(archive->dir != NULL);
	}
	return archive;
}

void archive_destroy(struct archive **archive)
{
	if (*archive == NULL)
		return;
	for (size_t i = 0; i < ARCHIVE_KEPT_MAX && (*archive)->kept[i] != NULL; i++) {
		buf_clear(&(*archive)->kept[i]->text);
		free((*archive)->kept[i]);
	}
	free((*archive)->dir);
	free(*archive);
	*archive = NULL;
}

/* ---- Blocks that are kept ---- */

static struct kept_block *find_kept(struct archive *archive, const char *region, uint64_t seq)
{
	for (size_t i = 0; i < ARCHIVE_KEPT_MAX && archive->kept[i] != NULL; i++) {
		struct kept_block *block = archive->kept[i];
		if (seq >= block->first_seq && seq - block->first_seq < block->count && text_equal(block->region, region))
			return block;
	}
	return NULL;
}

/* A new one while there are few, else the one that was not used for longest; empty. */
static struct kept_block *take_block(struct archive *archive)
{
	struct kept_block *oldest = NULL;
	for (size_t i = 0; i < ARCHIVE_KEPT_MAX; i++) {
		struct kept_block *block = archive->kept[i];
		if (block == NULL) {
			oldest = archive->kept[i] = calloc(1, sizeof *block);
			ASSERT(oldest != NULL);
			break;
		}
		if (oldest == NULL || block->used < oldest->used)
			oldest = block;
	}
	buf_clear(&oldest->text);
	*oldest = (struct kept_block){.count = 0};
	buf_init(&oldest->text, BLOCK_BYTES_MAX);
	return oldest;
}

/* ---- Blocks in files ---- */

static enum status find_place(struct db *db, const char *region, uint64_t seq, struct arena *arena, struct place *ret_place, struct fault *fault)
{
	static const char SQL[] =
		"SELECT first_seq, last_seq, file, file_offset, bytes, digest FROM effreg.event_archive"
		" WHERE region_id = $1 AND first_seq <= $2::bigint ORDER BY first_seq DESC LIMIT 1";
	const struct db_param params[] = {db_text(region), db_integer(arena, (int64_t)seq)};
	struct db_rows *rows;
	enum status status = db_query(db, SQL, params, ARRAY_COUNT(params), &rows);
	if (status != STATUS_OK)
		return status;
	*ret_place = (struct place){.last_seq = 0};
	if (db_rows_count(rows) == 1) {
		struct span digest = db_get_bytes(rows, 0, 5, arena);
		ASSERT(digest.len == SHA256_BYTES);  /* a CHECK of the table */
		ret_place->first_seq = (uint64_t)db_get_integer(rows, 0, 0);
		ret_place->last_seq = (uint64_t)db_get_integer(rows, 0, 1);
		snprintf(ret_place->file, sizeof ret_place->file, "%s", db_get_text(rows, 0, 2));
		ret_place->offset = db_get_integer(rows, 0, 3);
		ret_place->bytes = db_get_integer(rows, 0, 4);
		memcpy(ret_place->digest.bytes, digest.at, SHA256_BYTES);
	}
	db_rows_destroy(&rows);
	if (ret_place->last_seq < seq)
		return fault_set(fault, STATUS_UNAVAILABLE, "archive", "", -1, "region %s seq %" PRIu64 " is archived, and effreg.event_archive does not say where",
		                 region, seq);
	return STATUS_OK;
}

static enum status read_packed(const struct archive *archive, const struct place *place, struct arena *arena, struct span *ret_packed, struct fault *fault)
{
	char path[PATH_BYTES_MAX];
	if (snprintf(path, sizeof path, "%s/%s", archive->dir, place->file) >= (int)sizeof path)
		return fault_set(fault, STATUS_UNAVAILABLE, "archive", "", -1, "the path of the log archive is too long");
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fault_set(fault, STATUS_UNAVAILABLE, "archive", "", -1, "%s: %s: put the file back", path, strerror(errno));
	char *bytes = arena_alloc(arena, (size_t)place->bytes + 1);
	ssize_t got = pread(fd, bytes, (size_t)place->bytes, (off_t)place->offset);
	close(fd);
	if (got != (ssize_t)place->bytes)
		return fault_set(fault, STATUS_UNAVAILABLE, "archive", "", -1, "%s: %" PRId64 " bytes expected at %" PRId64 ": put the whole file back",
		                 path, place->bytes, place->offset);
	struct sha256 digest = sha256_of(bytes, (size_t)got);
	if (memcmp(digest.bytes, place->digest.bytes, SHA256_BYTES) != 0)
		return fault_set(fault, STATUS_UNAVAILABLE, "archive", "", -1, "%s: the block at byte %" PRId64 " was changed: put back a copy of the file",
		                 path, place->offset);
	*ret_packed = span_of(bytes, (size_t)got);
	return STATUS_OK;
}

/* What passed its digest is what was written: anything else here is our mistake. */
static enum status read_block(struct kept_block *block, struct span packed, const struct place *place, struct fault *fault)
{
	struct ledger_entry entry;
	enum status status = gzip_unpack(&block->text, packed);
	struct ledger_reader reader = {.text = buf_span(&block->text)};
	size_t count = 0;
	while (status == STATUS_OK && count < ARCHIVE_BLOCK_EVENTS && (status = ledger_read_entry(&reader, &entry, fault)) == STATUS_OK) {
		if (entry.seq != place->first_seq + count)
			status = STATUS_BUG;
		block->events[count++] = entry.event;
	}
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		return status;
	if (place->first_seq + count != place->last_seq + 1 || reader.at != reader.text.len)
		return fault_set(fault, STATUS_BUG, "archive", "", -1, "%s: the block at byte %" PRId64 " holds %zu events", place->file, place->offset, count);
	block->first_seq = place->first_seq;
	block->count = count;
	return STATUS_OK;
}

static enum status load_block(struct archive *archive, struct db *db, const char *region, uint64_t seq, struct kept_block **ret_block, struct fault *fault)
{
	struct place place;
	struct span packed;
	struct arena *arena = arena_new(4 * BLOCK_BYTES_MAX);
	enum status status = find_place(db, region, seq, arena, &place, fault);
	if (status == STATUS_OK && (archive == NULL || archive->dir == NULL))
		status = fault_set(fault, STATUS_UNAVAILABLE, "archive", "", -1,
		                   "region %s seq %" PRIu64 " is in the log archive, file %s: name its folder (log_archive, --log-archive)", region, seq, place.file);
	if (status == STATUS_OK)
		status = read_packed(archive, &place, arena, &packed, fault);
	if (status == STATUS_OK) {
		*ret_block = take_block(archive);
		status = read_block(*ret_block, packed, &place, fault);
	}
	if (status == STATUS_OK)
		memcpy((*ret_block)->region, region, OKTMO_TEXT_SIZE);
	arena_destroy(&arena);
	return status;
}

enum status archive_load(struct archive *archive, struct db *db, const char *region, uint64_t seq, struct arena *arena, struct span *ret_event,
                         struct fault *fault)
{
	ASSERT(ident_is_oktmo(region));
	struct kept_block *block = archive == NULL ? NULL : find_kept(archive, region, seq);
	enum status status = block != NULL ? STATUS_OK : load_block(archive, db, region, seq, &block, fault);
	if (status != STATUS_OK) {
		if (archive != NULL && fault != NULL)
			archive->fault = *fault;
		return status;
	}
	struct span event = block->events[seq - block->first_seq];
	block->used = ++archive->uses;
	*ret_event = span_of(arena_text(arena, event.at, event.len), event.len);
	return STATUS_OK;
}

const struct fault *archive_fault(const struct archive *archive)
{
	return &archive->fault;
}

/* ---- What is there ---- */

static enum status check_file(const struct archive *archive, const char *file, int64_t bytes, struct fault *fault)
{
	char path[PATH_BYTES_MAX];
	struct stat info;
	if (archive == NULL || archive->dir == NULL)
		return fault_set(fault, STATUS_UNAVAILABLE, "archive", "", -1, "events are in the log archive, file %s: name its folder (log_archive, --log-archive)",
		                 file);
	if (snprintf(path, sizeof path, "%s/%s", archive->dir, file) >= (int)sizeof path)
		return fault_set(fault, STATUS_UNAVAILABLE, "archive", "", -1, "the path of the log archive is too long");
	if (stat(path, &info) != 0)
		return fault_set(fault, STATUS_UNAVAILABLE, "archive", "", -1, "%s: %s: put the file back", path, strerror(errno));
	if (info.st_size != bytes)
		return fault_set(fault, STATUS_UNAVAILABLE, "archive", "", -1, "%s has %jd bytes instead of %" PRId64 ": put the whole file back", path,
		                 (intmax_t)info.st_size, bytes);
	return STATUS_OK;
}

enum status archive_check(struct archive *archive, struct db *db, struct fault *fault)
{
	static const char SQL[] =
		"SELECT file, pg_catalog.max(file_offset + bytes) FROM effreg.event_archive GROUP BY file ORDER BY file";
	struct db_rows *rows;
	enum status status = db_query(db, SQL, NULL, 0, &rows);
	if (status != STATUS_OK)
		return status;
	for (size_t row = 0; row < db_rows_count(rows) && status == STATUS_OK; row++)
		status = check_file(archive, db_get_text(rows, row, 0), db_get_integer(rows, row, 1), fault);
	db_rows_destroy(&rows);
	return status;
}
