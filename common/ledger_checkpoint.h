/* ledger_checkpoint: the heads of logs at one time, signed (proto/README.md, "Exported logs").
 *
 * A checkpoint is canonical JSON (RFC 8785): {"public_key", "regions": [{"hash", "region", "seq"}, …], "signature", "time",
 * "type"}. The Ed25519 signature is over the same text without the member "signature". There is one spelling of a
 * checkpoint; every other is refused, so nothing unsigned can stand in it. */
#ifndef EFFREG_LEDGER_CHECKPOINT_H
#define EFFREG_LEDGER_CHECKPOINT_H

#include "common/ledger.h"

#define CHECKPOINT_BYTES_MAX ((size_t)4 * 1024 * 1024)

struct checkpoint {
	const char *time;                  /* RFC 3339 */
	uint8_t public_key[SIGN_PUBLIC_BYTES];
	const struct ledger_head *heads;   /* strictly ascending regions; bytes are 0 */
	size_t count;
};

/* The signed document and a newline. */
void checkpoint_write(struct buf *buf, const struct checkpoint *checkpoint, const uint8_t secret_key[SIGN_SECRET_BYTES]);

/* Only what the holder of public_key signed: INVALID when it is no checkpoint, FORBIDDEN when another key signed it or the
 * signature does not hold. Takes of arena what parsing text takes, and as much for the list. */
enum status checkpoint_read(struct arena *arena, struct span text, const uint8_t public_key[SIGN_PUBLIC_BYTES],
                            struct checkpoint *ret_checkpoint, struct fault *fault) MUST_CHECK;

#endif
