/* cli_sources_store: what every source of events has sent. */
#ifndef EFFREG_CLI_SOURCES_STORE_H
#define EFFREG_CLI_SOURCES_STORE_H

#include "common/db.h"

/* Columns of sources_find. */
enum { SOURCES_REGION, SOURCES_NAME, SOURCES_RECEIVED, SOURCES_MISSING, SOURCES_LAST, SOURCES_SILENT };

/* A row for each source of region (NULL: of all), by region and name; silent: without an event for silent_days. Fresh rows. */
enum status sources_find(struct db *db, const char *region, int64_t silent_days, struct db_rows **ret_rows) MUST_CHECK;

#endif
