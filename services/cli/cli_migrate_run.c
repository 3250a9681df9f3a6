#include "services/cli/cli_migrate_run.h"

#include "services/cli/cli_migrate_store.h"
#include "services/cli/cli_output.h"

#include <stdio.h>

#define FOLDER "deploy/migrations/"

/* ---- What is here ---- */

static const char *name_of(const struct embedded_file *file)
{
	return strncmp(file->path, FOLDER, strlen(FOLDER)) == 0 ? file->path + strlen(FOLDER) : NULL;
}

/* It must be there. */
static const struct embedded_file *get_file(const char *folder, const char *name)
{
	size_t i = 0, len = strlen(folder);
	while (i < EMBEDDED_FILES_COUNT && (strncmp(EMBEDDED_FILES[i].path, folder, len) != 0 || !text_equal(EMBEDDED_FILES[i].path + len, name)))
		i++;
	ASSERT(i < EMBEDDED_FILES_COUNT);
	return &EMBEDDED_FILES[i];
}

/* Embedded files are sorted by path, so these are by name. */
static size_t list_files(struct arena *arena, struct migration **ret_here)
{
	size_t count = 0;
	*ret_here = arena_array(arena, struct migration, EMBEDDED_FILES_COUNT);
	for (size_t i = 0; i < EMBEDDED_FILES_COUNT; i++) {
		const struct embedded_file *file = &EMBEDDED_FILES[i];
		if (name_of(file) == NULL)
			continue;
		struct sha256 digest = sha256_of(file->bytes, file->len);
		(*ret_here)[count] = (struct migration){.name = name_of(file)};
		sha256_hex(&digest, (*ret_here)[count++].checksum);
	}
	return count;
}

enum status migrate_load_plan(struct db *db, struct arena *arena, struct migrate_plan *ret_plan)
{
	struct migration *here, *applied;
	size_t applied_count;
	enum status status = migrate_store_load(db, arena, &applied, &applied_count);
	if (status != STATUS_OK)
		return status;
	size_t here_count = list_files(arena, &here);
	ret_plan->all = arena_array(arena, struct migration, here_count + applied_count);
	ret_plan->count = migration_compare(here, here_count, applied, applied_count, ret_plan->all);
	return STATUS_OK;
}

/* ---- Applying ---- */

static enum status fail(const struct cli_args *args, struct db *db, enum status status, const char *what)
{
	cli_output_error(args, "%s: %s", what, db_error(db));
	return status;
}

static enum status refuse_obstacle(const struct cli_args *args, const struct migrate_plan *plan)
{
	const struct migration *obstacle = migration_find_obstacle(plan->all, plan->count);
	if (obstacle == NULL)
		return STATUS_OK;
	cli_output_error(args, "%s: %s", obstacle->name,
	                 cli_text(args->lang, migration_obstacle_en(obstacle->state), migration_obstacle_ru(obstacle->state)));
	return migration_is_outgrown(plan->all, plan->count) ? STATUS_UNSUPPORTED : STATUS_CONFLICT;
}

static const struct migration *find_due(const struct migrate_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		if (plan->all[i].state == MIGRATION_DUE)
			return &plan->all[i];
	}
	return NULL;
}

/* Within a transaction: the lock, the table, and the plan as it stands under the lock. */
static enum status look(struct db *db, struct arena *arena, struct migrate_plan *ret_plan)
{
	enum status status = migrate_store_lock_transaction(db);
	if (status == STATUS_OK)
		status = migrate_store_prepare(db);
	if (status == STATUS_OK)
		status = migrate_load_plan(db, arena, ret_plan);
	return status == STATUS_OK ? migrate_store_limit_waiting(db) : status;
}

/* One transaction: the first that is due. *ret_done: there was none. *ret_name is what the database failed at, for who tells;
 * NULL: told already. */
static enum status apply_next(const struct cli_args *args, struct db *db, struct arena *arena, bool *ret_done, const char **ret_name)
{
	struct migrate_plan plan;
	const struct migration *due = NULL;
	*ret_done = false;
	*ret_name = "effreg.migration";
	enum status status = db_begin(db);
	if (status == STATUS_OK)
		status = look(db, arena, &plan);
	if (status == STATUS_OK && (status = refuse_obstacle(args, &plan)) != STATUS_OK)
		*ret_name = NULL;
	if (status == STATUS_OK)
		due = find_due(&plan);
	if (due != NULL) {
		*ret_name = due->name;
		status = migrate_store_apply(db, get_file(FOLDER, due->name), due);
	}
	*ret_done = status == STATUS_OK && due == NULL;
	if (status == STATUS_OK)
		return db_commit(db);
	db_rollback(db);
	return status;
}

enum status migrate_run(const struct cli_args *args, struct db *db, struct arena *arena)
{
	unsigned tries = 0;
	for (;;) {
		bool done;
		const char *name;
		enum status status = apply_next(args, db, arena, &done, &name);
		if (status == STATUS_RETRY && ++tries < MIGRATE_TRIES_MAX)
			continue;
		if (status != STATUS_OK)
			return name == NULL ? status : fail(args, db, status, name);
		if (done)
			return STATUS_OK;
		fprintf(stderr, "%s %s\n", cli_text(args->lang, "applied", "применена"), name);
		tries = 0;
	}
}

enum status migrate_try(const struct cli_args *args, struct db *db, struct arena *arena)
{
	struct migrate_plan plan;
	enum status status = db_begin(db);
	if (status == STATUS_OK)
		status = look(db, arena, &plan);
	if (status != STATUS_OK) {
		db_rollback(db);
		return fail(args, db, status, "effreg.migration");
	}
	status = refuse_obstacle(args, &plan);
	for (size_t i = 0; status == STATUS_OK && i < plan.count; i++) {
		const struct migration *migration = &plan.all[i];
		if (migration->state != MIGRATION_DUE)
			continue;
		status = migrate_store_apply(db, get_file(FOLDER, migration->name), migration);
		if (status != STATUS_OK)
			(void)fail(args, db, status, migration->name);
		else
			fprintf(stderr, "%s %s\n", cli_text(args->lang, "would be applied:", "была бы применена:"), migration->name);
	}
	db_rollback(db);
	return status;
}

enum status migrate_distribute(const struct cli_args *args, struct db *db)
{
	enum status status = db_begin(db);
	if (status == STATUS_OK)
		status = db_exec(db, (const char *)get_file("deploy/citus/", "distribute.sql")->bytes);
	if (status == STATUS_OK)
		status = db_commit(db);
	else
		db_rollback(db);
	return status == STATUS_OK ? STATUS_OK : fail(args, db, status, "deploy/citus/distribute.sql");
}
