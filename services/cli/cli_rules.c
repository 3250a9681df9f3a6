#include "services/cli/cli_rules.h"

#include "common/ambient.h"
#include "services/metrics/metrics_store.h"

static enum status find_in_force(struct db *db, struct arena *arena, struct span *ret_text, struct fault *fault)
{
	const char *digest;
	enum status status = db_begin(db);
	if (status == STATUS_OK)
		status = metrics_store_find_definitions(db, arena, &digest, ret_text);
	db_rollback(db);
	if (status == STATUS_OK || status == STATUS_NOT_FOUND)
		return STATUS_OK;
	return fault_set(fault, status, "database", "", -1, "%s", db_error(db));
}

enum status cli_rules_load(struct db *db, const char *calendar_path, struct rules **ret_rules, struct fault *fault)
{
	struct arena *arena = arena_new(8 * RULES_BYTES_MAX);
	struct span indicators = span_of("", 0), calendar = span_of("", 0);
	enum status status = find_in_force(db, arena, &indicators, fault);
	if (status == STATUS_OK && calendar_path != NULL)
		status = ambient_read_file(arena, calendar_path, RULES_BYTES_MAX, &calendar, fault);
	if (status == STATUS_OK)
		status = rules_new(indicators, calendar, ret_rules, fault);
	arena_destroy(&arena);
	return status;
}
