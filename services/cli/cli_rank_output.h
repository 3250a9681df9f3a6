/* cli_rank_output: a table of figures as CSV, JSON or aligned text, and what the run has to say beside it. */
#ifndef EFFREG_CLI_RANK_OUTPUT_H
#define EFFREG_CLI_RANK_OUTPUT_H

#include "services/cli/cli_args.h"
#include "services/cli/cli_rank_files.h"

#define RANK_EXACT (-1)

struct rank_column {
	const char *name;
	bool is_text;
	const char **cells;  /* one for each row; NULL = missing */
};

struct rank_table {
	struct arena *arena;
	struct rank_column *columns;
	size_t count, capacity;
	size_t rows;
	int decimals;        /* of scores; RANK_EXACT = 17 significant digits */
};

void rank_table_init(struct rank_table *table, struct arena *arena, size_t columns_max, size_t rows, int decimals);
void rank_table_add_texts(struct rank_table *table, const char *name, const char *const *texts);
void rank_table_add_scores(struct rank_table *table, const char *name, const double *scores);    /* NaN = missing */
void rank_table_add_places(struct rank_table *table, const char *name, const uint32_t *places);  /* 0 = missing */

/* Options that the commands over files share. */
#define RANK_METHODOLOGY_OPTION {"methodology", "FILE", NULL, NULL, "the rules (JSON)", "методика (JSON)"}
#define RANK_VALUES_OPTION \
	{"values", "FILE", NULL, NULL, "the values: a row a unit (CSV)", "значения: строка на объект (CSV)"}
#define RANK_SEED_OPTION {"seed", "S", NULL, "1", "of the draws", "начальное число датчика"}
#define RANK_DECIMALS_OPTION {"decimals", "N", NULL, "3", "decimals in the table", "знаков после запятой в таблице"}
#define RANK_FORMAT_OPTION {"format", "csv|json|table", NULL, "table", "how to print the result", "вид результата"}

/* What JSON has beside the rows: written before them, and after. */
struct rank_members {
	void (*write_before)(struct json_writer *writer, const void *context);
	void (*write_after)(struct json_writer *writer, const void *context);
	const void *context;
};

/* --format csv|json|table: on stdout. False: written out in part. */
enum rank_format { RANK_FORMAT_CSV, RANK_FORMAT_JSON, RANK_FORMAT_TABLE };
bool rank_table_print(const struct rank_table *table, enum rank_format format, const struct rank_members *members) MUST_CHECK;

/* One JSON document and a newline on stdout. False: written out in part. */
bool rank_document_print(void (*write)(struct json_writer *writer, const void *context), const void *context) MUST_CHECK;

/* --format; false after telling on stderr. */
bool rank_format_read(const struct cli_args *args, enum rank_format *ret_format) MUST_CHECK;
/* --seed, a whole number; false after telling on stderr. */
bool rank_seed_read(const struct cli_args *args, uint64_t *ret_seed) MUST_CHECK;
/* A number from min to max, or below it; false after telling on stderr. */
bool rank_share_read(const struct cli_args *args, const char *name, double min, double max, double *ret_share) MUST_CHECK;
/* Tells a fault on stderr, with its pointer. */
void rank_fault_print(const struct cli_args *args, const struct fault *fault);
/* The same; returns the exit code: NEGATIVE for a unit that is not there, else USAGE. */
int rank_fault_exit(const struct cli_args *args, const struct fault *fault);

void rank_notes_write(struct json_writer *writer, const struct methodology *methodology,
                      const struct ranking_scores *scores);
/* On stderr, one line each. */
void rank_notes_print(const struct cli_args *args, const struct methodology *methodology,
                      const struct ranking_scores *scores);

#endif
