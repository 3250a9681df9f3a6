/* token_file: a bearer token from the file that holds it, the only place that one is read from. */
#ifndef EFFREG_TOKEN_FILE_H
#define EFFREG_TOKEN_FILE_H

#include "common/token.h"

/* The file holds one token and perhaps a newline. NOT_FOUND or UNAVAILABLE when it cannot be read, INVALID when it holds none;
 * the fault never has the token in it. */
enum status token_read_file(const char *path, char ret_token[TOKEN_TEXT_SIZE], struct fault *fault) MUST_CHECK;

#endif
