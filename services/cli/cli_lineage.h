/* cli_lineage: a region's log made again in memory, up to the seq that a rating read: from the database or from an export. */
#ifndef EFFREG_CLI_LINEAGE_H
#define EFFREG_CLI_LINEAGE_H

#include "common/archive.h"
#include "common/db.h"
#include "services/cli/cli_lineage_core.h"
#include "services/metrics/rules.h"

struct cli_lineage {
	struct lineage_log log;
	struct rules *rules;
	struct span text;   /* of an exported ledger, open as long as the replay */
};

/* From the log in the database and its archive, by the definitions in force there. */
enum status cli_lineage_from_db(struct db *db, struct archive *archive, struct arena *arena, const char *region, uint64_t upto,
                                struct cli_lineage *ret_lineage, struct fault *fault) MUST_CHECK;
/* From DIR/<region>.ledger of log export, by the definitions of this program; its chain is followed, CONFLICT when it breaks. */
enum status cli_lineage_from_export(const char *dir, struct arena *arena, const char *region, uint64_t upto,
                                    struct cli_lineage *ret_lineage, struct fault *fault) MUST_CHECK;
void cli_lineage_clear(struct cli_lineage *lineage);

#endif
