/* cli_rules: the rules that the centre's figures follow: the definitions in force there, and a calendar. */
#ifndef EFFREG_CLI_RULES_H
#define EFFREG_CLI_RULES_H

#include "common/db.h"
#include "services/metrics/rules.h"

/* The definitions that the database has in force, or the embedded ones while it has none. calendar_path may be NULL: the embedded one.
 * Fresh: rules_destroy. */
enum status cli_rules_load(struct db *db, const char *calendar_path, struct rules **ret_rules, struct fault *fault) MUST_CHECK;

#endif
