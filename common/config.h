/* config: the settings of a program from one table: file < environment EFFREG_* < flag.
 *
 * The table is the documentation: --help, --print-config, the environment names and the flags all come from it. The
 * file is JSON: an object with the option names. Secrets are never options: options name the file (…_file). */
#ifndef EFFREG_CONFIG_H
#define EFFREG_CONFIG_H

#include "common/arena.h"
#include "common/status.h"

enum config_kind { CONFIG_TEXT, CONFIG_INTEGER, CONFIG_FLAG };

struct config_option {
	const char *name;           /* "push_endpoint": flag --push-endpoint, environment EFFREG_PUSH_ENDPOINT */
	enum config_kind kind;
	const char *default_value;  /* NULL = required */
	int64_t min, max;           /* for CONFIG_INTEGER */
	const char *text;           /* one line for --help, with the unit */
};

struct config;

/* Reads file (named by --config or EFFREG_CONFIG), environment and flags. INVALID with fault naming the option and where it came
 * from. Fresh. */
enum status config_load(const struct config_option *options, size_t count, int argc, char **argv,
                        struct config **ret_config, struct fault *fault) MUST_CHECK;
void config_destroy(struct config **config);

const char *config_text(const struct config *config, const char *name);     /* must be in the table */
int64_t config_integer(const struct config *config, const char *name);
bool config_flag(const struct config *config, const char *name);

/* --print-config: JSON to stdout, which read as a file gives the same settings: without config, check_config and
 * print_config, which are acts and no settings. */
void config_print(const struct config *config);
/* To stdout. */
void config_help(const struct config_option *options, size_t count, const char *program, const char *purpose);

#endif
