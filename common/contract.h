/* contract: the schemas of proto/, embedded and compiled: what makes bytes an event. */
#ifndef EFFREG_CONTRACT_H
#define EFFREG_CONTRACT_H

#include "common/envelope.h"
#include "common/schema.h"

struct contract;

/* Compiles every embedded schema. A failure is a mistake of this build: BUG with fault. */
enum status contract_new(struct contract **ret_contract, struct fault *fault) MUST_CHECK;
void contract_destroy(struct contract **contract);

/* Bytes → event: strict JSON, known type, schema, envelope. On a fault, what could be read of the id is in *ret_id
 * ("" when nothing, and when all is well), for the quarantine. Codes: too_large, bad_utf8, bad_json, duplicate_key, unknown_type, schema. */
enum status contract_check(const struct contract *contract, struct span bytes, struct arena *arena,
                           struct envelope *ret_envelope, char ret_id[UUID_TEXT_SIZE], struct fault *fault) MUST_CHECK;

/* An embedded document ("methodology.v1.json") for validating other files; NULL when there is none. */
const struct schema *contract_schema(const struct contract *contract, const char *name);

#endif
