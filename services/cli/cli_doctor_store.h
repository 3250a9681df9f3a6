/* cli_doctor_store: what `effreg doctor` asks the database. Statuses are those of db.h. Reads only. */
#ifndef EFFREG_CLI_DOCTOR_STORE_H
#define EFFREG_CLI_DOCTOR_STORE_H

#include "common/db.h"
#include "services/cli/cli_doctor_core.h"

/* Texts in arena. ahead_ms is right to half the time of the question. */
enum status doctor_store_load_server(struct db *db, struct arena *arena, struct doctor_server *ret_server) MUST_CHECK;
/* *ret_role is NULL when there is no such key. In arena. */
enum status doctor_store_find_key(struct db *db, struct arena *arena, const char *public_key, const char **ret_role, bool *ret_revoked) MUST_CHECK;

#endif
