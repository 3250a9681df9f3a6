#include "services/cli/cli_args.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

/* Every command takes these beside its own. */
enum { OPTION_HELP = 1000, OPTION_LANG };

static void print_options(const struct cli_command *command, enum cli_lang lang)
{
	for (size_t i = 0; i < command->options_count; i++) {
		const struct cli_option *option = &command->options[i];
		char head[64];
		snprintf(head, sizeof head, "--%s%s%s", option->name, option->value == NULL ? "" : " ", option->value == NULL ? "" : option->value);
		printf("  %-24s %s", head, cli_text(lang, option->en, option->ru));
		if (option->environment != NULL)
			printf(" (%s)", option->environment);
		if (option->default_value != NULL)
			printf(" [%s]", option->default_value);
		printf("\n");
	}
}

static void print_help(const struct cli_command *command, enum cli_lang lang)
{
	printf("%s: %s\n\n%s\n\n", cli_text(lang, "Example", "Пример"), command->example, cli_text(lang, command->en, command->ru));
	printf("%s: effreg %s%s%s%s\n\n", cli_text(lang, "Usage", "Вызов"), command->name, cli_text(lang, " [options]", " [параметры]"),
	       command->arguments == NULL ? "" : " ", command->arguments == NULL ? "" : command->arguments);
	print_options(command, lang);
	printf("  %-24s %s\n  %-24s %s\n\n", "--lang ru|en", cli_text(lang, "language of the messages", "язык сообщений"), "--help",
	       cli_text(lang, "this text", "эта справка"));
	printf("%s: %s\n", cli_text(lang, "Exit codes", "Коды завершения"), cli_text(lang, command->exits_en, command->exits_ru));
}

static const char *text_or_none(const char *text)
{
	return text == NULL ? "" : text;
}

/* The same table for programs: man pages and completions are made from it (deploy/package/documents). A line a fact, fields
 * separated by tabs, English and Russian. */
static void print_description(const struct cli_command *command)
{
	printf("text\t%s\t%s\nexample\t%s\narguments\t%s\nexits\t%s\t%s\n", command->en, command->ru, command->example,
	       text_or_none(command->arguments), command->exits_en, command->exits_ru);
	for (size_t i = 0; i < command->options_count; i++) {
		const struct cli_option *option = &command->options[i];
		printf("option\t%s\t%s\t%s\t%s\t%s\t%s\n", option->name, text_or_none(option->value), text_or_none(option->environment),
		       text_or_none(option->default_value), option->en, option->ru);
	}
}

static void build_getopt(const struct cli_command *command, struct option options[CLI_OPTIONS_MAX + 3])
{
	ASSERT(command->options_count <= CLI_OPTIONS_MAX);
	size_t count = command->options_count;
	for (size_t i = 0; i < count; i++) {
		int has_value = command->options[i].value == NULL ? no_argument : required_argument;
		options[i] = (struct option){command->options[i].name, has_value, NULL, (int)i};
	}
	options[count] = (struct option){"help", no_argument, NULL, OPTION_HELP};
	options[count + 1] = (struct option){"lang", required_argument, NULL, OPTION_LANG};
	options[count + 2] = (struct option){0};
}

static void load_defaults(struct cli_args *args)
{
	for (size_t i = 0; i < args->command->options_count; i++) {
		const struct cli_option *option = &args->command->options[i];
		const char *set = option->environment == NULL ? NULL : getenv(option->environment);
		args->values[i] = set != NULL && set[0] != '\0' ? set : option->default_value;
	}
}

static bool complain(const struct cli_args *args, const char *what, const char *about)
{
	fprintf(stderr, "effreg %s: %s%s%s; %s\n", args->command->name, what, about[0] == '\0' ? "" : " ", about,
	        cli_text(args->lang, "see --help", "см. --help"));
	return false;
}

static bool take_value(struct cli_args *args, size_t option, const char *value)
{
	if (args->given_count == CLI_GIVEN_MAX)
		return complain(args, cli_text(args->lang, "too many options at", "слишком много параметров:"), value);
	args->given[args->given_count++] = (struct cli_given){option, value};
	args->values[option] = value;
	return true;
}

static bool take_options(struct cli_args *args, int argc, char **argv, bool *ret_help)
{
	struct option options[CLI_OPTIONS_MAX + 3];
	int option;
	build_getopt(args->command, options);
	optind = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (option == '?')
			return complain(args, cli_text(args->lang, "there is no option", "нет параметра"), argv[optind - 1]);
		if (option == ':')
			return complain(args, cli_text(args->lang, "a value is missing after", "нет значения после"), argv[optind - 1]);
		if (option == OPTION_HELP)
			*ret_help = true;
		else if (option == OPTION_LANG && !text_equal(optarg, "ru") && !text_equal(optarg, "en"))
			return complain(args, cli_text(args->lang, "--lang is ru or en, not", "--lang — это ru или en, а не"), optarg);
		else if (option == OPTION_LANG)
			args->lang = text_equal(optarg, "ru") ? CLI_LANG_RU : CLI_LANG_EN;
		else if (!take_value(args, (size_t)option, args->command->options[option].value == NULL ? "true" : optarg))
			return false;
	}
	args->arguments = argv + optind;
	args->arguments_count = (size_t)(argc - optind);
	return true;
}

bool cli_args_parse(const struct cli_command *command, int argc, char **argv, enum cli_lang lang, struct cli_args *ret_args,
                    int *ret_exit)
{
	bool help = false;
	*ret_args = (struct cli_args){.command = command, .lang = lang};
	*ret_exit = CLI_EXIT_USAGE;
	if (argc == 2 && text_equal(argv[1], CLI_DESCRIBE)) {
		print_description(command);
		*ret_exit = CLI_EXIT_OK;
		return false;
	}
	load_defaults(ret_args);
	if (!take_options(ret_args, argc, argv, &help))
		return false;
	if (help) {
		print_help(command, ret_args->lang);
		*ret_exit = CLI_EXIT_OK;
		return false;
	}
	if (ret_args->arguments_count < command->arguments_min)
		return complain(ret_args, cli_text(ret_args->lang, "missing:", "не хватает:"), command->arguments);
	if (ret_args->arguments_count > command->arguments_max)
		return complain(ret_args, cli_text(ret_args->lang, "too many arguments:", "лишний аргумент:"),
		                ret_args->arguments[command->arguments_max]);
	return true;
}

static size_t find_option(const struct cli_args *args, const char *name)
{
	size_t i = 0;
	while (i < args->command->options_count && !text_equal(args->command->options[i].name, name))
		i++;
	ASSERT(i < args->command->options_count);
	return i;
}

const char *cli_args_value(const struct cli_args *args, const char *name)
{
	return args->values[find_option(args, name)];
}

size_t cli_args_values(const struct cli_args *args, const char *name, const char *ret_values[CLI_GIVEN_MAX])
{
	size_t option = find_option(args, name);
	size_t count = 0;
	for (size_t i = 0; i < args->given_count; i++) {
		if (args->given[i].option == option)
			ret_values[count++] = args->given[i].value;
	}
	if (count == 0 && args->values[option] != NULL)
		ret_values[count++] = args->values[option];
	return count;
}

bool cli_args_flag(const struct cli_args *args, const char *name)
{
	return cli_args_value(args, name) != NULL;
}

const char *cli_args_required(const struct cli_args *args, const char *name)
{
	const char *value = cli_args_value(args, name);
	if (value != NULL && value[0] != '\0')
		return value;
	char option[64];
	snprintf(option, sizeof option, "--%s", name);
	complain(args, cli_text(args->lang, "it needs", "нужен параметр"), option);
	return NULL;
}

bool cli_args_number(const struct cli_args *args, const char *name, int64_t min, int64_t max, int64_t *ret_number)
{
	const char *value = cli_args_value(args, name);
	char *end = NULL;
	errno = 0;
	long long number = value == NULL ? 0 : strtoll(value, &end, 10);
	if (value != NULL && errno == 0 && end != value && *end == '\0' && number >= min && number <= max) {
		*ret_number = number;
		return true;
	}
	fprintf(stderr, cli_text(args->lang, "effreg %s: --%s must be a whole number from %lld to %lld\n",
	                         "effreg %s: --%s — целое число от %lld до %lld\n"),
	        args->command->name, name, (long long)min, (long long)max);
	return false;
}
