#include "services/cli/cli_document.h"

#include <stdio.h>

#include "common/ambient.h"
#include "services/cli/cli_output.h"
#include "services/cli/cli_query.h"

#define PARAMS_BYTES_MAX ((size_t)256 * 1024)
#define FILE_BYTES_MAX   ((size_t)16 * 1024 * 1024)

/* ---- parameters ---- */

void cli_params_start(struct buf *params, struct json_writer *writer)
{
	buf_init(params, PARAMS_BYTES_MAX);
	json_writer_init(writer, params);
	json_write_object(writer);
}

static void add_text(struct json_writer *writer, const char *name, const char *value)
{
	if (value != NULL)
		json_member_string(writer, name, value);
}

void cli_params_add(struct json_writer *writer, const struct cli_args *args, const char *name)
{
	add_text(writer, name, cli_args_value(args, name));
}

bool cli_params_add_revision(struct json_writer *writer, const struct cli_args *args)
{
	int64_t revision;
	if (cli_args_value(args, "revision") == NULL)
		return true;
	if (!cli_args_number(args, "revision", 0, INT32_MAX, &revision))
		return false;
	json_member_integer(writer, "revision", revision);
	return true;
}

/* ---- documents ---- */

static enum status parse(const struct cli_args *args, struct span text, const char *what, struct arena *arena,
                         const struct json **ret_document)
{
	enum status status = json_parse(arena, text.at, text.len, &JSON_LIMITS_DOCUMENT, ret_document, NULL);
	if (status != STATUS_OK)
		cli_output_error(args, cli_text(args->lang, "%s is no JSON document", "%s — не документ JSON"), what);
	return status;
}

static enum status ask(const struct cli_args *args, const char *method, const struct cli_selection *selection, struct arena *arena,
                       struct span *ret_body)
{
	struct buf params;
	struct json_writer writer;
	struct fault fault;
	cli_params_start(&params, &writer);
	add_text(&writer, "period", selection->period);
	add_text(&writer, "cohort", selection->cohort);
	add_text(&writer, "kind", selection->kind);
	if (selection->revision > 0)
		json_member_integer(&writer, "revision", selection->revision);
	json_write_object_end(&writer);
	enum status status = cli_query(args, method, buf_span(&params), arena, NULL, ret_body, &fault);
	buf_clear(&params);
	return status;
}

enum status cli_document_get(const struct cli_args *args, const struct cli_selection *selection, struct arena *arena,
                             const struct json **ret_document)
{
	struct span body;
	enum status status = ask(args, "rating.get", selection, arena, &body);
	return status == STATUS_OK ? parse(args, body, cli_text(args->lang, "the answer", "ответ"), arena, ret_document) : status;
}

enum status cli_document_methodology(const struct cli_args *args, struct span text, struct arena *arena,
                                     struct explain_rating *rating)
{
	struct fault fault = {.offset = -1};
	enum status status =
		parse(args, text, cli_text(args->lang, "the methodology", "методика"), arena, &rating->methodology_json);
	if (status != STATUS_OK)
		return status;
	status = methodology_read(arena, rating->methodology_json, &rating->methodology, &fault);
	if (status != STATUS_OK)
		cli_output_fault(args, &fault);
	return status;
}

enum status cli_document_rating(const struct cli_args *args, const struct cli_selection *selection, struct arena *arena,
                                struct explain_rating *ret_rating)
{
	struct span text;
	int64_t revision = 0;
	enum status status = cli_document_get(args, selection, arena, &ret_rating->document);
	if (status != STATUS_OK)
		return status;
	const struct json *number = json_find(ret_rating->document, "revision");
	if (!json_is(number, JSON_NUMBER) || !json_integer(number, &revision))
		revision = 0;
	const struct cli_selection same = {
		.period = selection->period,
		.cohort = selection->cohort,
		.kind = json_find_string(ret_rating->document, "kind"),
		.revision = revision,
	};
	status = ask(args, "rating.methodology", &same, arena, &text);
	return status == STATUS_OK ? cli_document_methodology(args, text, arena, ret_rating) : status;
}

enum status cli_document_read(const struct cli_args *args, const char *path, struct arena *arena,
                              const struct json **ret_document)
{
	struct fault fault = {.offset = -1};
	struct span text;
	enum status status = ambient_read_file(arena, path, FILE_BYTES_MAX, &text, &fault);
	if (status != STATUS_OK) {
		cli_output_fault(args, &fault);
		return status;
	}
	return parse(args, text, path, arena, ret_document);
}

/* ---- members ---- */

const char *cli_document_text(const struct json *object, const char *name, struct arena *arena)
{
	const struct json *member = json_find(object, name);
	int64_t integer;
	if (json_is(member, JSON_STRING))
		return json_string(member);
	if (json_is(member, JSON_BOOL))
		return json_bool(member) ? "true" : "false";
	if (!json_is(member, JSON_NUMBER))
		return "";
	if (json_integer(member, &integer))
		return arena_printf(arena, "%lld", (long long)integer);
	return arena_printf(arena, "%.3f", json_number(member));
}

const char *cli_document_name(const struct json *row, enum cli_lang lang)
{
	const struct json *names = json_find(row, "name");
	const char *name = json_find_string(names, lang == CLI_LANG_RU ? "ru" : "en");
	if (name == NULL)
		name = json_find_string(names, "ru");
	return name != NULL ? name : "";
}

struct word {
	const char *code, *en, *ru;
};

static const char *word_of(const struct word *words, size_t count, const char *code, enum cli_lang lang)
{
	for (size_t i = 0; i < count; i++) {
		if (text_equal(words[i].code, code))
			return cli_text(lang, words[i].en, words[i].ru);
	}
	return code;
}

const char *cli_document_group(const char *code, enum cli_lang lang)
{
	static const struct word WORDS[] = {
		{"leading", "leading", "лидеры"}, {"middle", "middle", "середина"}, {"lagging", "lagging", "отстающие"}};
	return word_of(WORDS, ARRAY_COUNT(WORDS), code, lang);
}

const char *cli_document_reason(const char *code, enum cli_lang lang)
{
	static const struct word WORDS[] = {
		{"too_few_measured_projects", "not rated: too few measured projects", "вне рейтинга: мало измеренных проектов"},
		{"no_data", "not rated: no data", "вне рейтинга: нет данных"},
		{"not_joined", "not rated: had not joined yet", "вне рейтинга: ещё не вступил"}};
	return word_of(WORDS, ARRAY_COUNT(WORDS), code, lang);
}

const char *cli_document_interval(const struct json *row, struct arena *arena)
{
	const struct json *interval = json_find(row, "interval");
	const struct json *lo = json_is(interval, JSON_ARRAY) ? json_first(interval) : NULL;
	const struct json *hi = lo != NULL ? json_next(lo) : NULL;
	int64_t from, to;
	if (hi == NULL || !json_integer(lo, &from) || !json_integer(hi, &to))
		return "";
	return arena_printf(arena, "%lld–%lld", (long long)from, (long long)to);
}

void cli_document_print(struct span body)
{
	fwrite(body.at, 1, body.len, stdout);
	if (body.len == 0 || body.at[body.len - 1] != '\n')
		putchar('\n');
}
