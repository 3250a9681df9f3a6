/* cli_keys_token_store: the statements of `effreg keys token`, one function for each question.
 *
 * Everything runs inside the transaction its caller began. Statuses are those of db.h. Texts live in the arena given. */
#ifndef EFFREG_CLI_KEYS_TOKEN_STORE_H
#define EFFREG_CLI_KEYS_TOKEN_STORE_H

#include "common/crypto.h"
#include "common/db.h"

struct stored_token {
	const char *digest;   /* 64 hex digits */
	const char *region;
	const char *sources;  /* with commas, or NULL = any */
	const char *note;
	int64_t created_us;
	bool revoked;
	int64_t revoked_us;
};

/* sources as key_sources_join gives them, or NULL. */
enum status cli_keys_token_store_insert(struct db *db, const struct sha256 *digest, const char *region, const char *sources,
                                        const char *note) MUST_CHECK;
/* The tokens whose digest begins with the hex digits, held for this transaction; NOT_FOUND, or CONFLICT when there are several. */
enum status cli_keys_token_store_find(struct db *db, struct arena *arena, const char *digest_prefix, struct stored_token *ret_token) MUST_CHECK;
/* From now on the token is refused. digest: all of it. */
enum status cli_keys_token_store_revoke(struct db *db, const char *digest) MUST_CHECK;
/* Every token, oldest first; of one region (OKTMO) when it is not NULL. */
enum status cli_keys_token_store_load(struct db *db, struct arena *arena, const char *region, struct stored_token **ret_tokens,
                                      size_t *ret_count) MUST_CHECK;

#endif
