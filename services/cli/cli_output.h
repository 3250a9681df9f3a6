/* cli_output: what every command prints alike: errors, progress, tables. Results go to stdout, all else to stderr. */
#ifndef EFFREG_CLI_OUTPUT_H
#define EFFREG_CLI_OUTPUT_H

#include "common/archive.h"
#include "common/db.h"
#include "services/cli/cli_args.h"

enum cli_format { CLI_FORMAT_TEXT, CLI_FORMAT_JSON, CLI_FORMAT_CSV };

/* --format text|json|csv; false after telling on stderr. */
bool cli_output_format(const struct cli_args *args, enum cli_format *ret_format) MUST_CHECK;

/* "effreg push: …" */
void cli_output_error(const struct cli_args *args, const char *format, ...) PRINTF_LIKE(2, 3);
void cli_output_fault(const struct cli_args *args, const struct fault *fault);

/* One line on a terminal, rewritten in place; nothing when stderr is no terminal. */
void cli_output_progress(const char *format, ...) PRINTF_LIKE(1, 2);
void cli_output_progress_end(void);

/* Columns a text takes on a terminal: code points, which serves Russian and English. */
size_t cli_output_width(const char *text);
/* text, then blanks up to width columns. */
void cli_output_padded(const char *text, size_t width);
/* The same, blanks first. */
void cli_output_right(const char *text, size_t width);
/* A CSV field, quoted where it must be. */
void cli_output_csv_field(const char *text);

/* The database named by --dsn or --dsn-file. */
#define CLI_DSN_OPTIONS \
	{"dsn", "CONNINFO", "EFFREG_DSN", NULL, "how to reach PostgreSQL", "как подключиться к PostgreSQL"}, \
	{"dsn-file", "FILE", "EFFREG_DSN_FILE", NULL, "file with the connection string", "файл со строкой подключения"}
enum status cli_output_connect_db(const struct cli_args *args, struct db **ret_db) MUST_CHECK;

/* Archived events, from the folder of --log-archive. Fresh: archive_destroy. INVALID, told, when they cannot all be read from there, and
 * when there are some and no folder was named. */
#define CLI_LOG_ARCHIVE_OPTION \
	{"log-archive", "DIR", "EFFREG_LOG_ARCHIVE", NULL, "folder of the events that log archive took out of the database", \
	 "папка событий, которые log archive вынесла из базы данных"}
enum status cli_output_open_archive(const struct cli_args *args, struct db *db, struct archive **ret_archive) MUST_CHECK;

#endif
