/* cli_log_store: the statements over the logs, one function for each question. Statuses are those of db.h. */
#ifndef EFFREG_CLI_LOG_STORE_H
#define EFFREG_CLI_LOG_STORE_H

#include "common/archive.h"
#include "common/db.h"
#include "common/ledger.h"

struct stored_entry {
	struct ledger_entry entry;  /* offset is 0 */
	const char *id;
	bool is_archived;
};

/* The heads of the logs in the order of regions, seq 0 for an empty one; of one region (OKTMO or ISO code) when it is not
 * NULL. In arena. */
enum status cli_log_store_load_heads(struct db *db, struct arena *arena, const char *region,
                                     struct ledger_head **ret_heads, size_t *ret_count) MUST_CHECK;
/* Up to limit entries from seq on, in arena. Archived events come from archive, UNAVAILABLE with fault (archive.h); where that is NULL they
 * have a digest only. */
enum status cli_log_store_load_entries(struct db *db, struct archive *archive, struct arena *arena, const char *region, uint64_t seq, size_t limit,
                                       struct stored_entry **ret_entries, size_t *ret_count, struct fault *fault) MUST_CHECK;

/* ---- The log archive: one transaction of the owner ---- */

/* FORBIDDEN with fault unless the user may change the log. */
enum status cli_log_store_may_archive(struct db *db, struct fault *fault) MUST_CHECK;

/* Behind which event a region's archive ends (seq 0: there is none), and up to where it could go: events recorded before before_us that
 * every consumer has counted. *ret_behind: recorded before, but not counted by all. */
enum status cli_log_store_plan_archive(struct db *db, struct arena *arena, const char *region, int64_t before_us, struct ledger_head *ret_after,
                                       uint64_t *ret_last, uint64_t *ret_behind) MUST_CHECK;

/* A block of an archive's file: its events are last_seq - first_seq + 1, with these digests. */
struct archive_block {
	uint64_t first_seq, last_seq;
	uint64_t offset, bytes;
	struct sha256 digest;
	const struct sha256 *events;
};
/* Programs of before migration 21 would read archived events as empty: from now on their effreg migrate refuses the schema. */
enum status cli_log_store_close_way_back(struct db *db) MUST_CHECK;
/* Says where the block is and takes its bytes out of the log. CONFLICT: the log has other bytes than the file. */
enum status cli_log_store_archive_block(struct db *db, struct arena *arena, const char *region, const char *file,
                                        const struct archive_block *block) MUST_CHECK;

/* Opens an incarnation of the logs; *ret_number: its number, greater than any before. */
enum status cli_log_store_open_incarnation(struct db *db, const char *name, int64_t *ret_number) MUST_CHECK;

#endif
