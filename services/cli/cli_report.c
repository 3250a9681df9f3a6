/* cli_report: effreg report: what is asked for, what is read for it, and how the document is printed. */
#include "common/ambient.h"
#include "services/cli/cli_commands.h"
#include "services/cli/cli_output.h"
#include "services/cli/cli_registry.h"
#include "services/cli/cli_report_store.h"

#include <stdio.h>

#define ARENA_BYTES_MAX    ((size_t)2048 * 1024 * 1024)  /* the things of the largest region, as trees */
#define DOCUMENT_BYTES_MAX ((size_t)16 * 1024 * 1024)

static const struct cli_option OPTIONS[] = {
	{"authority", "ID", NULL, NULL, "of one authority of the region", "по одному органу власти региона"},
	{"period", "PERIOD", NULL, NULL, "2024, 2024-H1, 2024-Q3 or 2024-09", "2024, 2024-H1, 2024-Q3 или 2024-09"},
	{"format", "text|json|html", NULL, "text", "how to print; html: one page to be mailed, printed or put on a site",
	 "вид результата; html — одна страница для отправки, печати или публикации"},
	CLI_DSN_OPTIONS,
};

static const struct cli_command COMMAND = {
	.name = "report",
	.example = "effreg report RU-VOR --period 2024 --format html --lang ru > report.html",
	.en = "Reports on one region, or one authority in it: place and why, portfolio, results, people, sharing, problems,\n"
	      "instructions, governance and the quality of the data.",
	.ru = "Отчёт по одному региону или органу власти: место и его причины, портфель, результаты, люди, обмен практиками,\n"
	      "проблемы, поручения, управление и качество данных.",
	.options = OPTIONS,
	.options_count = ARRAY_COUNT(OPTIONS),
	.arguments = "REGION",
	.arguments_min = 1,
	.arguments_max = 1,
	.exits_en = "0 printed, 1 there is no such region or authority, 2 bad arguments, 4 no database",
	.exits_ru = "0 напечатан, 1 нет такого региона или органа власти, 2 неверные аргументы, 4 нет базы данных",
};

typedef void write_fn(const struct report_document *document, struct buf *buf);

struct request {
	const struct cli_args *args;
	char region[OKTMO_TEXT_SIZE];
	const char *authority, *period;
	write_fn *write;
};

static bool choose_format(const struct cli_args *args, write_fn **ret_write)
{
	static const struct {
		const char *name;
		write_fn *write;
	} FORMATS[] = {{"text", report_text_write}, {"json", report_json_write}, {"html", report_html_write}};
	const char *value = cli_args_value(args, "format");
	for (size_t i = 0; i < ARRAY_COUNT(FORMATS); i++) {
		if (text_equal(FORMATS[i].name, value)) {
			*ret_write = FORMATS[i].write;
			return true;
		}
	}
	cli_output_error(args, cli_text(args->lang, "--format is text, json or html, not %s", "--format — это text, json или html, а не %s"), value);
	return false;
}

static enum status read_dictionaries(struct report_input *input, struct arena *arena, struct fault *fault)
{
	const struct {
		const char *path, *code;
		struct report_dictionary *dictionary;
	} FILES[] = {
		{"proto/registry/regions.csv", "oktmo", &input->regions},
		{"proto/registry/spheres.csv", "code", &input->spheres},
		{"proto/registry/indicators.csv", "code", &input->indicators},
	};
	enum status status = STATUS_OK;
	for (size_t i = 0; i < ARRAY_COUNT(FILES) && status == STATUS_OK; i++) {
		struct span text;
		status = registry_find_file(FILES[i].path, &text, fault);
		if (status == STATUS_OK)
			status = report_dictionary_read(arena, text, FILES[i].code, FILES[i].dictionary, fault);
	}
	return status;
}

static enum status read_definitions(struct db *db, struct arena *arena, struct report_input *input, struct fault *fault)
{
	struct span body;
	const struct json *json;
	enum status status = report_store_find_definitions(db, arena, &body);
	if (status == STATUS_NOT_FOUND)
		status = registry_find_file("deploy/config/indicators.json", &body, fault);
	if (status == STATUS_OK)
		status = json_parse(arena, body.at, body.len, &JSON_LIMITS_DOCUMENT, &json, fault);
	return status != STATUS_OK ? status : definitions_read(arena, json, &input->definitions, fault);
}

/* A region stands among all regions, an authority among those of its region. */
static const char *cohort_of(const struct report_input *input, struct arena *arena)
{
	return input->authority[0] == '\0' ? "all" : arena_printf(arena, "authorities.%s", input->region);
}

/* Everything from the database that the report is made of. */
static enum status read_database(struct db *db, struct arena *arena, struct report_input *input, struct fault *fault)
{
	struct report_entity *entities = NULL, *others = NULL;
	enum status status = report_store_begin(db);
	if (status == STATUS_OK)
		status = report_store_find_seq(db, input->region, &input->as_of_seq);
	if (status == STATUS_OK)
		status = read_definitions(db, arena, input, fault);
	if (status == STATUS_OK)
		status = report_store_load_entities(db, input->region, arena, &entities, &input->entities_count, fault);
	if (status == STATUS_OK)
		status = report_store_load_others(db, input->region, arena, &others, &input->others_count, fault);
	if (status == STATUS_OK)
		status = report_store_load_rating(db, cohort_of(input, arena), input->period, arena, &input->rating, fault);
	input->entities = entities;
	input->others = others;
	db_rollback(db);
	if (status != STATUS_OK && fault->text[0] == '\0')
		return fault_set(fault, status, "database", "", -1, "%s", db_error(db));
	return status;
}

static void load_cells(struct report_input *input, struct arena *scratch)
{
	for (size_t i = 0; i < input->entities_count; i++) {
		const struct report_entity *entity = &input->entities[i];
		cells_load(input->cells, entity->kind, entity->id, entity->attributes, scratch);
	}
}

static enum status print(const struct request *request, const struct report_input *input, struct arena *arena, struct fault *fault)
{
	struct report_document *document;
	struct buf buf;
	enum status status = report_make(input, arena, &document, fault);
	if (status != STATUS_OK)
		return status;
	buf_init(&buf, DOCUMENT_BYTES_MAX);
	request->write(document, &buf);
	if (buf_ok(&buf))
		fwrite(buf.at, 1, buf.len, stdout);
	else
		status = fault_set(fault, STATUS_TOO_LARGE, "report", "", -1, "%s",
		                   cli_text(request->args->lang, "the report is too large", "отчёт слишком велик"));
	buf_clear(&buf);
	return status;
}

static enum status report(const struct request *request, struct db *db, struct arena *arena, struct fault *fault)
{
	uint64_t hash_seed;
	struct report_input input = {
		.lang = request->args->lang, .region = request->region, .authority = request->authority == NULL ? "" : request->authority,
		.period = request->period, .now_us = ambient_now_us(),
	};
	enum status status = read_dictionaries(&input, arena, fault);
	if (status == STATUS_OK)
		status = read_database(db, arena, &input, fault);
	if (status != STATUS_OK)
		return status;
	ambient_random(&hash_seed, sizeof hash_seed);
	input.cells = cells_new(input.definitions, CELLS_ALL, hash_seed);
	load_cells(&input, arena);
	status = print(request, &input, arena, fault);
	cells_destroy(&input.cells);
	return status;
}

static int exit_of(enum status status)
{
	if (status == STATUS_OK)
		return CLI_EXIT_OK;
	return status == STATUS_NOT_FOUND ? CLI_EXIT_NEGATIVE : status == STATUS_INVALID ? CLI_EXIT_USAGE : CLI_EXIT_UNREACHABLE;
}

int cli_report(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	struct request request = {.args = &args};
	struct fault fault = {.offset = -1};
	struct db *db;
	int exit_code;
	if (!cli_args_parse(&COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	request.authority = cli_args_value(&args, "authority");
	request.period = cli_args_required(&args, "period");
	if (request.period == NULL || !choose_format(&args, &request.write))
		return CLI_EXIT_USAGE;
	enum status status = registry_find_region(args.arguments[0], request.region, &fault);
	if (status != STATUS_OK) {
		cli_output_fault(&args, &fault);
		return exit_of(status);
	}
	if (cli_output_connect_db(&args, &db) != STATUS_OK)
		return CLI_EXIT_UNREACHABLE;
	struct arena *arena = arena_new(ARENA_BYTES_MAX);
	status = report(&request, db, arena, &fault);
	if (status != STATUS_OK)
		cli_output_fault(&args, &fault);
	arena_destroy(&arena);
	db_disconnect(&db);
	return exit_of(status);
}
