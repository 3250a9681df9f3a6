/* cli_document: a rating's document in the hands of a command: asked for at the centre or read from a file, and its members
 * as texts. */
#ifndef EFFREG_CLI_DOCUMENT_H
#define EFFREG_CLI_DOCUMENT_H

#include "common/json.h"
#include "services/cli/cli_args.h"
#include "services/cli/cli_explain_core.h"

#define CLI_DOCUMENT_ARENA_MAX ((size_t)4 * 1024 * 1024 * 1024)

/* ---- parameters of a question ---- */

/* An object is open; json_write_object_end ends it. */
void cli_params_start(struct buf *params, struct json_writer *writer);
/* The option of that name, when it was given. */
void cli_params_add(struct json_writer *writer, const struct cli_args *args, const char *name);
/* --revision; false after telling on stderr. */
bool cli_params_add_revision(struct json_writer *writer, const struct cli_args *args) MUST_CHECK;

/* ---- documents ---- */

/* Which one; members that are NULL or 0 are left to the centre. */
struct cli_selection {
	const char *period, *cohort, *kind;
	int64_t revision;
};

/* rating.get. What is wrong was told on stderr; cli_query_exit is the exit code. */
enum status cli_document_get(const struct cli_args *args, const struct cli_selection *selection, struct arena *arena,
                             const struct json **ret_document) MUST_CHECK;
/* rating.get and rating.methodology of the edition that it answered. */
enum status cli_document_rating(const struct cli_args *args, const struct cli_selection *selection, struct arena *arena,
                                struct explain_rating *ret_rating) MUST_CHECK;
/* The methodology in the bytes of its file. */
enum status cli_document_methodology(const struct cli_args *args, struct span text, struct arena *arena,
                                     struct explain_rating *rating) MUST_CHECK;
/* What is wrong was told on stderr. */
enum status cli_document_read(const struct cli_args *args, const char *path, struct arena *arena,
                              const struct json **ret_document) MUST_CHECK;

/* A member as text: numbers as whole numbers where they are, null and absent as "". */
const char *cli_document_text(const struct json *object, const char *name, struct arena *arena);
/* The name in the language of the command, else in Russian. */
const char *cli_document_name(const struct json *row, enum cli_lang lang);
/* "leading" and the like, and why a region is not rated, in words. */
const char *cli_document_group(const char *code, enum cli_lang lang);
const char *cli_document_reason(const char *code, enum cli_lang lang);
/* "3–7", or "" where there is no interval. */
const char *cli_document_interval(const struct json *row, struct arena *arena);
/* Bytes of an answer, and a newline when there is none. */
void cli_document_print(struct span body);

#endif
