/* cli_signing: files of Ed25519 keys: 64 hexadecimal digits and a newline; the secret one holds the seed. */
#ifndef EFFREG_CLI_SIGNING_H
#define EFFREG_CLI_SIGNING_H

#include "common/crypto.h"

struct signing_key {
	uint8_t public_key[SIGN_PUBLIC_BYTES];
	uint8_t secret_key[SIGN_SECRET_BYTES];
};

/* A fresh key: the seed into path (mode 0600), the public key into path.pub. */
enum status signing_key_new(const char *path, struct signing_key *ret_key, struct fault *fault) MUST_CHECK;
enum status signing_key_read(const char *path, struct signing_key *ret_key, struct fault *fault) MUST_CHECK;
enum status signing_read_public(const char *path, uint8_t ret_public_key[SIGN_PUBLIC_BYTES],
                                struct fault *fault) MUST_CHECK;

#endif
