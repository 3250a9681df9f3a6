/* ranking_seal: a document's digests and signature, made and checked from its JSON alone: whoever checks needs no database
 * and not the program that wrote it.
 *
 * document_digest is SHA-256 over the canonical form (RFC 8785) of the document without its members "document_digest" and
 * "signature". The signature is Ed25519 over the 64 hexadecimal digits of document_digest; the key that must hold it,
 * "public_key", is inside what is signed. result_digest is computed again from the figures of the rows. */
#ifndef EFFREG_RANKING_SEAL_H
#define EFFREG_RANKING_SEAL_H

#include "common/arena.h"
#include "common/crypto.h"
#include "common/json.h"

#define RANKING_SEAL_KEY_SIZE       (2 * SIGN_PUBLIC_BYTES + 1)
#define RANKING_SEAL_SIGNATURE_SIZE (2 * SIGNATURE_BYTES + 1)

/* Of the canonical form of JSON that a writer wrote; text is cleared. STATUS_BUG when it is none or does not fit
 * RANKING_DOCUMENT_BYTES_MAX. */
enum status ranking_seal_digest_text(struct arena *arena, struct buf *text,
                                     char ret_digest[SHA256_HEX_SIZE]) MUST_CHECK;
/* STATUS_BUG when the document does not fit RANKING_DOCUMENT_BYTES_MAX. Takes about the size of the document of arena. */
enum status ranking_seal_digest(struct arena *arena, const struct json *document,
                                char ret_digest[SHA256_HEX_SIZE]) MUST_CHECK;
/* INVALID when the rows have no figures to compute it from. */
enum status ranking_seal_result_digest(struct arena *arena, const struct json *document,
                                       char ret_digest[SHA256_HEX_SIZE]) MUST_CHECK;

void ranking_seal_sign(const uint8_t secret_key[SIGN_SECRET_BYTES], const char *document_digest,
                       char ret_signature[RANKING_SEAL_SIGNATURE_SIZE]);
/* Texts as in the document: hex. False also for texts that are none. */
bool ranking_seal_holds(const char *public_key, const char *document_digest, const char *signature);

enum ranking_seal_verdict {
	RANKING_SEAL_SOUND,          /* both digests, and the signature */
	RANKING_SEAL_UNSIGNED,       /* both digests; nobody signed */
	RANKING_SEAL_PROVISIONAL,    /* a live rating: its result_digest holds, there is nothing else */
	RANKING_SEAL_NO_RATING,      /* members are missing */
	RANKING_SEAL_RESULT,         /* result_digest is not that of the figures, or a shown score is not the figure */
	RANKING_SEAL_DOCUMENT,       /* document_digest is not that of the document */
	RANKING_SEAL_SIGNATURE,      /* the signature does not hold */
	RANKING_SEAL_STRANGER,       /* it is not signed by the key that was expected */
};

/* public_key: hex, who must have signed; NULL = whoever the document names. */
enum ranking_seal_verdict ranking_seal_check(struct arena *arena, const struct json *document, const char *public_key);

#endif
