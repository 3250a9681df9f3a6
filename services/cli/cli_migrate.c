/* cli_migrate: numbered migrations, embedded at build, applied in order, each in a transaction of its own.
 *
 * What was applied is remembered with its checksum: a migration that was edited afterwards, or is missing from this build,
 * is refused. Starters wait for each other on an advisory lock (far from the hot path). */
#include "common/ambient.h"
#include "common/crypto.h"
#include "common/csv.h"
#include "common/embedded.h"
#include "services/cli/cli_commands.h"
#include "services/cli/cli_output.h"

#include <stdio.h>

#define FOLDER            "deploy/migrations/"
#define REGISTRY_PATH     "proto/registry/regions.csv"
#define ARENA_BYTES_MAX   ((size_t)16 * 1024 * 1024)
#define PASSWORD_BYTES_MAX ((size_t)256)

static const struct cli_option OPTIONS[] = {
	{"role-passwords", "DIR", NULL, NULL, "set each role's password from the file of its name in DIR", "задать пароль каждой роли из одноимённого файла в DIR"},
	CLI_DSN_OPTIONS,
};

static const struct cli_command COMMAND = {
	.name = "migrate",
	.example = "effreg migrate --dsn 'dbname=effreg host=/run/postgresql'",
	.en = "Brings the database's schema up to date and loads the registry of regions. Run again, it changes nothing.",
	.ru = "Обновляет схему базы данных и загружает реестр регионов. Повторный запуск ничего не меняет.",
	.options = OPTIONS,
	.options_count = ARRAY_COUNT(OPTIONS),
	.exits_en = "0 up to date, 1 refused, 2 bad arguments, 4 no database",
	.exits_ru = "0 схема обновлена, 1 отказано, 2 неверные аргументы, 4 нет базы данных",
};

struct migrate {
	const struct cli_args *args;
	struct db *db;
	struct arena *arena;
};

static enum status fail(const struct migrate *migrate, enum status status, const char *what)
{
	cli_output_error(migrate->args, "%s: %s", what, db_error(migrate->db));
	return status;
}

/* ---- Migrations ---- */

static enum status prepare(struct migrate *migrate)
{
	static const char SQL[] =
		"SELECT pg_catalog.pg_advisory_lock(7233100);"
		"CREATE SCHEMA IF NOT EXISTS effreg;"
		"CREATE TABLE IF NOT EXISTS effreg.migration ("
		" name text PRIMARY KEY, checksum text NOT NULL, applied_time timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp());"
		"COMMENT ON TABLE effreg.migration IS 'Migrations applied to this database';"
		"COMMENT ON COLUMN effreg.migration.name IS 'File name';"
		"COMMENT ON COLUMN effreg.migration.checksum IS 'SHA-256 of the file as it was applied';"
		"COMMENT ON COLUMN effreg.migration.applied_time IS 'When';";
	enum status status = db_exec(migrate->db, SQL);
	return status == STATUS_OK ? STATUS_OK : fail(migrate, status, "preparing");
}

/* *ret_checksum is "" when the migration was not applied yet. */
static enum status find_checksum(struct migrate *migrate, const char *name, char ret_checksum[SHA256_HEX_SIZE])
{
	const struct db_param params[] = {db_text(name)};
	struct db_rows *rows;
	enum status status = db_query(migrate->db, "SELECT checksum FROM effreg.migration WHERE name = $1", params, 1, &rows);
	if (status != STATUS_OK)
		return fail(migrate, status, name);
	snprintf(ret_checksum, SHA256_HEX_SIZE, "%s", db_rows_count(rows) == 1 ? db_get_text(rows, 0, 0) : "");
	db_rows_destroy(&rows);
	return STATUS_OK;
}

static enum status apply(struct migrate *migrate, const struct embedded_file *file, const char *name, const char *checksum)
{
	const struct db_param params[] = {db_text(name), db_text(checksum)};
	enum status status = db_begin(migrate->db);
	if (status == STATUS_OK)
		status = db_exec(migrate->db, (const char *)file->bytes);
	if (status == STATUS_OK)
		status = db_run(migrate->db, "INSERT INTO effreg.migration (name, checksum) VALUES ($1, $2)", params, 2, NULL);
	if (status == STATUS_OK)
		status = db_commit(migrate->db);
	else
		db_rollback(migrate->db);
	if (status != STATUS_OK)
		return fail(migrate, status, name);
	fprintf(stderr, "%s %s\n", cli_text(migrate->args->lang, "applied", "применена"), name);
	return STATUS_OK;
}

static enum status bring_up(struct migrate *migrate, const struct embedded_file *file, const char *name)
{
	char applied[SHA256_HEX_SIZE], checksum[SHA256_HEX_SIZE];
	struct sha256 digest = sha256_of(file->bytes, file->len);
	sha256_hex(&digest, checksum);
	enum status status = find_checksum(migrate, name, applied);
	if (status != STATUS_OK)
		return status;
	if (applied[0] == '\0')
		return apply(migrate, file, name, checksum);
	if (text_equal(applied, checksum))
		return STATUS_OK;
	cli_output_error(migrate->args, cli_text(migrate->args->lang,
	                 "%s was edited after it was applied here; a migration is never edited: add a new one",
	                 "%s изменена после применения; миграции не правят: добавьте новую"), name);
	return STATUS_CONFLICT;
}

static enum status count_applied(struct migrate *migrate, size_t *ret_count)
{
	struct db_rows *rows;
	enum status status = db_query(migrate->db, "SELECT pg_catalog.count(*) FROM effreg.migration", NULL, 0, &rows);
	if (status != STATUS_OK)
		return fail(migrate, status, "effreg.migration");
	*ret_count = (size_t)db_get_integer(rows, 0, 0);
	db_rows_destroy(&rows);
	return STATUS_OK;
}

static enum status run_migrations(struct migrate *migrate)
{
	size_t count = 0, applied = 0;
	enum status status = STATUS_OK;
	for (size_t i = 0; i < EMBEDDED_FILES_COUNT && status == STATUS_OK; i++) {
		const struct embedded_file *file = &EMBEDDED_FILES[i];
		if (strncmp(file->path, FOLDER, strlen(FOLDER)) != 0)
			continue;
		status = bring_up(migrate, file, file->path + strlen(FOLDER));
		count++;
	}
	if (status == STATUS_OK)
		status = count_applied(migrate, &applied);
	if (status == STATUS_OK && applied > count) {
		cli_output_error(migrate->args, cli_text(migrate->args->lang, "the database is newer than this program: it has migrations that are missing here",
		                                         "база новее этой программы: в ней есть миграции, которых здесь нет"));
		return STATUS_CONFLICT;
	}
	return status;
}

/* ---- The registry ---- */

static const char *const REGISTRY_COLUMNS[] = {
	"oktmo", "iso_3166_2", "type", "name_ru", "name_en", "federal_district_ru", "federal_district_en", "nested_in"};

static enum status save_region(struct migrate *migrate, const char *const *fields, const int *columns)
{
	static const char SQL[] =
		"INSERT INTO effreg.region AS r (region_id, iso, kind, name_ru, name_en, federal_district_ru, federal_district_en, nested_in)"
		" VALUES ($1, NULLIF($2, ''), $3, $4, $5, $6, $7, NULL) ON CONFLICT (region_id) DO UPDATE SET iso = EXCLUDED.iso,"
		" kind = EXCLUDED.kind, name_ru = EXCLUDED.name_ru, name_en = EXCLUDED.name_en,"
		" federal_district_ru = EXCLUDED.federal_district_ru, federal_district_en = EXCLUDED.federal_district_en";
	struct db_param params[ARRAY_COUNT(REGISTRY_COLUMNS) - 1];
	for (size_t i = 0; i < ARRAY_COUNT(params); i++)
		params[i] = db_text(fields[columns[i]]);
	return db_run(migrate->db, SQL, params, ARRAY_COUNT(params), NULL);
}

static enum status save_nesting(struct migrate *migrate, const char *region, const char *outer)
{
	/* By OKTMO or ISO code, as the registry has it. */
	static const char SQL[] =
		"UPDATE effreg.region SET nested_in = (SELECT o.region_id FROM effreg.region o WHERE o.region_id = $2 OR o.iso = $2) WHERE region_id = $1";
	const struct db_param params[] = {db_text(region), db_text(outer)};
	return db_run(migrate->db, SQL, params, ARRAY_COUNT(params), NULL);
}

static enum status find_columns(const char *const *header, size_t count, int *columns, struct fault *fault)
{
	for (size_t i = 0; i < ARRAY_COUNT(REGISTRY_COLUMNS); i++) {
		columns[i] = csv_find_column(header, count, REGISTRY_COLUMNS[i]);
		if (columns[i] < 0)
			return fault_set(fault, STATUS_INVALID, "registry", "", -1, "%s has no column %s", REGISTRY_PATH, REGISTRY_COLUMNS[i]);
	}
	return STATUS_OK;
}

/* Two passes: a region may stand before the one it lies in. */
static enum status load_rows(struct migrate *migrate, struct span text, bool nesting, struct fault *fault)
{
	struct csv_reader reader;
	const char *const *fields;
	size_t count;
	int columns[ARRAY_COUNT(REGISTRY_COLUMNS)];
	csv_reader_init(&reader, text);
	enum status status = csv_read_row(&reader, migrate->arena, &fields, &count, fault);
	if (status == STATUS_OK)
		status = find_columns(fields, count, columns, fault);
	while (status == STATUS_OK && (status = csv_read_row(&reader, migrate->arena, &fields, &count, fault)) == STATUS_OK) {
		if (count != ARRAY_COUNT(REGISTRY_COLUMNS))
			return fault_set(fault, STATUS_INVALID, "registry", "", -1, "%s: line %zu has %zu fields", REGISTRY_PATH, reader.line, count);
		const char *outer = fields[columns[7]];
		if (!nesting)
			status = save_region(migrate, fields, columns);
		else if (outer[0] != '\0')
			status = save_nesting(migrate, fields[columns[0]], outer);
		if (status != STATUS_OK)
			return fault_set(fault, status, "registry", "", -1, "%s", db_error(migrate->db));
	}
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status load_registry(struct migrate *migrate)
{
	struct fault fault = {.offset = -1};
	struct span text = span_of("", 0);
	for (size_t i = 0; i < EMBEDDED_FILES_COUNT; i++) {
		if (text_equal(EMBEDDED_FILES[i].path, REGISTRY_PATH))
			text = span_of((const char *)EMBEDDED_FILES[i].bytes, EMBEDDED_FILES[i].len);
	}
	enum status status = db_begin(migrate->db);
	if (status == STATUS_OK)
		status = load_rows(migrate, text, false, &fault);
	if (status == STATUS_OK)
		status = load_rows(migrate, text, true, &fault);
	if (status == STATUS_OK)
		status = db_commit(migrate->db);
	else
		db_rollback(migrate->db);
	if (status != STATUS_OK)
		cli_output_error(migrate->args, "%s", fault.text[0] == '\0' ? db_error(migrate->db) : fault.text);
	return status;
}

/* ---- Passwords ---- */

static enum status set_password(struct migrate *migrate, const char *role, const char *folder)
{
	struct fault fault = {.offset = -1};
	struct span text;
	struct db_rows *rows;
	const char *path = arena_printf(migrate->arena, "%s/%s", folder, role);
	enum status status = ambient_read_file(migrate->arena, path, PASSWORD_BYTES_MAX, &text, &fault);
	if (status != STATUS_OK) {
		cli_output_fault(migrate->args, &fault);
		return status;
	}
	const char *password = arena_text(migrate->arena, text.at, strcspn(text.at, "\r\n"));
	/* ALTER ROLE takes no parameters: the server quotes. */
	const struct db_param params[] = {db_text(role), db_text(password)};
	status = db_query(migrate->db, "SELECT pg_catalog.format('ALTER ROLE %I PASSWORD %L', $1::text, $2::text)", params, 2, &rows);
	if (status != STATUS_OK)
		return fail(migrate, status, role);
	status = db_exec(migrate->db, db_get_text(rows, 0, 0));
	db_rows_destroy(&rows);
	return status == STATUS_OK ? STATUS_OK : fail(migrate, status, role);
}

static enum status set_passwords(struct migrate *migrate)
{
	static const char *const ROLES[] = {"effreg_intake", "effreg_metrics", "effreg_ranking", "effreg_notify", "effreg_ops"};
	const char *folder = cli_args_value(migrate->args, "role-passwords");
	enum status status = STATUS_OK;
	for (size_t i = 0; folder != NULL && i < ARRAY_COUNT(ROLES) && status == STATUS_OK; i++)
		status = set_password(migrate, ROLES[i], folder);
	return status;
}

int cli_migrate(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	struct migrate migrate = {.args = &args};
	int exit_code;
	if (!cli_args_parse(&COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	if (cli_output_connect_db(&args, &migrate.db) != STATUS_OK)
		return CLI_EXIT_UNREACHABLE;
	migrate.arena = arena_new(ARENA_BYTES_MAX);
	enum status status = prepare(&migrate);
	if (status == STATUS_OK)
		status = run_migrations(&migrate);
	if (status == STATUS_OK)
		status = load_registry(&migrate);
	if (status == STATUS_OK)
		status = set_passwords(&migrate);
	arena_destroy(&migrate.arena);
	db_disconnect(&migrate.db);
	return status == STATUS_OK ? CLI_EXIT_OK : CLI_EXIT_NEGATIVE;
}
