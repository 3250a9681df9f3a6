/* cli_validate: events against the protocol's schemas, or any instance against any schema. */
#include "common/ambient.h"
#include "common/contract.h"
#include "common/embedded.h"
#include "services/cli/cli_commands.h"
#include "services/cli/cli_output.h"

#include <stdio.h>

#define FILE_BYTES_MAX  ((size_t)256 * 1024 * 1024)
#define ARENA_BYTES_MAX ((size_t)1024 * 1024 * 1024)

static const struct cli_option OPTIONS[] = {
	{"schema", "FILE", NULL, NULL, "a JSON Schema (2020-12) to hold --instance against", "JSON Schema (2020-12) для проверки --instance"},
	{"instance", "FILE", NULL, NULL, "the instance for --schema", "документ для --schema"},
	{"format-assertion", NULL, NULL, NULL, "with --schema: `format` is a check, not an annotation", "с --schema: `format` проверяется, а не только поясняет"},
	{"pairs", "FILE", NULL, NULL, "many of both: lines {\"schema\": …, \"instance\": …}; prints a line {\"verdict\": 0|1|2} for each",
	 "много пар: строки {\"schema\": …, \"instance\": …}; на каждую печатается {\"verdict\": 0|1|2}"},
	{"format", "text|json", NULL, "text", "how to print the result", "вид результата"},
};

static const struct cli_command COMMAND = {
	.name = "validate",
	.example = "effreg validate events.ndjson",
	.en = "Checks events as the centre would: each FILE holds one event (.json) or one a line (.ndjson).\n"
	      "Or, with --schema and --instance, any document against any schema: unknown keywords are ignored then, references\n"
	      "lead into the schema itself or the 2020-12 meta-schema, and whole numbers are at most 2^53.",
	.ru = "Проверяет события так же, как центр: в FILE одно событие (.json) или по событию в строке (.ndjson).\n"
	      "Либо, с --schema и --instance, любой документ по любой схеме: незнакомые ключевые слова тогда не учитываются,\n"
	      "ссылки ведут внутрь самой схемы или в метасхему 2020-12, целые числа — не больше 2^53.",
	.options = OPTIONS,
	.options_count = ARRAY_COUNT(OPTIONS),
	.arguments = "[FILE...]",
	.arguments_max = 100000,
	.exits_en = "0 valid, 1 invalid, 2 bad arguments, unreadable file or instance, schema unsupported or broken",
	.exits_ru = "0 верно, 1 неверно, 2 неверные аргументы, файл или документ не читается, схема не поддерживается или испорчена",
};

struct validate {
	const struct cli_args *args;
	enum cli_format format;
	struct contract *contract;
	struct arena *text_arena;   /* the file */
	struct arena *arena;        /* one event or pair */
	struct arena *scratch;      /* of one validation */
	size_t checked, invalid;
};

enum verdict { VERDICT_VALID, VERDICT_INVALID, VERDICT_NONE };

static const char *text_of(const struct validate *validate, const struct fault *fault)
{
	return cli_text(validate->args->lang, fault->text, fault_text_ru(fault));
}

static void write_fault(const struct validate *validate, struct json_writer *writer, const struct fault *fault)
{
	json_member_string(writer, "code", fault->code);
	json_member_string(writer, "pointer", fault->pointer);
	json_member_string(writer, "schema_pointer", fault->schema_pointer);
	json_member_integer(writer, "offset", fault->offset);
	json_member_string(writer, "text", text_of(validate, fault));
}

/* "valid" is null when nothing could be judged. */
static void print_json(const struct validate *validate, const char *file, size_t line, enum verdict verdict,
                       const struct fault *fault)
{
	struct buf text;
	struct json_writer writer;
	buf_init(&text, FILE_BYTES_MAX);
	json_writer_init(&writer, &text);
	json_write_object(&writer);
	if (verdict == VERDICT_NONE)
		json_member_null(&writer, "valid");
	else
		json_member_bool(&writer, "valid", verdict == VERDICT_VALID);
	json_member_string(&writer, "file", file);
	if (line > 0)
		json_member_integer(&writer, "line", (int64_t)line);
	if (verdict != VERDICT_VALID)
		write_fault(validate, &writer, fault);
	json_write_object_end(&writer);
	printf("%s\n", text.at);
	buf_clear(&text);
}

static void print_text(const struct validate *validate, const char *file, size_t line, const struct fault *fault)
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
	printf(": %s\n", text_of(validate, fault));
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
		print_json(validate, file, line, valid ? VERDICT_VALID : VERDICT_INVALID, &fault);
	else if (!valid)
		print_text(validate, file, line, &fault);
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);
	return len >= end_len && text_equal(text + len - end_len, end);
}

static bool next_line(struct span *text, struct span *ret_line)
{
	if (text->len == 0)
		return false;
	const char *end = memchr(text->at, '\n', text->len);
	size_t len = end == NULL ? text->len : (size_t)(end - text->at);
	size_t step = end == NULL ? len : len + 1;
	*ret_line = span_of(text->at, len);
	*text = span_of(text->at + step, text->len - step);
	return true;
}

static void check_lines(struct validate *validate, const char *file, struct span text)
{
	struct span line;
	for (size_t number = 1; next_line(&text, &line); number++) {
		if (line.len > 0)
			check_event(validate, file, number, line);
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

/* The document and the 2020-12 meta-schema, which it may refer to. */
static enum status compile(const struct validate *validate, const struct schema_document *document,
                           struct schema_bundle **ret_bundle, struct fault *fault)
{
	struct schema_document documents[2] = {*document};
	size_t count = 1;
	for (size_t i = 0; i < EMBEDDED_FILES_COUNT; i++) {
		const struct embedded_file *file = &EMBEDDED_FILES[i];
		if (text_equal(file->path, "proto/metaschema.json"))
			documents[count++] = (struct schema_document){
				.name = "metaschema.json", .text = span_of((const char *)file->bytes, file->len)};
	}
	unsigned formats = cli_args_flag(validate->args, "format-assertion") ? SCHEMA_ASSERT_FORMATS : 0;
	return schema_bundle_new(documents, count, formats | SCHEMA_IGNORE_UNKNOWN, ret_bundle, fault);
}

static enum verdict judge(struct validate *validate, const struct schema_document *document, const struct json *instance,
                          struct fault *fault)
{
	struct schema_bundle *bundle = NULL;
	arena_reset(validate->scratch);
	if (compile(validate, document, &bundle, fault) != STATUS_OK)
		return VERDICT_NONE;
	enum status status = schema_validate(schema_find(bundle, document->name), instance, validate->scratch, fault);
	schema_bundle_destroy(&bundle);
	return status == STATUS_OK ? VERDICT_VALID : VERDICT_INVALID;
}

static enum verdict judge_files(struct validate *validate, const char *schema_file, const char *instance_file,
                                struct fault *fault)
{
	struct schema_document document = {.name = schema_file};
	struct span text;
	const struct json *instance;
	enum status status = ambient_read_file(validate->text_arena, schema_file, FILE_BYTES_MAX, &document.text, fault);
	if (status == STATUS_OK)
		status = ambient_read_file(validate->text_arena, instance_file, FILE_BYTES_MAX, &text, fault);
	if (status == STATUS_OK)
		status = json_parse(validate->arena, text.at, text.len, &JSON_LIMITS_DOCUMENT, &instance, fault);
	return status == STATUS_OK ? judge(validate, &document, instance, fault) : VERDICT_NONE;
}

static int exit_of(enum verdict verdict)
{
	return verdict == VERDICT_VALID ? CLI_EXIT_OK : verdict == VERDICT_INVALID ? CLI_EXIT_NEGATIVE : CLI_EXIT_USAGE;
}

static int check_pair(struct validate *validate, const char *schema_file, const char *instance_file)
{
	struct fault fault = {.offset = -1};
	enum verdict verdict = judge_files(validate, schema_file, instance_file, &fault);
	if (validate->format == CLI_FORMAT_JSON)
		print_json(validate, instance_file, 0, verdict, &fault);
	else if (verdict == VERDICT_INVALID)
		print_text(validate, instance_file, 0, &fault);
	else if (verdict == VERDICT_NONE)
		cli_output_error(validate->args, "%s%s%s", fault.pointer, fault.pointer[0] != '\0' ? ": " : "", text_of(validate, &fault));
	return exit_of(verdict);
}

static enum verdict judge_line(struct validate *validate, struct span line, struct fault *fault)
{
	const struct json *pair = NULL;
	arena_reset(validate->arena);
	if (json_parse(validate->arena, line.at, line.len, &JSON_LIMITS_DOCUMENT, &pair, fault) != STATUS_OK)
		return VERDICT_NONE;
	struct schema_document document = {.name = "schema", .text = line, .tree = json_find(pair, "schema")};
	const struct json *instance = json_find(pair, "instance");
	if (document.tree != NULL && instance != NULL)
		return judge(validate, &document, instance, fault);
	(void)fault_say(fault, STATUS_INVALID, "bad_json", "", -1, "a line is an object with \"schema\" and \"instance\"",
	                "строка — это объект с членами \"schema\" и \"instance\"");
	return VERDICT_NONE;
}

static void print_verdict(const struct validate *validate, enum verdict verdict, const struct fault *fault)
{
	struct buf text;
	struct json_writer writer;
	buf_init(&text, FILE_BYTES_MAX);
	json_writer_init(&writer, &text);
	json_write_object(&writer);
	json_member_integer(&writer, "verdict", exit_of(verdict));
	if (verdict != VERDICT_VALID)
		write_fault(validate, &writer, fault);
	json_write_object_end(&writer);
	printf("%s\n", text.at);
	buf_clear(&text);
}

static int check_pairs(struct validate *validate, const char *file)
{
	struct fault fault = {.offset = -1};
	struct span text, line;
	if (ambient_read_file(validate->text_arena, file, FILE_BYTES_MAX, &text, &fault) != STATUS_OK) {
		cli_output_fault(validate->args, &fault);
		return CLI_EXIT_USAGE;
	}
	while (next_line(&text, &line)) {
		fault = (struct fault){.offset = -1};
		enum verdict verdict = judge_line(validate, line, &fault);
		print_verdict(validate, verdict, &fault);
	}
	return CLI_EXIT_OK;
}

static bool has_one_mode(const struct cli_args *args)
{
	bool schema = cli_args_value(args, "schema") != NULL;
	bool instance = cli_args_value(args, "instance") != NULL;
	bool pairs = cli_args_value(args, "pairs") != NULL;
	return schema == instance && schema + pairs + (args->arguments_count > 0) == 1;
}

static int run(struct validate *validate)
{
	const char *schema = cli_args_value(validate->args, "schema");
	const char *pairs = cli_args_value(validate->args, "pairs");
	if (pairs != NULL)
		return check_pairs(validate, pairs);
	return schema == NULL ? check_events(validate) : check_pair(validate, schema, cli_args_value(validate->args, "instance"));
}

int cli_validate(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	struct validate validate = {.args = &args};
	int exit_code;
	if (!cli_args_parse(&COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	if (!cli_output_format(&args, &validate.format))
		return CLI_EXIT_USAGE;
	if (!has_one_mode(&args)) {
		cli_output_error(&args, "%s", cli_text(lang, "give event files, or --schema and --instance together, or --pairs; see --help",
		                                       "укажите файлы событий, либо вместе --schema и --instance, либо --pairs; см. --help"));
		return CLI_EXIT_USAGE;
	}
	validate.text_arena = arena_new(ARENA_BYTES_MAX);
	validate.arena = arena_new(ARENA_BYTES_MAX);
	validate.scratch = arena_new(ARENA_BYTES_MAX);
	exit_code = run(&validate);
	arena_destroy(&validate.text_arena);
	arena_destroy(&validate.arena);
	arena_destroy(&validate.scratch);
	return exit_code;
}
