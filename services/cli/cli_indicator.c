/* cli_indicator: one figure of a region, an authority, an institution or a sphere, in any period, as known now or at a seq of the log, and
 * what it comes from: entities, and the events that speak of them. */
#include "common/ambient.h"
#include "services/cli/cli_commands.h"
#include "services/cli/cli_indicator_store.h"
#include "services/cli/cli_log_store.h"
#include "services/cli/cli_output.h"
#include "services/cli/cli_rules.h"
#include "services/metrics/lineage.h"
#include "services/metrics/replay.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define ARENA_BYTES_MAX ((size_t)8 * 1024 * 1024 * 1024)
#define OUT_BYTES_MAX   ((size_t)1024 * 1024 * 1024)
#define ENTRIES_A_READ  500

static const struct cli_option OPTIONS[] = {
	{"period", "PERIOD", NULL, NULL, "2023, 2023-H1, 2023-Q3 or 2023-09", "2023, 2023-H1, 2023-Q3 или 2023-09"},
	{"authority", "ID", NULL, NULL, "of this authority", "этого органа власти"},
	{"institution", "ID", NULL, NULL, "of this institution", "этого учреждения"},
	{"sphere", "CODE", NULL, NULL, "of this sphere", "этой сферы"},
	{"as-of-seq", "N", NULL, NULL, "as the log said up to its event N", "как следовало из журнала до события N"},
	{"lineage", NULL, NULL, NULL, "show the entities and events it comes from", "показать сущности и события, из которых он следует"},
	{"calendar", "FILE", "EFFREG_CALENDAR_FILE", NULL, "cut-offs of periods, as the metrics service has them", "сроки сдачи периодов, те же, что у службы metrics"},
	{"format", "text|json", NULL, "text", "how to print", "вид результата"},
	CLI_LOG_ARCHIVE_OPTION,
	CLI_DSN_OPTIONS,
};

static const struct cli_command COMMAND = {
	.name = "indicator",
	.example = "effreg indicator RU-VOR lead_time_reduction --period 2023 --lineage",
	.en = "Shows an indicator of a region with its numerator, denominator, number of observations and the log position it stands for.",
	.ru = "Показывает показатель региона: числитель, знаменатель, число наблюдений и позицию журнала, на которую он вычислен.",
	.options = OPTIONS,
	.options_count = ARRAY_COUNT(OPTIONS),
	.arguments = "REGION CODE",
	.arguments_min = 2,
	.arguments_max = 2,
	.exits_en = "0 shown, 1 nothing is known of it, 2 bad arguments, 4 no database",
	.exits_ru = "0 показан, 1 о нём ничего не известно, 2 неверные аргументы, 4 нет базы данных",
};

struct asking {
	const struct cli_args *args;
	struct db *db;
	struct archive *archive;
	struct arena *arena;
	struct fault fault;
	struct rules *rules;
	char region[OKTMO_TEXT_SIZE];
	const struct definition *definition;
	const char *subject;
	struct calendar_period period;
	uint64_t as_of_seq;
	bool covered;                /* the region's log speaks of the period */
	struct figure figure;
	struct indicator_region loaded;
	struct cells *cells;
	struct replay *replay;       /* of an earlier seq */
	struct indicator_told *told; /* of an indicator that others tell */
	size_t told_count;
};

static enum status refuse(struct asking *asking, const char *en, const char *ru)
{
	return fault_set(&asking->fault, STATUS_INVALID, "arguments", "", -1, "%s", cli_text(asking->args->lang, en, ru));
}

static enum status db_fault(struct asking *asking, enum status status)
{
	if (status == STATUS_OK || asking->fault.text[0] != '\0')
		return status;
	return fault_set(&asking->fault, status, "database", "", -1, "%s", db_error(asking->db));
}

/* ---- What is asked ---- */

static enum status read_subject(struct asking *asking)
{
	static const char *const NAMES[] = {"authority", "institution", "sphere"};
	asking->subject = "";
	for (size_t i = 0; i < ARRAY_COUNT(NAMES); i++) {
		const char *name = cli_args_value(asking->args, NAMES[i]);
		if (name == NULL)
			continue;
		if (asking->subject[0] != '\0')
			return refuse(asking, "name one of --authority, --institution and --sphere", "укажите одно из --authority, --institution, --sphere");
		if (!ident_is_name(name))
			return refuse(asking, "an id has 1 to 64 letters, digits, dots, strokes", "идентификатор: от 1 до 64 латинских букв, цифр, точек, дефисов");
		asking->subject = arena_printf(asking->arena, "%s/%s", NAMES[i], name);
	}
	return STATUS_OK;
}

static enum status read_question(struct asking *asking)
{
	const char *period = cli_args_required(asking->args, "period");
	asking->definition = definition_find(asking->rules->definitions, asking->args->arguments[1]);
	if (asking->definition == NULL)
		return fault_set(&asking->fault, STATUS_INVALID, "arguments", "", -1,
		                 cli_text(asking->args->lang, "there is no indicator %s", "показателя %s нет"), asking->args->arguments[1]);
	if (period == NULL || !calendar_period_parse(period, &asking->period))
		return refuse(asking, "name a period: --period 2023, 2023-H1, 2023-Q3 or 2023-09",
		              "назовите период: --period 2023, 2023-H1, 2023-Q3 или 2023-09");
	enum status status = read_subject(asking);
	if (status == STATUS_OK && asking->definition->of_others && (asking->subject[0] != '\0' || cli_args_value(asking->args, "as-of-seq") != NULL))
		return refuse(asking, "others tell this of the region as a whole, each in its own log", "это сообщают о регионе другие, каждый в своём журнале");
	return status;
}

static enum status find_region(struct asking *asking)
{
	enum status status = cli_indicator_store_find_region(asking->db, asking->args->arguments[0], asking->region);
	if (status == STATUS_NOT_FOUND)
		return fault_set(&asking->fault, STATUS_INVALID, "arguments", "", -1,
		                 cli_text(asking->args->lang, "there is no region %s", "региона %s нет"), asking->args->arguments[0]);
	return status;
}

/* ---- As known now ---- */

static const struct json *parse(struct asking *asking, const char *text)
{
	const struct json *json = NULL;
	if (json_parse(asking->arena, text, strlen(text), &JSON_LIMITS_DOCUMENT, &json, NULL) != STATUS_OK)
		return NULL;
	return json;
}

static bool covers(const struct asking *asking, const char *month_first, const char *month_last)
{
	struct calendar_period first, last;
	return month_first != NULL && month_last != NULL && calendar_period_parse(month_first, &first) && calendar_period_parse(month_last, &last)
	       && first.first <= calendar_month_last(asking->period) && last.first >= asking->period.first;
}

static enum status ask_now(struct asking *asking)
{
	enum status status = cli_indicator_store_load(asking->db, asking->arena, asking->region, &asking->loaded);
	if (status != STATUS_OK)
		return status;
	struct arena *scratch = arena_new(ARENA_BYTES_MAX);
	asking->cells = cells_new(asking->rules->definitions, CELLS_ALL, 0);
	for (size_t i = 0; i < asking->loaded.count; i++) {
		const struct indicator_entity *entity = &asking->loaded.entities[i];
		enum entity_kind kind;
		if (entity_kind_find(entity->kind, &kind))
			cells_load(asking->cells, kind, entity->id, parse(asking, entity->attributes), scratch);
		arena_reset(scratch);
	}
	arena_destroy(&scratch);
	asking->as_of_seq = asking->loaded.seq;
	asking->covered = covers(asking, asking->loaded.month_first, asking->loaded.month_last);
	asking->figure = cells_figure(asking->cells, asking->definition, asking->subject, asking->period);
	return STATUS_OK;
}

/* ---- As known at a seq ---- */

static enum status replay_log(struct asking *asking, uint64_t upto)
{
	uint64_t seq = 1;
	size_t count = 1;
	while (seq <= upto && count > 0) {
		struct stored_entry *entries;
		size_t limit = upto - seq + 1 < ENTRIES_A_READ ? (size_t)(upto - seq + 1) : ENTRIES_A_READ;
		enum status status = cli_log_store_load_entries(asking->db, asking->archive, asking->arena, asking->region, seq, limit,
		                                                &entries, &count, &asking->fault);
		if (status != STATUS_OK)
			return status;
		for (size_t i = 0; i < count; i++)
			replay_add(asking->replay, entries[i].entry.seq, entries[i].entry.recorded_us, entries[i].entry.event);
		seq += count;
	}
	asking->as_of_seq = seq - 1;
	replay_end(asking->replay);
	return STATUS_OK;
}

static enum status ask_then(struct asking *asking)
{
	int64_t upto;
	if (!cli_args_number(asking->args, "as-of-seq", 0, INT64_MAX, &upto))
		return refuse(asking, "a seq is a whole number", "позиция журнала — целое число");
	asking->replay = replay_new(asking->region, &asking->rules->fold, asking->rules->definitions, CELLS_ALL, 0);
	enum status status = replay_log(asking, (uint64_t)upto);
	if (status != STATUS_OK)
		return status;
	struct workspace_horizon horizon = workspace_horizon(replay_workspace(asking->replay));
	asking->covered = horizon.month_first >= 0 && horizon.month_first <= calendar_month_last(asking->period)
	                  && horizon.month_last >= asking->period.first;
	asking->figure = cells_figure(replay_cells(asking->replay), asking->definition, asking->subject, asking->period);
	return STATUS_OK;
}

/* ---- As others tell ---- */

static enum status ask_others(struct asking *asking)
{
	char period[CALENDAR_CODE_SIZE];
	enum status status = cli_indicator_store_load_told(asking->db, asking->arena, asking->region, calendar_period_format(asking->period, period),
	                                                   asking->definition->code, &asking->told, &asking->told_count);
	if (status != STATUS_OK)
		return status;
	asking->figure = (struct figure){.empty = asking->told_count == 0, .denominator = 1000000};
	for (size_t i = 0; i < asking->told_count; i++) {
		decimal numerator;
		if (decimal_parse(asking->told[i].numerator, &numerator))
			asking->figure.numerator += numerator.millionths;
		asking->figure.observations += strtoll(asking->told[i].observations, NULL, 10);
	}
	figure_finish(&asking->figure, asking->definition->scale);
	asking->covered = true;
	return STATUS_OK;
}

/* ---- Lineage ---- */

struct lineage {
	struct asking *asking;
	struct json_writer *writer;
	const char *kind, *id;
	bool told;  /* of this entity */
	struct arena *arena;
};

static const char *month_code(int month, char code[CALENDAR_CODE_SIZE])
{
	return calendar_period_format(calendar_period_of(month, CALENDAR_MONTH), code);
}

static void on_entry(void *context, const struct lineage_entry *entry)
{
	struct lineage *lineage = context;
	struct json_writer *writer = lineage->writer;
	char code[CALENDAR_CODE_SIZE], amount[DECIMAL_TEXT_SIZE];
	if (!lineage->told) {
		json_write_object(writer);
		json_member_string(writer, "kind", lineage->kind);
		json_member_string(writer, "entity", lineage->id);
		json_write_name(writer, "counts");
		json_write_array(writer);
	}
	lineage->told = true;
	json_write_object(writer);
	json_member_string(writer, "part", entry->part);
	json_member_string(writer, "month", month_code(entry->month, code));
	if (entry->sample != NULL)
		json_member_string(writer, "thing", entry->sample);
	else
		json_member_string(writer, "amount", decimal_format(entry->amount, amount));
	if (entry->leaves)
		json_member_bool(writer, "leaves", true);
	json_write_object_end(writer);
}

static void write_event(struct json_writer *writer, uint64_t seq, const char *id, const char *type, const char *time)
{
	json_write_object(writer);
	json_member_integer(writer, "seq", (int64_t)seq);
	json_member_string(writer, "id", id);
	json_member_string(writer, "type", type);
	json_member_string(writer, "time", time);
	json_write_object_end(writer);
}

static void write_entity(struct lineage *lineage, enum entity_kind kind, const char *id, const char *attributes)
{
	struct asking *asking = lineage->asking;
	lineage->kind = entity_kind_text(kind);
	lineage->id = id;
	lineage->told = false;
	arena_reset(lineage->arena);
	lineage_of(asking->rules->definitions, asking->definition, asking->subject, asking->period, kind, id, parse(asking, attributes),
	           lineage->arena, on_entry, lineage);
	if (!lineage->told)
		return;
	json_write_array_end(lineage->writer);
	json_write_name(lineage->writer, "events");
	json_write_array(lineage->writer);
}

static void end_entity(struct lineage *lineage)
{
	if (!lineage->told)
		return;
	json_write_array_end(lineage->writer);
	json_write_object_end(lineage->writer);
}

/* What an archived event says of itself stands in the log archive. */
static enum status fetch_event(struct asking *asking, struct indicator_event *event)
{
	struct span bytes;
	enum status status = archive_load(asking->archive, asking->db, asking->region, event->seq, asking->arena, &bytes, &asking->fault);
	const struct json *json = status == STATUS_OK ? parse(asking, bytes.at) : NULL;
	event->type = json_find_string(json, "type");
	event->time = json_find_string(json, "time");
	return status;
}

static enum status write_loaded(struct lineage *lineage, const struct indicator_entity *entity)
{
	struct asking *asking = lineage->asking;
	enum entity_kind kind;
	struct indicator_event *events;
	size_t count = 0;
	enum status status = STATUS_OK;
	if (!entity_kind_find(entity->kind, &kind))
		return STATUS_OK;
	write_entity(lineage, kind, entity->id, entity->attributes);
	if (lineage->told)
		status = cli_indicator_store_load_events(asking->db, asking->arena, asking->region, entity->seqs, &events, &count);
	for (size_t i = 0; status == STATUS_OK && i < count; i++) {
		if (events[i].type == NULL)
			status = fetch_event(asking, &events[i]);
		write_event(lineage->writer, events[i].seq, events[i].id, events[i].type, events[i].time);
	}
	end_entity(lineage);
	return status;
}

static void write_replayed(struct lineage *lineage, const struct workspace_entity *entity)
{
	const struct workspace *workspace = replay_workspace(lineage->asking->replay);
	write_entity(lineage, entity->kind, entity->id, entity->after);
	for (size_t i = 0; lineage->told && i < entity->seqs_count; i++) {
		struct workspace_event event = workspace_event_of(workspace, entity->seqs[i]);
		char id[UUID_TEXT_SIZE], time[INSTANT_TEXT_SIZE];
		ident_uuid_format(&event.id, id);
		instant_format(event.time_us, time);
		write_event(lineage->writer, event.seq, id, event.type, time);
	}
	end_entity(lineage);
}

static void write_told(struct json_writer *writer, const struct asking *asking)
{
	for (size_t i = 0; i < asking->told_count; i++) {
		json_write_object(writer);
		json_member_string(writer, "region", asking->told[i].region);
		json_member_string(writer, "value", asking->told[i].value);
		json_member_integer(writer, "as_of_seq", (int64_t)asking->told[i].seq);
		json_write_object_end(writer);
	}
}

static enum status write_lineage(struct asking *asking, struct json_writer *writer)
{
	struct lineage lineage = {.asking = asking, .writer = writer, .arena = arena_new(ARENA_BYTES_MAX)};
	enum status status = STATUS_OK;
	json_write_name(writer, "lineage");
	json_write_array(writer);
	write_told(writer, asking);
	for (size_t i = 0; asking->cells != NULL && i < asking->loaded.count && status == STATUS_OK; i++)
		status = write_loaded(&lineage, &asking->loaded.entities[i]);
	for (size_t i = 0; asking->replay != NULL && i < workspace_entities_count(replay_workspace(asking->replay)); i++) {
		const struct workspace_entity entity = workspace_entity_at(replay_workspace(asking->replay), i);
		write_replayed(&lineage, &entity);
	}
	json_write_array_end(writer);
	arena_destroy(&lineage.arena);
	return status;
}

/* ---- Telling ---- */

static bool is_zero(const struct asking *asking)
{
	return asking->figure.empty && asking->covered && definition_absent_is_zero(asking->definition);
}

static void write_figure(const struct asking *asking, struct json_writer *writer)
{
	char text[FIGURE_SUM_SIZE], value[DECIMAL_TEXT_SIZE];
	const struct figure *figure = &asking->figure;
	bool known = !figure->empty && !figure->missing;
	json_member_string(writer, "numerator", figure->empty ? "0" : figure_sum_format(figure->numerator, text));
	json_member_string(writer, "denominator", figure->empty ? (is_zero(asking) ? "1" : "0") : figure_sum_format(figure->denominator, text));
	json_member_integer(writer, "observations", figure->empty ? 0 : figure->observations);
	json_member_string(writer, "value", known ? decimal_format(figure->value, value) : is_zero(asking) ? "0" : NULL);
}

static enum status write_answer(struct asking *asking, struct buf *out)
{
	struct json_writer writer;
	char period[CALENDAR_CODE_SIZE];
	enum status status = STATUS_OK;
	json_writer_init(&writer, out);
	json_write_object(&writer);
	json_member_string(&writer, "region", asking->region);
	json_member_string(&writer, "subject", asking->subject);
	json_member_string(&writer, "period", calendar_period_format(asking->period, period));
	json_member_string(&writer, "code", asking->definition->code);
	json_member_string(&writer, "unit", asking->definition->unit);
	if (!asking->definition->of_others)
		json_member_integer(&writer, "as_of_seq", (int64_t)asking->as_of_seq);
	write_figure(asking, &writer);
	if (cli_args_flag(asking->args, "lineage"))
		status = write_lineage(asking, &writer);
	json_write_object_end(&writer);
	return status;
}

static void print_lineage(const struct json *list)
{
	for (const struct json *item = json_is(list, JSON_ARRAY) ? json_first(list) : NULL; item != NULL; item = json_next(item)) {
		const char *region = json_find_string(item, "region");
		if (region != NULL) {
			printf("  %s  %s\n", region, json_find_string(item, "value"));
			continue;
		}
		printf("  %s %s\n", json_find_string(item, "kind"), json_find_string(item, "entity"));
		for (const struct json *count = json_first(json_find(item, "counts")); count != NULL; count = json_next(count)) {
			const char *thing = json_find_string(count, "thing");
			printf("      %s  %s  %s%s\n", json_find_string(count, "month"), json_find_string(count, "part"),
			       json_find(count, "leaves") != NULL ? "−" : "", thing != NULL ? thing : json_find_string(count, "amount"));
		}
		for (const struct json *event = json_first(json_find(item, "events")); event != NULL; event = json_next(event))
			printf("      %8.0f  %s  %s  %s\n", json_number(json_find(event, "seq")), json_find_string(event, "time"),
			       json_find_string(event, "type"), json_find_string(event, "id"));
	}
}

static void print_text(struct asking *asking, const char *answer)
{
	enum cli_lang lang = asking->args->lang;
	const struct json *json = parse(asking, answer);
	const char *value = json_find_string(json, "value");
	const char *title = json_find_string(asking->definition->title, lang == CLI_LANG_RU ? "ru" : "en");
	printf("%s, %s, %s%s%s\n", title, json_find_string(json, "region"), json_find_string(json, "period"), asking->subject[0] == '\0' ? "" : ", ",
	       asking->subject);
	printf("  %s %s\n", value == NULL ? cli_text(lang, "not known", "нет данных") : value, value == NULL ? "" : asking->definition->unit);
	printf(cli_text(lang, "  %s / %s, observations: %" PRId64 ", log position: %" PRIu64 "\n", "  %s / %s, наблюдений: %" PRId64 ", позиция журнала: %" PRIu64 "\n"),
	       json_find_string(json, "numerator"), json_find_string(json, "denominator"), asking->figure.observations, asking->as_of_seq);
	print_lineage(json_find(json, "lineage"));
}

static enum status ask(struct asking *asking)
{
	enum status status = read_question(asking);
	if (status == STATUS_OK)
		status = db_begin(asking->db);
	if (status == STATUS_OK)
		status = find_region(asking);
	if (status != STATUS_OK)
		return status;
	if (asking->definition->of_others)
		return ask_others(asking);
	return cli_args_value(asking->args, "as-of-seq") != NULL ? ask_then(asking) : ask_now(asking);
}

static int tell(struct asking *asking, enum cli_format format)
{
	struct buf out;
	buf_init(&out, OUT_BYTES_MAX);
	enum status status = db_fault(asking, ask(asking));
	if (status == STATUS_OK)
		status = db_fault(asking, write_answer(asking, &out));
	db_rollback(asking->db);
	if (status != STATUS_OK) {
		cli_output_fault(asking->args, &asking->fault);
		buf_clear(&out);
		return status == STATUS_INVALID || text_equal(asking->fault.code, "archive") ? CLI_EXIT_USAGE : CLI_EXIT_UNREACHABLE;
	}
	if (format == CLI_FORMAT_JSON)
		puts(out.at);
	else
		print_text(asking, out.at);
	buf_clear(&out);
	bool known = (!asking->figure.empty && !asking->figure.missing) || is_zero(asking);
	return known ? CLI_EXIT_OK : CLI_EXIT_NEGATIVE;
}

int cli_indicator(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	enum cli_format format;
	int exit_code;
	if (!cli_args_parse(&COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	struct asking asking = {.args = &args, .fault = {.offset = -1}};
	if (!cli_output_format(&args, &format))
		return CLI_EXIT_USAGE;
	if (cli_output_connect_db(&args, &asking.db) != STATUS_OK)
		return CLI_EXIT_UNREACHABLE;
	asking.archive = archive_new(cli_args_value(&args, "log-archive"));
	asking.arena = arena_new(ARENA_BYTES_MAX);
	exit_code = CLI_EXIT_USAGE;
	if (cli_rules_load(asking.db, cli_args_value(&args, "calendar"), &asking.rules, &asking.fault) == STATUS_OK)
		exit_code = tell(&asking, format);
	else
		cli_output_fault(&args, &asking.fault);
	cells_destroy(&asking.cells);
	replay_destroy(&asking.replay);
	rules_destroy(&asking.rules);
	archive_destroy(&asking.archive);
	arena_destroy(&asking.arena);
	db_disconnect(&asking.db);
	return exit_code;
}
