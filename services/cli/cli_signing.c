#include "services/cli/cli_signing.h"

#include "common/ambient.h"

#include <stdio.h>

#define SEED_BYTES      32
#define LINE_SIZE       (2 * SEED_BYTES + 2)  /* digits, newline, zero */
#define FILE_BYTES_MAX  ((size_t)256)
#define ARENA_BYTES_MAX ((size_t)64 * 1024)

_Static_assert(SEED_BYTES == SIGN_PUBLIC_BYTES, "both kinds of file have one size");

static enum status write_bytes(const char *path, const uint8_t bytes[SEED_BYTES], unsigned mode, struct fault *fault)
{
	char line[LINE_SIZE];
	hex_format(bytes, SEED_BYTES, line);
	line[LINE_SIZE - 2] = '\n';
	return ambient_write_file(path, span_of(line, LINE_SIZE - 1), mode, fault);
}

static enum status read_bytes(const char *path, uint8_t ret_bytes[SEED_BYTES], struct fault *fault)
{
	struct arena *arena = arena_new(ARENA_BYTES_MAX);
	struct span text;
	enum status status = ambient_read_file(arena, path, FILE_BYTES_MAX, &text, fault);
	if (status == STATUS_OK && !hex_parse(arena_text(arena, text.at, strcspn(text.at, "\r\n")), ret_bytes, SEED_BYTES))
		status = fault_set(fault, STATUS_INVALID, "key", "", -1,
		                   "%s does not hold a signing key (64 hexadecimal digits); make one with: effreg keys new --signing",
		                   path);
	arena_destroy(&arena);
	return status;
}

enum status signing_key_new(const char *path, struct signing_key *ret_key, struct fault *fault)
{
	uint8_t seed[SEED_BYTES];
	char public_path[4096];
	if ((size_t)snprintf(public_path, sizeof public_path, "%s.pub", path) >= sizeof public_path)
		return fault_set(fault, STATUS_INVALID, "file", "", -1, "the name of the file is too long");
	ambient_random(seed, sizeof seed);
	sign_keypair(seed, ret_key->public_key, ret_key->secret_key);
	enum status status = write_bytes(path, seed, 0600, fault);
	return status == STATUS_OK ? write_bytes(public_path, ret_key->public_key, 0644, fault) : status;
}

enum status signing_key_read(const char *path, struct signing_key *ret_key, struct fault *fault)
{
	uint8_t seed[SEED_BYTES];
	enum status status = read_bytes(path, seed, fault);
	if (status == STATUS_OK)
		sign_keypair(seed, ret_key->public_key, ret_key->secret_key);
	return status;
}

enum status signing_read_public(const char *path, uint8_t ret_public_key[SIGN_PUBLIC_BYTES], struct fault *fault)
{
	return read_bytes(path, ret_public_key, fault);
}
