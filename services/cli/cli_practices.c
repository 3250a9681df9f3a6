/* cli_practices: practices list, practices show, practices suggest. */
#include "common/ident.h"
#include "services/cli/cli_commands.h"
#include "services/cli/cli_output.h"
#include "services/cli/cli_practices_print.h"

#include <stdio.h>

#define ARENA_BYTES_MAX ((size_t)2 * 1024 * 1024 * 1024)
#define TEXT_BYTES_MAX  ((size_t)256 * 1024 * 1024)

static const struct cli_option LIST_OPTIONS[] = {
	{"region", "CODE", NULL, NULL, "only practices of this region: OKTMO or ISO code", "только практики этого региона: ОКТМО или код ISO"},
	{"sphere", "CODE", NULL, NULL, "only practices of this sphere", "только практики этой сферы"},
	{"format", "text|json", NULL, "text", "how to print", "вид результата"},
	CLI_DSN_OPTIONS,
};

static const struct cli_option SHOW_OPTIONS[] = {
	{"format", "text|json", NULL, "text", "how to print", "вид результата"},
	CLI_DSN_OPTIONS,
};

static const struct cli_option SUGGEST_OPTIONS[] = {
	{"limit", "N", NULL, "10", "how many at most", "сколько показать, не более"},
	{"period", "P", NULL, NULL, "in which year, half, quarter or month gaps are looked for; the last year with figures unless given",
	 "за какой год, полугодие, квартал или месяц искать отставание; если не задан — последний год с данными"},
	{"format", "text|json", NULL, "text", "how to print", "вид результата"},
	CLI_DSN_OPTIONS,
};

static const struct cli_command LIST = {
	.name = "practices list",
	.example = "effreg practices list --sphere education",
	.en = "Shows the catalogue of practices of all regions, and how often each was adopted and its effect confirmed.",
	.ru = "Показывает каталог практик всех регионов: сколько раз каждую внедрили и подтвердили её эффект.",
	.options = LIST_OPTIONS,
	.options_count = ARRAY_COUNT(LIST_OPTIONS),
	.exits_en = "0 shown, 1 there is no such region, 2 bad arguments, 4 no database",
	.exits_ru = "0 показано, 1 нет такого региона, 2 неверные аргументы, 4 нет базы данных",
};

static const struct cli_command SHOW = {
	.name = "practices show",
	.example = "effreg practices show RU-SPE/spb-pr-4",
	.en = "Shows a practice and how it spread: recommended, requested, adopted, effect confirmed, between authorities, spheres and regions.",
	.ru = "Показывает практику и её путь: рекомендации, запросы, внедрения и подтверждения эффекта в органах власти, сферах и регионах.",
	.options = SHOW_OPTIONS,
	.options_count = ARRAY_COUNT(SHOW_OPTIONS),
	.arguments = "REGION/PRACTICE",
	.arguments_min = 1,
	.arguments_max = 1,
	.exits_en = "0 shown, 1 there is no such practice, 2 bad arguments, 4 no database",
	.exits_ru = "0 показано, 1 нет такой практики, 2 неверные аргументы, 4 нет базы данных",
};

static const struct cli_command SUGGEST = {
	.name = "practices suggest",
	.example = "effreg practices suggest RU-VOR --limit 5",
	.en = "Ranks the practices of other regions that would suit a region and that it has not adopted, and says why. The points are a placeholder of ours.",
	.ru = "Ранжирует практики других регионов, которые подойдут региону и ещё не внедрены в нём, и объясняет почему. Баллы временные, свои.",
	.options = SUGGEST_OPTIONS,
	.options_count = ARRAY_COUNT(SUGGEST_OPTIONS),
	.arguments = "REGION",
	.arguments_min = 1,
	.arguments_max = 1,
	.exits_en = "0 shown, 1 there is no such region, 2 bad arguments, 4 no database",
	.exits_ru = "0 показано, 1 нет такого региона, 2 неверные аргументы, 4 нет базы данных",
};

/* One reading of the database, in one transaction. */
struct reading {
	struct cli_args args;
	enum cli_format format;
	struct db *db;
	struct arena *arena;
	struct practice_catalogue catalogue;
	struct practices_names names;
	struct fault fault;  /* why not, when it was not the database */
};

static enum status load(struct reading *reading)
{
	struct practices_region *regions;
	enum status status = db_begin(reading->db);
	if (status == STATUS_OK)
		status = db_exec(reading->db, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
	if (status == STATUS_OK)
		status = cli_practices_store_load(reading->db, reading->arena, &reading->catalogue);
	if (status == STATUS_OK)
		status = cli_practices_store_load_regions(reading->db, reading->arena, &regions, &reading->names.regions_count);
	if (status != STATUS_OK)
		return status;
	reading->names.regions = regions;
	return practices_names_load(&reading->names, &reading->fault);
}

static bool reading_open(struct reading *reading, const struct cli_command *command, int argc, char **argv, enum cli_lang lang,
                         int *ret_exit)
{
	*reading = (struct reading){.fault = {.offset = -1}};
	if (!cli_args_parse(command, argc, argv, lang, &reading->args, ret_exit))
		return false;
	*ret_exit = CLI_EXIT_USAGE;
	if (!cli_output_format(&reading->args, &reading->format))
		return false;
	*ret_exit = CLI_EXIT_UNREACHABLE;
	if (cli_output_connect_db(&reading->args, &reading->db) != STATUS_OK)
		return false;
	reading->arena = arena_new(ARENA_BYTES_MAX);
	reading->names = (struct practices_names){.arena = reading->arena, .lang = lang};
	return true;
}

static int reading_close(struct reading *reading, enum status status)
{
	db_rollback(reading->db);
	if (status != STATUS_OK && reading->fault.text[0] != '\0')
		cli_output_fault(&reading->args, &reading->fault);
	else if (status != STATUS_OK)
		cli_output_error(&reading->args, "%s", db_error(reading->db));
	db_disconnect(&reading->db);
	arena_destroy(&reading->arena);
	if (status == STATUS_OK)
		return CLI_EXIT_OK;
	return status_group(status) == STATUS_GROUP_TRANSIENT ? CLI_EXIT_UNREACHABLE : CLI_EXIT_NEGATIVE;
}

static enum status find_region(struct reading *reading, const char *code, const char **ret_region)
{
	const struct practices_region *region = practices_names_region(&reading->names, code);
	if (region == NULL)
		return fault_set(&reading->fault, STATUS_NOT_FOUND, "region", "", -1,
		                 cli_text(reading->args.lang, "there is no region %s", "нет региона %s"), code);
	*ret_region = region->region;
	return STATUS_OK;
}

/* What write puts down, as one line. */
static void json_begin(struct buf *text, struct json_writer *writer)
{
	buf_init(text, TEXT_BYTES_MAX);
	json_writer_init(writer, text);
}

static enum status json_end(struct buf *text)
{
	enum status status = buf_ok(text) ? STATUS_OK : STATUS_TOO_LARGE;
	if (status == STATUS_OK)
		printf("%.*s\n", (int)text->len, text->at);
	buf_clear(text);
	return status;
}

/* ---- list ---- */

static bool is_wanted(const struct practice *practice, const char *region, const char *sphere)
{
	return (region == NULL || text_equal(practice->region, region))
	       && (sphere == NULL || (practice->sphere != NULL && text_equal(practice->sphere, sphere)));
}

static enum status list(struct reading *reading)
{
	const char *code = cli_args_value(&reading->args, "region");
	const char *sphere = cli_args_value(&reading->args, "sphere");
	const char *region = NULL;
	enum status status = load(reading);
	if (status == STATUS_OK && code != NULL)
		status = find_region(reading, code, &region);
	if (status != STATUS_OK)
		return status;
	const struct practice **wanted = arena_array(reading->arena, const struct practice *, reading->catalogue.count + 1);
	size_t count = 0;
	for (size_t i = 0; i < reading->catalogue.count; i++) {
		if (is_wanted(&reading->catalogue.at[i], region, sphere))
			wanted[count++] = &reading->catalogue.at[i];
	}
	if (reading->format != CLI_FORMAT_JSON) {
		practices_print_list(&reading->names, wanted, count);
		return STATUS_OK;
	}
	struct buf text;
	struct json_writer writer;
	json_begin(&text, &writer);
	practices_write_list(&writer, wanted, count);
	return json_end(&text);
}

int cli_practices_list(int argc, char **argv, enum cli_lang lang)
{
	struct reading reading;
	int exit_code;
	if (!reading_open(&reading, &LIST, argc, argv, lang, &exit_code))
		return exit_code;
	return reading_close(&reading, list(&reading));
}

/* ---- show ---- */

static enum status find_practice(struct reading *reading, const char *name, const struct practice **ret_practice)
{
	const char *stroke = strchr(name, '/');
	const char *region = NULL;
	if (stroke == NULL)
		return fault_set(&reading->fault, STATUS_INVALID, "practice", "", -1, "%s",
		                 cli_text(reading->args.lang, "name a practice as REGION/PRACTICE", "назовите практику так: РЕГИОН/ПРАКТИКА"));
	enum status status = find_region(reading, arena_text(reading->arena, name, (size_t)(stroke - name)), &region);
	if (status != STATUS_OK)
		return status;
	*ret_practice = practice_find(&reading->catalogue, region, stroke + 1);
	if (*ret_practice == NULL)
		return fault_set(&reading->fault, STATUS_NOT_FOUND, "practice", "", -1,
		                 cli_text(reading->args.lang, "nobody has told of the practice %s", "о практике %s никто не сообщал"), name);
	return STATUS_OK;
}

static enum status show(struct reading *reading)
{
	const struct practice *practice;
	enum status status = load(reading);
	if (status == STATUS_OK)
		status = find_practice(reading, reading->args.arguments[0], &practice);
	if (status != STATUS_OK)
		return status;
	if (reading->format != CLI_FORMAT_JSON) {
		practices_print_one(&reading->names, practice);
		return STATUS_OK;
	}
	struct buf text;
	struct json_writer writer;
	json_begin(&text, &writer);
	practices_write_one(&writer, practice);
	return json_end(&text);
}

int cli_practices_show(int argc, char **argv, enum cli_lang lang)
{
	struct reading reading;
	int exit_code;
	if (!reading_open(&reading, &SHOW, argc, argv, lang, &exit_code))
		return exit_code;
	return reading_close(&reading, show(&reading));
}

/* ---- suggest ---- */

static enum status suggest(struct reading *reading, int64_t limit)
{
	const struct practice_suggestion *suggestions;
	const char *period = cli_args_value(&reading->args, "period");
	const char *region = NULL;
	struct practices_asker asker;
	size_t count;
	enum status status = load(reading);
	if (status == STATUS_OK)
		status = find_region(reading, reading->args.arguments[0], &region);
	if (status == STATUS_OK)
		status = cli_practices_store_load_asker(reading->db, reading->arena, region, period, &asker, &period);
	if (status != STATUS_OK)
		return status;
	practice_suggest(reading->arena, &reading->catalogue, &asker, &suggestions, &count);
	count = count > (size_t)limit ? (size_t)limit : count;
	if (reading->format != CLI_FORMAT_JSON) {
		practices_print_suggestions(&reading->names, suggestions, count);
		return STATUS_OK;
	}
	struct buf text;
	struct json_writer writer;
	json_begin(&text, &writer);
	practices_write_suggestions(&writer, &reading->names, region, period, suggestions, count);
	return json_end(&text);
}

int cli_practices_suggest(int argc, char **argv, enum cli_lang lang)
{
	struct reading reading;
	struct period period;
	int64_t limit;
	int exit_code;
	if (!reading_open(&reading, &SUGGEST, argc, argv, lang, &exit_code))
		return exit_code;
	const char *asked = cli_args_value(&reading.args, "period");
	if (!cli_args_number(&reading.args, "limit", 1, 10000, &limit)) {
		(void)reading_close(&reading, STATUS_OK);
		return CLI_EXIT_USAGE;
	}
	if (asked != NULL && !period_parse(asked, &period)) {
		cli_output_error(&reading.args, cli_text(lang, "%s is no period: 2023, 2023-H1, 2023-Q3 or 2023-09",
		                                         "%s — не период: 2023, 2023-H1, 2023-Q3 или 2023-09"), asked);
		(void)reading_close(&reading, STATUS_OK);
		return CLI_EXIT_USAGE;
	}
	return reading_close(&reading, suggest(&reading, limit));
}
