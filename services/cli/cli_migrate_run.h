/* cli_migrate_run: brings a database's schema up to the migrations of this program.
 *
 * Each migration is a transaction of its own, in which it is also remembered; the lock of migrate_store_lock is held
 * throughout and taken again in each transaction, so of many starters one applies it and the others find it done, a lost
 * connection notwithstanding. Services of earlier versions go on meanwhile: a migration waits at most 5 s for a lock, gives
 * way and tries again, MIGRATE_TRIES_MAX times in all. */
#ifndef EFFREG_CLI_MIGRATE_RUN_H
#define EFFREG_CLI_MIGRATE_RUN_H

#include "common/db.h"
#include "services/cli/cli_args.h"
#include "services/cli/cli_migrate_core.h"

#define MIGRATE_TRIES_MAX 5

struct migrate_plan {
	struct migration *all;  /* in arena, sorted by name */
	size_t count;
};

/* What is here and what was applied. Reads only. */
enum status migrate_load_plan(struct db *db, struct arena *arena, struct migrate_plan *ret_plan) MUST_CHECK;
/* Applies what is due, and tells each on stderr. CONFLICT: edited, missing or newer, nothing is applied, told with how to mend it.
 * UNSUPPORTED: newer and nothing else (migration_is_outgrown), told as well. Other failures (those of db.h) are told too; what was applied before stays. */
enum status migrate_run(const struct cli_args *args, struct db *db, struct arena *arena) MUST_CHECK;
/* The same in one transaction that is rolled back: whether what is due would pass here. It holds the locks of all of them until then. */
enum status migrate_try(const struct cli_args *args, struct db *db, struct arena *arena) MUST_CHECK;
/* deploy/citus/distribute.sql, in one transaction: for a database with the extension citus. Told when it fails. */
enum status migrate_distribute(const struct cli_args *args, struct db *db) MUST_CHECK;

#endif
