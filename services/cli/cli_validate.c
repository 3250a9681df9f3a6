/* cli_validate: events against the protocol's schemas, or any instance against any schema. */
#include "common/ambient.h"
#include "common/contract.h"
#include "services/cli/cli_commands.h"
#include "services/cli/cli_output.h"

#include <stdio.h>

#define FILE_BYTES_MAX  ((size_t)256 * 1024 * 1024)
#define ARENA_BYTES_MAX ((size_t)1024 * 1024 * 1024)

static const struct cli_option OPTIONS[] = {
	{"schema", "FILE", NULL, NULL, "a JSON Schema (2020-12) to hold --instance against", "JSON Schema (2020-12) для проверки --instance"},
	{"instance", "FILE", NULL, NULL, "the instance for --schema", "документ для --schema"},
	{"format-assertion", NULL, NULL, NULL, "with --schema: `format` is a check, not an annotation", "с --schema: `format` проверяется, а не только поясняет"},
	{"format", "text|json", NULL, "text", "how to print the result", "вид результата"},
};

static const struct cli_command COMMAND = {
	.name = "validate",
	.example = "effreg validate events.ndjson",
	.en = "Checks events as the centre would: each FILE holds one event (.json) or one a line (.ndjson).\n"
	      "Or, with --schema and --instance, any document against any schema.",
	.ru = "Проверяет события так же, как центр: в FILE одно событие (.json) или по событию в строке (.ndjson).\n"
	      "Либо, с --schema и --instance, любой документ по любой схеме.",
	.options = OPTIONS,
	.options_count = ARRAY_COUNT(OPTIONS),
	.arguments = "[FILE...]",
	.arguments_max = 100000,
	.exits_en = "0 valid, 1 invalid, 2 bad arguments, unreadable file, schema unsupported or broken",
	.exits_ru = "0 верно, 1 неверно, 2 неверные аргументы, файл не читается, схема не поддерживается или испорчена",
};

struct validate {
	const struct cli_args *args;
	enum cli_format format;
	struct contract *contract;
	struct arena *text_arena;   /* the file */
	struct arena *arena;        /* one event */
	size_t checked, invalid;
};

static void print_json(const char *file, size_t line, bool valid, const struct fault *fault)
{
	struct buf text;
	struct json_writer writer;
	buf_init(&text, FILE_BYTES_MAX);
	json_writer_init(&writer, &text);
	json_write_object(&writer);
	json_member_bool(&writer, "valid", valid);
	json_member_string(&writer, "file", file);
	if (line > 0)
		json_member_integer(&writer, "line", (int64_t)line);
	if (!valid) {
		json_member_string(&writer, "code", fault->code);
		json_member_string(&writer, "pointer", fault->pointer);
		json_member_integer(&writer, "offset", fault->offset);
		json_member_string(&writer, "text", fault->text);
	}
	json_write_object_end(&writer);
	printf("%s\n", text.at);
	buf_clear(&text);
}

static void print_text(const char *file, size_t line, const struct fault *fault)
{
	if (line > 0)
		printf("%s:%zu: ", file, line);
	else
		printf("%s: ", file);
	printf("%s", fault->code);
	if (fault->pointer[0] != '\0')
		printf(" %s", fault->pointer);
	if (fault->offset >= 0)
		printf(" @%ld", fault->offset);
	printf(": %s\n", fault->text);
}

static void check_event(struct validate *validate, const char *file, size_t line, struct span bytes)
{
	struct envelope envelope;
	char id[UUID_TEXT_SIZE];
	struct fault fault = {.offset = -1};
	arena_reset(validate->arena);
	bool valid = contract_check(validate->contract, bytes, validate->arena, &envelope, id, &fault) == STATUS_OK;
	validate->checked++;
	validate->invalid += valid ? 0 : 1;
	if (validate->format == CLI_FORMAT_JSON)
		print_json(file, line, valid, &fault);
	else if (!valid)
		print_text(file, line, &fault);
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);
	return len >= end_len && text_equal(text + len - end_len, end);
}

static void check_lines(struct validate *validate, const char *file, struct span text)
{
	for (size_t line = 1; text.len > 0; line++) {
		const char *end = memchr(text.at, '\n', text.len);
		size_t len = end == NULL ? text.len : (size_t)(end - text.at);
		if (len > 0)
			check_event(validate, file, line, span_of(text.at, len));
		size_t step = end == NULL ? len : len + 1;
		text = span_of(text.at + step, text.len - step);
	}
}

static bool check_file(struct validate *validate, const char *file)
{
	struct fault fault = {.offset = -1};
	struct span text;
	arena_reset(validate->text_arena);
	if (ambient_read_file(validate->text_arena, file, FILE_BYTES_MAX, &text, &fault) != STATUS_OK) {
		cli_output_fault(validate->args, &fault);
		return false;
	}
	if (ends_with(file, ".ndjson")) {
		check_lines(validate, file, text);
	} else {
		/* A text file ends with a line break that is not part of the event. */
		if (text.len > 0 && text.at[text.len - 1] == '\n')
			text.len--;
		check_event(validate, file, 0, text);
	}
	return true;
}

static int check_events(struct validate *validate)
{
	struct fault fault = {.offset = -1};
	bool readable = true;
	if (contract_new(&validate->contract, &fault) != STATUS_OK) {
		cli_output_fault(validate->args, &fault);
		return CLI_EXIT_USAGE;
	}
	for (size_t i = 0; i < validate->args->arguments_count && readable; i++)
		readable = check_file(validate, validate->args->arguments[i]);
	contract_destroy(&validate->contract);
	if (!readable)
		return CLI_EXIT_USAGE;
	if (validate->format == CLI_FORMAT_TEXT)
		fprintf(stderr, cli_text(validate->args->lang, "%zu events, %zu invalid\n", "событий: %zu, неверных: %zu\n"), validate->checked,
		        validate->invalid);
	return validate->invalid == 0 ? CLI_EXIT_OK : CLI_EXIT_NEGATIVE;
}

static int check_pair(struct validate *validate, const char *schema_file, const char *instance_file)
{
	struct fault fault = {.offset = -1};
	struct schema_document document = {.name = schema_file};
	struct schema_bundle *bundle = NULL;
	struct span text;
	const struct json *instance;
	enum status status = ambient_read_file(validate->text_arena, schema_file, FILE_BYTES_MAX, &document.text, &fault);
	if (status == STATUS_OK)
		status = schema_bundle_new(&document, 1, cli_args_flag(validate->args, "format-assertion"), &bundle, &fault);
	if (status == STATUS_OK)
		status = ambient_read_file(validate->text_arena, instance_file, FILE_BYTES_MAX, &text, &fault);
	if (status == STATUS_OK)
		status = json_parse(validate->text_arena, text.at, text.len, &JSON_LIMITS_DOCUMENT, &instance, &fault);
	if (status != STATUS_OK) {
		cli_output_fault(validate->args, &fault);
		schema_bundle_destroy(&bundle);
		return CLI_EXIT_USAGE;
	}
	bool valid = schema_validate(schema_find(bundle, schema_file), instance, validate->arena, &fault) == STATUS_OK;
	if (validate->format == CLI_FORMAT_JSON)
		print_json(instance_file, 0, valid, &fault);
	else if (!valid)
		print_text(instance_file, 0, &fault);
	schema_bundle_destroy(&bundle);
	return valid ? CLI_EXIT_OK : CLI_EXIT_NEGATIVE;
}

int cli_validate(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	struct validate validate = {.args = &args};
	int exit_code;
	if (!cli_args_parse(&COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	const char *schema = cli_args_value(&args, "schema");
	const char *instance = cli_args_value(&args, "instance");
	if (!cli_output_format(&args, &validate.format))
		return CLI_EXIT_USAGE;
	if ((schema == NULL) != (instance == NULL) || (schema == NULL) == (args.arguments_count == 0)) {
		cli_output_error(&args, "%s", cli_text(lang, "give event files, or --schema and --instance together; see --help",
		                                       "укажите файлы событий либо вместе --schema и --instance; см. --help"));
		return CLI_EXIT_USAGE;
	}
	validate.text_arena = arena_new(ARENA_BYTES_MAX);
	validate.arena = arena_new(ARENA_BYTES_MAX);
	exit_code = schema == NULL ? check_events(&validate) : check_pair(&validate, schema, instance);
	arena_destroy(&validate.text_arena);
	arena_destroy(&validate.arena);
	return exit_code;
}
