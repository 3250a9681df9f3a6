/* intake_store: every SQL statement of intake but the append itself (common/stream_append.c). */
#ifndef EFFREG_INTAKE_STORE_H
#define EFFREG_INTAKE_STORE_H

#include "common/db.h"
#include "common/push.h"
#include "common/stream.h"
#include "services/intake/intake_core.h"

/* The rights of a valid key. FORBIDDEN: unknown, revoked, or of a role that does not write. Inside or outside a
 * transaction; the texts live in arena. */
enum status intake_store_load_rights(struct db *db, const char *user, struct arena *arena, struct intake_rights *ret_rights) MUST_CHECK;

/* What WELCOME tells: head of the log, its incarnation, the source's numbers without a hole, the witness's verdict. NOT_FOUND: no such region. */
struct intake_welcome {
	uint64_t last_seq;
	struct sha256 head;
	uint64_t source_sequence;
	uint64_t incarnation;          /* 0 = the first */
	enum push_witness witness;
};
enum status intake_store_load_welcome(struct db *db, const char *region, const struct push_message *hello, struct arena *arena,
                                      struct intake_welcome *ret_welcome) MUST_CHECK;

/* A refused event on its way to quarantine. */
struct intake_refusal {
	struct span body;
	struct sha256 digest;
	struct fault fault;
	char event_id[UUID_TEXT_SIZE];
	bool has_stored_digest;        /* a conflict */
	struct sha256 stored_digest;
};
/* Inside the append's transaction, in two statements for all of them: one row a digest, counted when it is there already. When
 * the region's bodies would take more than bytes_max together, new ones are not kept but counted: *ret_lost of them. */
enum status intake_store_save_refusals(struct db *db, const char *region, const struct intake_refusal *refusals, size_t count,
                                       int64_t bytes_max, struct arena *arena, size_t *ret_lost) MUST_CHECK;

#endif
