/* cli_keys_core: what a key may be: its text, its role, the sources it may write as. Pure. */
#ifndef EFFREG_CLI_KEYS_CORE_H
#define EFFREG_CLI_KEYS_CORE_H

#include "common/arena.h"
#include "common/status.h"

#define KEY_SOURCES_MAX 64

/* A CURVE public key: 40 characters of Z85. */
bool key_is_public(const char *text);

/* region, gateway, bearer, coordinator, reader or service. */
bool key_role_is_known(const char *role);
/* Roles that write events: only their keys can be bound to sources. */
bool key_role_writes(const char *role);

/* Lists of sources, each separated by commas → one list, sorted, each once. INVALID with fault for a text that is no
 * source (1 to 128 of A-Z a-z 0-9 . _ : / -), TOO_LARGE over KEY_SOURCES_MAX. */
enum status key_sources_join(struct arena *arena, const char *const *lists, size_t count, const char **ret_joined,
                             struct fault *fault) MUST_CHECK;

/* What a key may do. */
struct key_rights {
	const char *role;
	const char *region;   /* OKTMO code, or NULL: only a key of role region has one */
	const char *sources;  /* as key_sources_join gives them, or NULL = any */
};

bool key_rights_equal(const struct key_rights *a, const struct key_rights *b);

#endif
