/* cli_migrate_store: the statements of `effreg migrate`. Statuses are those of db.h; what went wrong is in db_error. */
#ifndef EFFREG_CLI_MIGRATE_STORE_H
#define EFFREG_CLI_MIGRATE_STORE_H

#include "common/db.h"
#include "common/embedded.h"
#include "services/cli/cli_migrate_core.h"

/* Waits until no other process migrates this database. The lock is the session's: it ends with it, however that ends. */
enum status migrate_store_lock(struct db *db) MUST_CHECK;
/* The same lock for the present transaction; free for the session that has it. */
enum status migrate_store_lock_transaction(struct db *db) MUST_CHECK;
/* The schema and the table that remembers, where they are not there yet. */
enum status migrate_store_prepare(struct db *db) MUST_CHECK;
/* What was applied, sorted by name; none where the table does not exist. Texts in arena; CONFLICT when there are more
 * than MIGRATIONS_MAX. */
enum status migrate_store_load(struct db *db, struct arena *arena, struct migration **ret_applied, size_t *ret_count) MUST_CHECK;
/* Runs the file and remembers it, within the caller's transaction. */
enum status migrate_store_apply(struct db *db, const struct embedded_file *file, const struct migration *migration) MUST_CHECK;
/* How long a statement of this transaction waits for a lock: a migration that waits keeps everybody behind it waiting. */
enum status migrate_store_limit_waiting(struct db *db) MUST_CHECK;
/* Was the extension citus created in this database? */
enum status migrate_store_has_citus(struct db *db, bool *ret_there) MUST_CHECK;

#endif
