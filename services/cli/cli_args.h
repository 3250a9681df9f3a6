/* cli_args: one table per command gives its flags, environment names, defaults and --help in both languages. */
#ifndef EFFREG_CLI_ARGS_H
#define EFFREG_CLI_ARGS_H

#include "common/base.h"
#include "services/cli/cli_lang.h"

/* Exit codes shared by all commands; each command's --help says which it uses. */
enum cli_exit {
	CLI_EXIT_OK = 0,
	CLI_EXIT_NEGATIVE = 1,     /* the answer is no: invalid, broken, not found */
	CLI_EXIT_USAGE = 2,        /* bad arguments or unreadable input */
	CLI_EXIT_REJECTED = 3,     /* some events were refused */
	CLI_EXIT_UNREACHABLE = 4,  /* cannot reach the other side, or it refuses the key */
	CLI_EXIT_NEWER = 5,        /* the other side is newer than this program, and fit for it */
};

/* As the only argument: prints the command's table for programs, one fact a line: text, example, arguments, exits, option. */
#define CLI_DESCRIBE "--describe"

#define CLI_OPTIONS_MAX 24
#define CLI_GIVEN_MAX   64  /* options on one command line */

struct cli_option {
	const char *name;           /* "server-key": --server-key */
	const char *value;          /* what stands for the value in --help; NULL = a flag without one */
	const char *environment;    /* EFFREG_…, or NULL */
	const char *default_value;  /* NULL = none */
	const char *en, *ru;
};

struct cli_command {
	const char *name;           /* "rating get" */
	const char *example;        /* the first line of --help */
	const char *en, *ru;        /* what it does */
	const struct cli_option *options;
	size_t options_count;
	const char *arguments;      /* "FILE..."; NULL = none */
	size_t arguments_min, arguments_max;
	const char *exits_en, *exits_ru;
};

struct cli_args {
	const struct cli_command *command;
	enum cli_lang lang;
	const char *values[CLI_OPTIONS_MAX];  /* the last one given, else the environment's, else the default */
	struct cli_given {
		size_t option;
		const char *value;
	} given[CLI_GIVEN_MAX];     /* in order */
	size_t given_count;
	char *const *arguments;
	size_t arguments_count;
};

/* True: go on. False: *ret_exit is the exit code (--help was printed, or what is wrong is on stderr). */
bool cli_args_parse(const struct cli_command *command, int argc, char **argv, enum cli_lang lang, struct cli_args *ret_args,
                    int *ret_exit) MUST_CHECK;

const char *cli_args_value(const struct cli_args *args, const char *name);  /* NULL when not given */
/* Every value of an option that may be given several times, in order; the environment's or the default when it was not
 * given. Returns how many. */
size_t cli_args_values(const struct cli_args *args, const char *name, const char *ret_values[CLI_GIVEN_MAX]) MUST_CHECK;
bool cli_args_flag(const struct cli_args *args, const char *name);
/* The value, or NULL after telling on stderr that it is needed. */
const char *cli_args_required(const struct cli_args *args, const char *name);
bool cli_args_number(const struct cli_args *args, const char *name, int64_t min, int64_t max, int64_t *ret_number) MUST_CHECK;

#endif
