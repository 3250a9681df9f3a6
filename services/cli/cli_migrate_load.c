/* cli_migrate_load: see cli_migrate_load.h. */
#include "services/cli/cli_migrate_load.h"

#include "common/ambient.h"
#include "common/csv.h"
#include "common/embedded.h"
#include "services/cli/cli_output.h"

#define REGISTRY_PATH      "proto/registry/regions.csv"
#define PASSWORD_BYTES_MAX ((size_t)256)

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

enum status migrate_load_registry(const struct cli_args *args, struct db *db, struct arena *arena)
{
	struct migrate whole = {.args = args, .db = db, .arena = arena}, *migrate = &whole;
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

enum status migrate_set_passwords(const struct cli_args *args, struct db *db, struct arena *arena)
{
	struct migrate whole = {.args = args, .db = db, .arena = arena}, *migrate = &whole;
	static const char *const ROLES[] = {"effreg_intake", "effreg_metrics", "effreg_ranking", "effreg_notify", "effreg_ops", "effreg_monitor"};
	const char *folder = cli_args_value(migrate->args, "role-passwords");
	enum status status = STATUS_OK;
	for (size_t i = 0; folder != NULL && i < ARRAY_COUNT(ROLES) && status == STATUS_OK; i++)
		status = set_password(migrate, ROLES[i], folder);
	return status;
}
