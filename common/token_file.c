#include "common/token_file.h"

#include "common/ambient.h"

#define FILE_BYTES_MAX 4096

enum status token_read_file(const char *path, char ret_token[TOKEN_TEXT_SIZE], struct fault *fault)
{
	struct arena *arena = arena_new(4 * FILE_BYTES_MAX);
	struct span text;
	enum status status = ambient_read_file(arena, path, FILE_BYTES_MAX, &text, fault);
	if (status == STATUS_OK) {
		char *token = arena_text(arena, text.at, text.len);
		token[strcspn(token, "\r\n")] = '\0';
		if (token_is_text(token))
			memcpy(ret_token, token, TOKEN_TEXT_SIZE);
		else
			status = fault_set(fault, STATUS_INVALID, "token", "", -1,
			                   "%s does not hold a token (" TOKEN_PREFIX " and 64 hex digits); the centre makes one with: effreg keys token new", path);
	}
	arena_destroy(&arena);
	return status;
}
