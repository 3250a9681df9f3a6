/* cli_trace: what became of one event, with times: stored, counted, rated, published, told; or refused, and why. */
#include "common/ident.h"
#include "common/json.h"
#include "services/cli/cli_commands.h"
#include "services/cli/cli_output.h"
#include "services/cli/cli_trace_store.h"

#include <inttypes.h>
#include <stdio.h>

#define OUTPUT_BYTES_MAX ((size_t)4 * 1024 * 1024)

static const struct cli_option OPTIONS[] = {
	{"format", "text|json", NULL, "text", "how to print", "вид результата"},
	CLI_DSN_OPTIONS,
};

static const struct cli_command COMMAND = {
	.name = "trace",
	.example = "effreg trace 0190a1b2-0000-7000-8000-000000000001",
	.en = "Shows the life of an event with times: when it happened, was stored and counted, the first publications with it of the\n"
	      "periods that it changed, and what its region was told; or when and why it was refused. Times are counted from when it\n"
	      "was stored. The traceparent that came with the event is shown, for the tracing of who sent it.",
	.ru = "Показывает путь события со временем: когда произошло, сохранено и учтено, первые публикации с ним за периоды, которые\n"
	      "оно изменило, и что сообщено региону; или когда и почему отклонено. Время отсчитывается от сохранения. Показан и\n"
	      "traceparent, пришедший с событием, — для трассировки у отправителя.",
	.options = OPTIONS,
	.options_count = ARRAY_COUNT(OPTIONS),
	.arguments = "EVENT-ID",
	.arguments_min = 1,
	.arguments_max = 1,
	.exits_en = "0 shown, 1 nobody has sent it, 2 bad arguments, 4 no database",
	.exits_ru = "0 показано, 1 такого никто не присылал, 2 неверные аргументы, 4 нет базы данных",
};

struct trace {
	const struct cli_args *args;
	struct db *db;
	enum cli_format format;
	const char *id;
	bool shown;
};

static const char *step_text(const struct cli_args *args, const char *step)
{
	static const char *const STEPS[][3] = {
		{"happened", "happened", "произошло"}, {"stored", "stored", "сохранено"},       {"counted", "counted", "учтено"},
		{"tried", "being tried", "повторяется"}, {"parked", "set aside", "отложено"},   {"computed", "in the live rating", "в текущем рейтинге"},
		{"published", "published", "опубликовано"}, {"noticed", "notice written", "уведомление составлено"},
		{"sent", "notice sent", "уведомление отправлено"}, {"refused", "refused", "отклонено"},
	};
	for (size_t i = 0; i < ARRAY_COUNT(STEPS); i++) {
		if (text_equal(STEPS[i][0], step))
			return cli_text(args->lang, STEPS[i][1], STEPS[i][2]);
	}
	return step;
}

static void print_step(const struct trace *trace, const struct db_rows *steps, size_t row, int64_t stored_us)
{
	char time[INSTANT_TEXT_SIZE], after[32] = "";
	int64_t us = db_get_integer(steps, row, TRACE_TIME);
	instant_format(us, time);
	if (us > stored_us && stored_us != 0)
		snprintf(after, sizeof after, "+%.3f %s", (double)(us - stored_us) / 1000000, cli_text(trace->args->lang, "s", "с"));
	cli_output_padded(time, 29);
	cli_output_right(after, 14);
	printf("  ");
	cli_output_padded(step_text(trace->args, db_get_text(steps, row, TRACE_STEP)), 23);
	printf(" %s\n", db_get_text(steps, row, TRACE_DETAIL));
}

static int64_t stored_of(const struct db_rows *steps)
{
	for (size_t row = 0; row < db_rows_count(steps); row++) {
		if (text_equal(db_get_text(steps, row, TRACE_STEP), "stored"))
			return db_get_integer(steps, row, TRACE_TIME);
	}
	return 0;
}

static void print_json_steps(struct json_writer *writer, const struct db_rows *steps)
{
	json_write_name(writer, "steps");
	json_write_array(writer);
	for (size_t row = 0; row < db_rows_count(steps); row++) {
		char time[INSTANT_TEXT_SIZE];
		instant_format(db_get_integer(steps, row, TRACE_TIME), time);
		json_write_object(writer);
		json_member_string(writer, "time", time);
		json_member_string(writer, "step", db_get_text(steps, row, TRACE_STEP));
		json_member_string(writer, "detail", db_get_text(steps, row, TRACE_DETAIL));
		json_write_object_end(writer);
	}
	json_write_array_end(writer);
}

/* events, row: NULL when it is stored nowhere. */
static void print_json(const struct trace *trace, const struct db_rows *events, size_t row, const struct db_rows *steps)
{
	struct buf text;
	struct json_writer writer;
	buf_init(&text, OUTPUT_BYTES_MAX);
	json_writer_init(&writer, &text);
	json_write_object(&writer);
	json_member_string(&writer, "id", trace->id);
	if (events != NULL) {
		json_member_string(&writer, "region", db_get_text(events, row, TRACE_REGION));
		json_member_integer(&writer, "seq", db_get_integer(events, row, TRACE_SEQ));
		json_member_string(&writer, "type", db_get_text(events, row, TRACE_TYPE));
		json_member_string(&writer, "source", db_get_text(events, row, TRACE_SOURCE));
		json_member_string(&writer, "traceparent", db_get_text(events, row, TRACE_TRACEPARENT));
	}
	print_json_steps(&writer, steps);
	json_write_object_end(&writer);
	printf("%.*s\n", (int)buf_span(&text).len, buf_span(&text).at);
	buf_clear(&text);
}

static void print_text(const struct trace *trace, const struct db_rows *events, size_t row, const struct db_rows *steps)
{
	if (events != NULL) {
		const char *traceparent = db_get_text(events, row, TRACE_TRACEPARENT);
		printf("%s  %s %s  %s%s%s\n", trace->id, db_get_text(events, row, TRACE_REGION), db_get_text(events, row, TRACE_SOURCE),
		       db_get_text(events, row, TRACE_TYPE), traceparent[0] == '\0' ? "" : "  traceparent ", traceparent);
	}
	for (size_t i = 0; i < db_rows_count(steps); i++)
		print_step(trace, steps, i, stored_of(steps));
}

static enum status show(struct trace *trace, const struct db_rows *events, size_t row)
{
	struct db_rows *steps;
	enum status status = trace_find_steps(trace->db, trace->id, events == NULL ? "" : db_get_text(events, row, TRACE_REGION),
	                                      events == NULL ? 0 : db_get_integer(events, row, TRACE_SEQ), &steps);
	if (status != STATUS_OK)
		return status;
	if (db_rows_count(steps) > 0) {
		trace->shown = true;
		if (trace->format == CLI_FORMAT_JSON)
			print_json(trace, events, row, steps);
		else
			print_text(trace, events, row, steps);
	}
	db_rows_destroy(&steps);
	return STATUS_OK;
}

static enum status run(struct trace *trace)
{
	struct db_rows *events;
	enum status status = trace_find_event(trace->db, trace->id, &events);
	if (status != STATUS_OK)
		return status;
	size_t count = db_rows_count(events);
	for (size_t row = 0; row < count && status == STATUS_OK; row++)
		status = show(trace, events, row);
	db_rows_destroy(&events);
	return count == 0 && status == STATUS_OK ? show(trace, NULL, 0) : status;
}

int cli_trace(int argc, char **argv, enum cli_lang lang)
{
	struct cli_args args;
	struct ident_uuid uuid;
	char id[UUID_TEXT_SIZE];
	struct trace trace = {.args = &args, .id = id};
	int exit_code;
	if (!cli_args_parse(&COMMAND, argc, argv, lang, &args, &exit_code))
		return exit_code;
	if (!cli_output_format(&args, &trace.format))
		return CLI_EXIT_USAGE;
	if (!ident_uuid_parse(args.arguments[0], &uuid)) {
		cli_output_error(&args, cli_text(lang, "'%s' is no event id: an id is a UUID of 36 characters", "«%s» не идентификатор события: это UUID из 36 знаков"),
		                 args.arguments[0]);
		return CLI_EXIT_USAGE;
	}
	ident_uuid_format(&uuid, id);
	if (cli_output_connect_db(&args, &trace.db) != STATUS_OK)
		return CLI_EXIT_UNREACHABLE;
	exit_code = CLI_EXIT_UNREACHABLE;
	if (run(&trace) != STATUS_OK) {
		cli_output_error(&args, "%s", db_error(trace.db));
	} else {
		exit_code = trace.shown ? CLI_EXIT_OK : CLI_EXIT_NEGATIVE;
		if (!trace.shown)
			cli_output_error(&args, cli_text(lang, "%s is neither stored nor in quarantine", "%s нет ни в журналах, ни в карантине"), id);
	}
	db_disconnect(&trace.db);
	return exit_code;
}
