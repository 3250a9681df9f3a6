/* cli_log_store: the statements over the logs, one function for each question. Statuses are those of db.h. */
#ifndef EFFREG_CLI_LOG_STORE_H
#define EFFREG_CLI_LOG_STORE_H

#include "common/db.h"
#include "common/ledger.h"

struct stored_entry {
	struct ledger_entry entry;  /* offset is 0 */
	const char *id;
};

/* The heads of the logs in the order of regions, seq 0 for an empty one; of one region (OKTMO or ISO code) when it is not
 * NULL. In arena. */
enum status cli_log_store_load_heads(struct db *db, struct arena *arena, const char *region,
                                     struct ledger_head **ret_heads, size_t *ret_count) MUST_CHECK;
/* Up to limit entries from seq on, in arena. */
enum status cli_log_store_load_entries(struct db *db, struct arena *arena, const char *region, uint64_t seq, size_t limit,
                                       struct stored_entry **ret_entries, size_t *ret_count) MUST_CHECK;

/* Opens an incarnation of the logs; *ret_number: its number, greater than any before. */
enum status cli_log_store_open_incarnation(struct db *db, const char *name, int64_t *ret_number) MUST_CHECK;

#endif
