/* cli_doctor_keys: a file with a key or another secret: there, nobody else's, whole, and known to the database. */
#ifndef EFFREG_CLI_DOCTOR_KEYS_H
#define EFFREG_CLI_DOCTOR_KEYS_H

#include "common/db.h"
#include "services/cli/cli_doctor_core.h"

/* role: that its public half must have in the database; NULL = it is not looked for. db may be NULL: then it is not either. */
void doctor_look_at_file(struct diagnosis *diagnosis, struct db *db, const char *path, enum doctor_secret kind, const char *role);

#endif
