/* cli_practices_store: the statements of `effreg practices`, one function for each question, inside the transaction that the
 * caller began. Statuses are those of db.h; everything lives in the arena given. */
#ifndef EFFREG_CLI_PRACTICES_STORE_H
#define EFFREG_CLI_PRACTICES_STORE_H

#include "common/db.h"
#include "services/cli/cli_practices_core.h"

/* Every practice and replication of all regions, and the projects that practices grew from. */
enum status cli_practices_store_load(struct db *db, struct arena *arena, struct practice_catalogue *ret_catalogue) MUST_CHECK;
/* The projects of a region (its OKTMO code), and the readings of every region in a period (NULL: the last year in which
 * there is any); *ret_period is that period, "" when there is none. */
enum status cli_practices_store_load_asker(struct db *db, struct arena *arena, const char *region, const char *period,
                                           struct practices_asker *ret_asker, const char **ret_period) MUST_CHECK;

/* A region of the registry. */
struct practices_region {
	const char *region, *iso, *name_ru, *name_en;  /* iso: "" when there is none */
};
enum status cli_practices_store_load_regions(struct db *db, struct arena *arena, struct practices_region **ret_regions,
                                             size_t *ret_count) MUST_CHECK;

#endif
