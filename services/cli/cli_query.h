/* cli_query: asking the ranking service (the query channel of proto/README.md). */
#ifndef EFFREG_CLI_QUERY_H
#define EFFREG_CLI_QUERY_H

#include "common/json.h"
#include "services/cli/cli_args.h"

#define CLI_QUERY_OPTIONS \
	{"endpoint", "ENDPOINT", "EFFREG_QUERY_ENDPOINT", "tcp://127.0.0.1:5573", "the centre's query socket", "сокет запросов центра"}, \
	{"key", "FILE", "EFFREG_KEY_FILE", NULL, "file with your secret key", "файл с вашим секретным ключом"}, \
	{"server-key", "FILE", "EFFREG_SERVER_KEY_FILE", NULL, "file with the centre's public key", "файл с открытым ключом центра"}, \
	{"timeout", "SECONDS", NULL, "30", "how long to wait for an answer", "сколько ждать ответа"}

/* Asks method with params (a JSON object's text). OK: *ret_body is the answer's body in arena. NOT_FOUND, INVALID, FORBIDDEN…:
 * the centre said no, fault has its code and text. UNAVAILABLE, TIMEOUT: no answer. What is wrong was told on stderr unless the
 * centre's code is quiet_code (may be NULL). */
enum status cli_query(const struct cli_args *args, const char *method, struct span params, struct arena *arena, const char *quiet_code,
                      struct span *ret_body, struct fault *fault) MUST_CHECK;

/* The exit code for a failure of cli_query. */
int cli_query_exit(enum status status);

#endif
