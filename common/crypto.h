/* crypto: hashing, signatures and randomness-free encodings; the only door to libsodium. */
#ifndef EFFREG_CRYPTO_H
#define EFFREG_CRYPTO_H

#include "common/status.h"

#define SHA256_BYTES     32
#define SHA256_HEX_SIZE  65
#define SIGN_PUBLIC_BYTES 32
#define SIGN_SECRET_BYTES 64
#define SIGNATURE_BYTES  64

/* Must succeed once at start, before anything else here. */
enum status crypto_init(void) MUST_CHECK;

struct sha256 {
	uint8_t bytes[SHA256_BYTES];
};

struct sha256 sha256_of(const void *at, size_t len);
void sha256_hex(const struct sha256 *digest, char text[SHA256_HEX_SIZE]);
bool sha256_parse_hex(const char *text, struct sha256 *ret_digest) MUST_CHECK;

/* The hash chain over a region's raw events (proto/README.md, "The chain"):
 * SHA-256("effreg.chain.v1" ‖ region (8 bytes) ‖ seq (u64 BE) ‖ recorded µs (u64 BE) ‖ prev ‖ SHA-256(event bytes)). */
struct sha256 chain_next(const struct sha256 *prev, const char region[9], uint64_t seq, int64_t recorded_us,
                         const struct sha256 *event_digest);

/* Ed25519. Keys are hex in files; the seed of a key pair is 32 random bytes given by the caller. */
void sign_keypair(const uint8_t seed[32], uint8_t public_key[SIGN_PUBLIC_BYTES], uint8_t secret_key[SIGN_SECRET_BYTES]);
void sign_detached(const uint8_t secret_key[SIGN_SECRET_BYTES], const void *at, size_t len,
                   uint8_t signature[SIGNATURE_BYTES]);
bool sign_verify(const uint8_t public_key[SIGN_PUBLIC_BYTES], const void *at, size_t len,
                 const uint8_t signature[SIGNATURE_BYTES]);

void hex_format(const uint8_t *at, size_t len, char *text);                        /* text has 2·len + 1 bytes */
bool hex_parse(const char *text, uint8_t *at, size_t len) MUST_CHECK;              /* exactly 2·len digits, any case */

#endif
