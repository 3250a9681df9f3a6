/* cli_report_store: the statements that a report reads with, one function for each question. All in one transaction of the
 * caller, so that what they find belongs together. What is found lives in arena. */
#ifndef EFFREG_CLI_REPORT_STORE_H
#define EFFREG_CLI_REPORT_STORE_H

#include "common/db.h"
#include "services/cli/cli_report_core.h"

/* A transaction that sees one state of the database and writes nothing. */
enum status report_store_begin(struct db *db) MUST_CHECK;

/* Up to which seq of the region's log its things are known; 0 = nothing yet. */
enum status report_store_find_seq(struct db *db, const char *region, int64_t *ret_seq) MUST_CHECK;
/* The indicators' definitions in force; NOT_FOUND when no service has put any. */
enum status report_store_find_definitions(struct db *db, struct arena *arena, struct span *ret_body) MUST_CHECK;

/* The things of a region, by kind and id. BUG with fault: a row that is no JSON. */
enum status report_store_load_entities(struct db *db, const char *region, struct arena *arena, struct report_entity **ret_entities,
                                       size_t *ret_count, struct fault *fault) MUST_CHECK;
/* What other regions report of this one: replications, chair, cup, mentorships. */
enum status report_store_load_others(struct db *db, const char *region, struct arena *arena, struct report_entity **ret_entities,
                                     size_t *ret_count, struct fault *fault) MUST_CHECK;

/* The newest published rating of a cohort in the period, final before interim, else the live one; NULL when there is none. */
enum status report_store_load_rating(struct db *db, const char *cohort, const char *period, struct arena *arena, const struct report_rating **ret_rating,
                                     struct fault *fault) MUST_CHECK;

#endif
