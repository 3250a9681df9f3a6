/* cli_migrate_load: what `effreg migrate` does after the schema: the registry of regions and the roles' passwords.
 *
 * Both may be repeated. What is wrong is told on stderr; statuses are those of db.h, INVALID for a registry this build
 * cannot read, and those of ambient_read_file for a password's file. */
#ifndef EFFREG_CLI_MIGRATE_LOAD_H
#define EFFREG_CLI_MIGRATE_LOAD_H

#include "common/db.h"
#include "services/cli/cli_args.h"

/* Every row of proto/registry/regions.csv into effreg.region, in one transaction. */
enum status migrate_load_registry(const struct cli_args *args, struct db *db, struct arena *arena) MUST_CHECK;
/* With --role-passwords DIR: the password of each role from the file of its name. Without: nothing. */
enum status migrate_set_passwords(const struct cli_args *args, struct db *db, struct arena *arena) MUST_CHECK;

#endif
