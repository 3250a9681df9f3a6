#include "services/cli/cli_log_report.h"

#include "common/ambient.h"
#include "services/cli/cli_output.h"
#include "services/cli/cli_signing.h"

#include <inttypes.h>
#include <stdio.h>

#define LINE_BYTES_MAX ((size_t)64 * 1024)

struct problem_text {
	const char *en, *ru;
};

static const struct problem_text TEXTS[] = {
	[LEDGER_EVENT_MISSING] = {"the event is missing", "событие пропало"},
	[LEDGER_TIME_BACK] = {"recorded_time goes back", "recorded_time идёт назад"},
	[LEDGER_EVENT_CHANGED] = {"the bytes, the recorded time or the hash were changed",
	                          "изменены байты события, время записи или хеш"},
	[LEDGER_HEAD_DIFFERS] = {"the head is not the hash of the last event",
	                         "голова журнала не равна хешу последнего события"},
	[LEDGER_CONTRADICTED] = {"the checkpoint has another hash at this event", "в контрольной точке другой хеш этого события"},
	[LEDGER_SHORTENED] = {"the checkpoint has events after this one", "в контрольной точке есть события после этого"},
};

static void print_json(const struct log_place *place, const char *text)
{
	struct buf line;
	struct json_writer writer;
	buf_init(&line, LINE_BYTES_MAX);
	json_writer_init(&writer, &line);
	json_write_object(&writer);
	json_member_string(&writer, "region", place->region);
	json_member_integer(&writer, "seq", (int64_t)place->seq);
	json_member_string(&writer, "id", place->id);
	if (place->file != NULL) {
		json_member_string(&writer, "file", place->file);
		json_member_integer(&writer, "offset", (int64_t)place->offset);
	}
	json_member_string(&writer, "problem", text);
	json_write_object_end(&writer);
	puts(buf_ok(&line) ? line.at : "{}");
	buf_clear(&line);
}

void log_report_text(struct log_report *report, const struct log_place *place, const char *text)
{
	report->broken++;
	if (report->json) {
		print_json(place, text);
		return;
	}
	printf("%s seq %" PRIu64 " %s: %s", place->region, place->seq, place->id, text);
	if (place->file != NULL)
		printf(" (%s, %s %zu)", place->file, cli_text(report->args->lang, "byte", "байт"), place->offset);
	putchar('\n');
}

void log_report_problem(struct log_report *report, const struct log_place *place, enum ledger_problem problem)
{
	log_report_text(report, place, cli_text(report->args->lang, TEXTS[problem].en, TEXTS[problem].ru));
}

void log_report_end(const struct log_report *report)
{
	fprintf(stderr, cli_text(report->args->lang, "%zu events of %zu regions, %zu chains broken\n",
	                         "событий: %zu, регионов: %zu, нарушенных цепочек: %zu\n"),
	        report->events, report->regions, report->broken);
}

const struct ledger_head *log_report_witness(const struct log_report *report, const char *region)
{
	return ledger_find_head(report->witnesses, report->witnesses_count, region);
}

static enum status load_checkpoint(struct log_report *report, struct arena *arena, const char *file,
                                   const char *key_file, struct fault *fault)
{
	struct span text;
	struct checkpoint checkpoint;
	uint8_t public_key[SIGN_PUBLIC_BYTES];
	enum status status = signing_read_public(key_file, public_key, fault);
	if (status == STATUS_OK)
		status = ambient_read_file(arena, file, CHECKPOINT_BYTES_MAX, &text, fault);
	if (status == STATUS_OK)
		status = checkpoint_read(arena, text, public_key, &checkpoint, fault);
	if (status != STATUS_OK)
		return status;
	report->witnesses = checkpoint.heads;
	report->witnesses_count = checkpoint.count;
	return STATUS_OK;
}

bool log_report_load_checkpoint(struct log_report *report, struct arena *arena, int *ret_exit)
{
	struct fault fault = {.offset = -1};
	const char *file = cli_args_value(report->args, "checkpoint");
	const char *key_file = cli_args_value(report->args, "public-key");
	*ret_exit = CLI_EXIT_USAGE;
	if (file == NULL && key_file == NULL)
		return true;
	/* A checkpoint that vouches for itself proves nothing. */
	if (file == NULL || key_file == NULL) {
		cli_output_error(report->args, "%s", cli_text(report->args->lang, "--checkpoint needs --public-key and the other way round",
		                                              "--checkpoint и --public-key задаются вместе"));
		return false;
	}
	enum status status = load_checkpoint(report, arena, file, key_file, &fault);
	if (status == STATUS_OK)
		return true;
	cli_output_fault(report->args, &fault);
	if (status == STATUS_FORBIDDEN)
		*ret_exit = CLI_EXIT_NEGATIVE;
	return false;
}
