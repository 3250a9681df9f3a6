/* cli_keys_store: the statements of `effreg keys`, one function for each question.
 *
 * Everything runs inside the transaction its caller began. Statuses are those of db.h. Texts live in the arena given. */
#ifndef EFFREG_CLI_KEYS_STORE_H
#define EFFREG_CLI_KEYS_STORE_H

#include "common/db.h"
#include "services/cli/cli_keys_core.h"

struct stored_key {
	const char *public_key;
	struct key_rights rights;
	const char *note;
	int64_t created_us;
	bool revoked;
	int64_t revoked_us;
};

/* OKTMO or ISO code → OKTMO code; NOT_FOUND. */
enum status cli_keys_store_find_region(struct db *db, struct arena *arena, const char *code,
                                       const char **ret_region) MUST_CHECK;
/* Holds the key for this transaction; NOT_FOUND. */
enum status cli_keys_store_find(struct db *db, struct arena *arena, const char *public_key,
                                struct stored_key *ret_key) MUST_CHECK;
/* *ret_inserted is false when the key is there already, whatever its rights: nothing is changed then. */
enum status cli_keys_store_insert(struct db *db, const char *public_key, const struct key_rights *rights,
                                  const char *note, bool *ret_inserted) MUST_CHECK;
/* From now on the key is refused. */
enum status cli_keys_store_revoke(struct db *db, const char *public_key) MUST_CHECK;
/* The row that tells of the act; detail is a JSON object. */
enum status cli_keys_store_audit(struct db *db, struct arena *arena, const char *act, const char *public_key,
                                 struct span detail) MUST_CHECK;
/* Every key, oldest first; of one region (OKTMO) when it is not NULL. */
enum status cli_keys_store_load(struct db *db, struct arena *arena, const char *region, struct stored_key **ret_keys,
                                size_t *ret_count) MUST_CHECK;

#endif
