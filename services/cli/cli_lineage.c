#include "services/cli/cli_lineage.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/ambient.h"
#include "services/cli/cli_ledger.h"
#include "services/cli/cli_log_store.h"
#include "services/cli/cli_rules.h"

#define ENTRIES_A_READ 500

static void start(struct cli_lineage *lineage, struct arena *arena, const char *region, uint64_t upto, struct sha256 **ret_hashes)
{
	uint64_t hash_seed;
	ambient_random(&hash_seed, sizeof hash_seed);
	lineage->log.replay = replay_new(region, &lineage->rules->fold, lineage->rules->definitions, CELLS_STORED, hash_seed);
	*ret_hashes = arena_array(arena, struct sha256, (size_t)upto);
	lineage->log.hashes = *ret_hashes;
}

static void add(struct cli_lineage *lineage, const struct ledger_entry *entry, struct sha256 *hashes)
{
	replay_add(lineage->log.replay, entry->seq, entry->recorded_us, entry->event);
	hashes[lineage->log.count++] = entry->hash;
}

static enum status cut_short(struct fault *fault, const char *region, uint64_t upto)
{
	return fault_set(fault, STATUS_CONFLICT, "log", "", -1, "the rating read the log of region %s up to seq %" PRIu64 ": it is not all here",
	                 region, upto);
}

enum status cli_lineage_from_db(struct db *db, struct archive *archive, struct arena *arena, const char *region, uint64_t upto,
                                struct cli_lineage *ret_lineage, struct fault *fault)
{
	struct cli_lineage lineage = {0};
	struct sha256 *hashes;
	size_t count = 1;
	enum status status = cli_rules_load(db, NULL, &lineage.rules, fault);
	if (status != STATUS_OK)
		return status;
	start(&lineage, arena, region, upto, &hashes);
	while (status == STATUS_OK && lineage.log.count < upto && count > 0) {
		struct stored_entry *entries;
		uint64_t left = upto - lineage.log.count;
		status = cli_log_store_load_entries(db, archive, arena, region, lineage.log.count + 1,
		                                    left < ENTRIES_A_READ ? (size_t)left : ENTRIES_A_READ, &entries, &count, fault);
		for (size_t i = 0; status == STATUS_OK && i < count; i++)
			add(&lineage, &entries[i].entry, hashes);
	}
	if (status != STATUS_OK && text_equal(fault->code, "archive"))
		status = STATUS_INVALID;  /* as a ledger that cannot be read */
	else if (status != STATUS_OK)
		status = fault_set(fault, status, "database", "", -1, "%s", db_error(db));
	else if (status == STATUS_OK && lineage.log.count < upto)
		status = cut_short(fault, region, upto);
	replay_end(lineage.log.replay);
	*ret_lineage = lineage;
	return status;
}

static enum status follow(struct cli_lineage *lineage, struct ledger_reader *reader, struct ledger_chain *chain, uint64_t upto,
                          struct sha256 *hashes, struct fault *fault)
{
	struct ledger_entry entry;
	enum status status = STATUS_OK;
	while (lineage->log.count < upto && (status = ledger_read_entry(reader, &entry, fault)) == STATUS_OK) {
		if (ledger_chain_follow(chain, &entry) != LEDGER_SOUND)
			return fault_set(fault, STATUS_CONFLICT, "log", "", (long)entry.offset, "the chain is broken at seq %zu; see log verify",
			                 lineage->log.count + 1);
		add(lineage, &entry, hashes);
	}
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status cli_lineage_from_export(const char *dir, struct arena *arena, const char *region, uint64_t upto,
                                    struct cli_lineage *ret_lineage, struct fault *fault)
{
	char path[LEDGER_PATH_SIZE], named[OKTMO_TEXT_SIZE];
	struct cli_lineage lineage = {0};
	struct ledger_chain chain;
	struct sha256 *hashes;
	if (!ledger_path(path, dir, region))
		return fault_set(fault, STATUS_INVALID, "file", "", -1, "the path is too long");
	enum status status = rules_new(span_of("", 0), span_of("", 0), &lineage.rules, fault);
	if (status == STATUS_OK)
		status = ledger_open(path, &lineage.text, fault);
	*ret_lineage = lineage;
	if (status != STATUS_OK)
		return status;
	struct ledger_reader reader = {.text = lineage.text};
	status = ledger_read_header(&reader, named, fault);
	if (status != STATUS_OK)
		return status;
	if (!text_equal(named, region))
		return fault_set(fault, STATUS_CONFLICT, "log", "", -1, "%s is the log of region %s", path, named);
	ledger_chain_init(&chain, region, NULL);
	start(&lineage, arena, region, upto, &hashes);
	status = follow(&lineage, &reader, &chain, upto, hashes, fault);
	if (status == STATUS_OK && lineage.log.count < upto)
		status = cut_short(fault, region, upto);
	replay_end(lineage.log.replay);
	*ret_lineage = lineage;
	return status;
}

void cli_lineage_clear(struct cli_lineage *lineage)
{
	replay_destroy(&lineage->log.replay);
	rules_destroy(&lineage->rules);
	if (lineage->text.at != NULL)
		ledger_close(&lineage->text);
}
