/* intake_store: every SQL statement of intake but the append itself (common/stream_append.c, common/stream_append_together.c). */
#ifndef EFFREG_INTAKE_STORE_H
#define EFFREG_INTAKE_STORE_H

#include "common/db.h"
#include "common/push.h"
#include "common/stream.h"
#include "services/intake/intake_core.h"

/* The statements of this service that every connection prepares. */
enum status intake_store_prepare(struct db *db) MUST_CHECK;

/* The statement that asks for the rights of a key, for struct append_hooks, in arena; and what its rows say. token: the digest of
 * the one that a session showed, or NULL; it counts for the role bearer. FORBIDDEN: unknown, revoked, of a role that does not write, or
 * (ret_rights->lacks_token) a bearer's without a valid token. The rights' texts live in arena. */
const char *intake_store_rights_sql(const char *user, const struct sha256 *token, struct arena *arena);
enum status intake_store_read_rights(const struct db_rows *rows, struct arena *arena, struct intake_rights *ret_rights) MUST_CHECK;

/* What WELCOME tells: head of the log, its incarnation, the source's numbers without a hole, the witness's verdict. NOT_FOUND: no such region. */
struct intake_welcome {
	uint64_t last_seq;
	struct sha256 head;
	uint64_t source_sequence;
	uint64_t incarnation;          /* 0 = the first */
	enum push_witness witness;
};
/* Of a HELLO: its source, and its witness if it has one. */
enum status intake_store_load_welcome(struct db *db, const char *region, const struct push_message *hello, struct arena *arena,
                                      struct intake_welcome *ret_welcome) MUST_CHECK;
enum status intake_store_load_rights(struct db *db, const char *user, const struct sha256 *token, struct arena *arena, struct intake_rights *ret_rights) MUST_CHECK;

/* Inside the append's transaction, in two statements for all of them: one row a digest, counted when it is there already. When
 * the region's bodies would take more than bytes_max together, new ones are not kept but counted: *ret_lost of them. */
enum status intake_store_save_refusals(struct db *db, const char *region, const struct intake_refusal *const *refusals, size_t count,
                                       int64_t bytes_max, struct arena *arena, size_t *ret_lost) MUST_CHECK;

#endif
